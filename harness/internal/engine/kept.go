package engine

import (
	"context"
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/evidence"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/relation"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// keptTries is how often a kept failure that passes is tried again before it is believed.
const keptTries = 4

// Kept is a case file to run again.
type Kept struct {
	Case    cases.Case
	Failure *cases.Evidence // nil: the case was not kept for a failure
	// Elsewhere means that the path is not the one that failed, so that a pass contradicts nothing.
	Elsewhere bool
	// Build is that of the path which runs the case now; empty: not known.
	Build func() string
}

// Rerun is how a kept case ended.
type Rerun struct {
	trial.Outcome
	// Note is how a case failed that was kept for a failure and does not fail in that way now; empty: it
	// was kept for none, or fails as it did.
	Note string
	// Flaky means that the same path failed and passes.
	Flaky bool
}

// Replay tries a case again, a kept failure first of all in the way in which it failed: the same law with the same
// choices, the same comparison of bits. Where it does not fail so, everything else is tried as for any case.
//
// A kept failure that passes is tried several times. Where it fails in one of them, or where the very build that failed
// now passes, the path is flaky: the verdict is a failure that names both results. A pass of another build, or on
// another path, is a pass; Note tells what it was.
func (t *Tester) Replay(ctx context.Context, k Kept) (Rerun, error) {
	if k.Failure == nil {
		outcome, err := t.Try(ctx, k.Case)
		return Rerun{Outcome: outcome}, err
	}
	was := evidence.Verdict(k.Failure)
	all := t.Trial
	defer func() { t.Trial = all }()
	asBefore := narrowed(all, was)
	t.Trial = asBefore
	outcome, err := t.Try(ctx, k.Case)
	if err != nil || sameFailure(outcome.Verdict, was) || outcome.Verdict.Kind == verdict.Unsupported {
		return Rerun{Outcome: outcome, Note: noteUnless(sameFailure(outcome.Verdict, was), was)}, err
	}
	if outcome.Verdict.Kind.Fails() {
		return Rerun{Outcome: outcome, Note: keptAs(was)}, nil
	}
	if !k.Elsewhere {
		for try := 2; try <= keptTries; try++ {
			second, err := t.Try(ctx, k.Case)
			if err != nil {
				return Rerun{Outcome: second}, err
			}
			if v := &second.Verdict; v.Kind.Fails() {
				v.Reason = fmt.Sprintf("flaky: passed %s and failed the next time: %s", times(try-1), v.Reason)
				return Rerun{Outcome: second, Note: keptAs(was), Flaky: true}, nil
			}
		}
	}
	unasked := t.silentLaw(k.Case, was, outcome.NotJudged)
	t.Trial = all
	outcome, err = t.Try(ctx, k.Case)
	result := Rerun{Outcome: outcome, Note: keptAs(was) + unasked}
	if err != nil || k.Elsewhere || unasked != "" || outcome.Verdict.Kind.Fails() {
		return result, err
	}
	if build := k.Build(); build != "" && build == k.Failure.Build {
		passed := outcome.Verdict.Kind
		result.Flaky = true
		result.Verdict.Kind = verdict.Nondeterministic
		result.Verdict.Reason = fmt.Sprintf("flaky: the same build (%s) failed and now ends with %s, %s: it was %s",
			build, passed, times(keptTries+1), failureWords(was))
	}
	return result, nil
}

// silentLaw tells that the law which failed was not asked, which is no pass of it.
func (t *Tester) silentLaw(c cases.Case, was verdict.Verdict, notJudged []string) string {
	for _, skipped := range notJudged {
		if was.Law != "" && strings.HasPrefix(skipped, was.Law+": ") {
			return fmt.Sprintf(" (not judged now: %s)", skipped)
		}
	}
	law, err := relation.Named(was.Law)
	if err != nil || t.path == nil || law.Applies(c, paths.PromisesOf(t.path, c)) {
		return ""
	}
	return fmt.Sprintf(" (law %s does not apply to the case as it is now)", was.Law)
}

func keptAs(was verdict.Verdict) string { return "when it was kept: " + failureWords(was) }

func noteUnless(same bool, was verdict.Verdict) string {
	if same {
		return ""
	}
	return keptAs(was)
}

func failureWords(v verdict.Verdict) string {
	if v.Reason == "" {
		return string(v.Kind)
	}
	return fmt.Sprintf("%s: %s", v.Kind, v.Reason)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// CheckLaw refuses a kept failure of a law that there is not: nothing could be held to it.
func CheckLaw(e *cases.Evidence) error {
	if e == nil || e.Law == "" || e.Law == trial.VariantsLaw || e.Law == verdict.CheckerLaw {
		return nil
	}
	if _, err := relation.Named(e.Law); err != nil {
		return fmt.Errorf("failure.%w", err)
	}
	return nil
}
