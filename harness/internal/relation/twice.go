package relation

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
)

// twice: the same call has the same bits, on paths that promise to be deterministic. What it finds is
// verdict.Nondeterministic.
var twice = Law{
	Name:      "twice",
	Statement: "the same call gives the same bits",
	Bits:      true,
	Runs:      1,
	finds:     verdict.Nondeterministic,
	applies:   func(_ *cases.Case, p paths.Promises) bool { return p.Deterministic },
	check: func(a *application) error {
		t := a.copy()
		if err := a.attend(t); err != nil {
			return err
		}
		return a.keepBits(t, nil, "the same call gave other bits")
	},
}
