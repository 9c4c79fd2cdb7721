package campaign

import (
	"context"
	"fmt"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/trigger"
	"attest.example/attest/harness/internal/verdict"
)

// besides are the other cases that failed in a case's place: those that a law ran beside the one that breaks it, such as
// one with fewer rows, or with the scale negated; or the one that runs before it, where that ended it. A mask that is read
// past its end ends all cases that run after it, and who asks when those fail is told of the fields in which they differ.
func (s *findings) besides(ctx context.Context, f failure) []cases.Case {
	if f.v.Law == "" && len(f.c.After) == 0 {
		return nil
	}
	s.tester.Narrowly(s.plain, f.v)
	outcome, err := s.tester.Try(ctx, f.c)
	if err != nil {
		return nil
	}
	return outcome.Further
}

// explainsAny is the finding that explains one of some cases; nil: none does. A failure of a law is that finding's which
// explains one of the cases that the law ran beside, as one of fewer rows where the bug is about q_len and kv_len.
func (s *findings) explainsAny(list []cases.Case) *trigger.Finding {
	for _, found := range s.lab.Findings() {
		if slices.ContainsFunc(list, func(c cases.Case) bool { return found.Matches(&c) }) {
			return found
		}
	}
	return nil
}

// failsItself is the first case that a law ran beside a failing one, or that runs before it, and that fails by itself; nil:
// none does. It is what is reduced and asked about then: of a law that negates the scale, on a path that is wrong where the
// scale is below 0, every case fails, and nothing could be said of when.
func (s *findings) failsItself(ctx context.Context, f failure, beside []cases.Case) *failure {
	if f.reduced {
		return nil // what was reduced before the run was interrupted is what is asked about
	}
	s.tester.Narrowly(s.plain, verdict.Verdict{})
	for _, c := range beside {
		outcome, err := s.tester.Try(ctx, c)
		if err != nil || !outcome.Verdict.Kind.Fails() || s.r.known.about(&c) {
			continue
		}
		s.r.log.Info("a case that ran beside or before it fails by itself", "id", cases.Name(f.c), "law", f.v.Law, "case", fmt.Sprint(cases.Describe(c)), "reason", outcome.Verdict.Reason)
		return &failure{index: f.index, c: c, v: outcome.Verdict, engine: f.engine}
	}
	return nil
}
