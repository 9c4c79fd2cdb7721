package metalpath

import (
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal"
)

// checked is a host whose checkers are on.
type checked struct{ onDevice }

// Seen returns what the checkers saw during the last call.
func (c checked) Seen() error {
	reports, err := c.device.Reports()
	if err != nil || len(reports) == 0 {
		return err
	}
	return &CheckerError{reports}
}

// CheckerError is what the checkers of the host device saw while a case ran.
type CheckerError struct{ Reports []metal.Report }

func (e *CheckerError) Error() string {
	first := strings.ReplaceAll(strings.TrimSpace(e.Reports[0].String()), "\n", "; ")
	if len(e.Reports) == 1 {
		return "checker: " + first
	}
	return fmt.Sprintf("checker: %s (and %d more)", first, len(e.Reports)-1)
}

// Verdict is guard for what was read or written where it should not, nondeterministic for a race and for divergence
// whose result depends on it, error for a barrier that not all reach.
func (e *CheckerError) Verdict() verdict.Verdict {
	kind := verdict.Guard
	switch e.Reports[0].Kind {
	case metal.Race, metal.DivergentSIMD:
		kind = verdict.Nondeterministic
	case metal.DivergentBarrier:
		kind = verdict.Error
	}
	return verdict.Verdict{Kind: kind, Law: verdict.CheckerLaw, Reason: e.Error()}
}
