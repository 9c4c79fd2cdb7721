package campaign

import (
	"context"
	"fmt"
	"os"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/trigger"
)

// origin is a finding and the failure that it was found from.
type origin struct {
	finding *trigger.Finding
	failure failure
	// own is a case that a law ran beside the failing one, and that fails by itself: nil where there is none.
	own     *failure
	once    bool // it passes when it is run again in the same process
	reduced bool
	reason  string
	took    time.Duration // to reduce it and to ask, and the failures that joined it
}

// of is the failure that is reduced and asked about.
func (o *origin) of() failure {
	if o.own != nil {
		return *o.own
	}
	return o.failure
}

// reducedBefore is the reduced case of a failure that an earlier part of the run has written.
func (s *findings) reducedBefore(f failure) (smallest cases.Case, reason string, ok bool) {
	if !f.reduced {
		return cases.Case{}, "", false
	}
	text, err := os.ReadFile(record.ReducedFile(s.r.run.Dir(), cases.Name(f.c)))
	if err != nil {
		return cases.Case{}, "", false
	}
	c, e, err := cases.DecodeFile(text)
	if err != nil || e == nil {
		return cases.Case{}, "", false
	}
	return c, e.Reason, true
}

// reduce makes the smallest case of a failure that no other finding explains; what fails to become smaller stays.
func (s *findings) reduce(ctx context.Context, o *origin) cases.Case {
	r, f := s.r, o.of()
	id := cases.Name(o.failure.c)
	h := r.run.Header()
	if r.watch.Reducing != nil {
		r.watch.Reducing(id)
	}
	result, err := reduceFailure(ctx, search{
		setting: r.settingOf(f), on: paths.Description{Device: h.Device, Toolchain: h.Toolchain}, c: f.c, v: f.v,
		maxCalls: r.options.ReduceCalls, time: ReduceTime,
		known: func(c *cases.Case) bool { return r.known.about(c) || s.explains(c) },
		save: func(c cases.Case, e *cases.Evidence) error {
			o.reduced, o.reason = true, e.Reason
			_, err := r.run.SaveReduced(id, c, e)
			return err
		},
		log: func(line string) { r.log.Debug("reduce", "id", id, "step", line) },
	})
	if err != nil {
		r.log.Error("reduce", "id", id, "error", err)
		return f.c
	}
	r.log.Info("reduced", "id", id, "calls", result.Calls, "complete", result.Complete, "case", fmt.Sprint(cases.Describe(result.Case)))
	return result.Case
}
