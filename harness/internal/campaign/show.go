package campaign

import (
	"context"

	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/diagnose"
	"attest.example/attest/harness/internal/picture"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// Shown is a case with everything a person needs to see why it fails.
type Shown struct {
	Path    string // that it ran on
	Verdict verdict.Verdict
	Note    string            // engine.Rerun's
	Truth   *reference.Result // nil where the path gave no output
	Output  []float64         // contiguous [batch, heads, q_len, head_dim]
	// Second is the run that contradicts the first one; nil: none does.
	Second *trial.Second
	Stack  string // what the path's process wrote during the call
	// Picture is what the output looks like, with the diagnosis; nil where the path gave none.
	Picture *picture.Picture
}

// Show tries one case under its conditions and keeps its output.
func Show(ctx context.Context, conditions Conditions, item corpus.Item) (Shown, error) {
	a := &rerunner{conditions: conditions}
	defer a.close()
	s, err := a.at(item)
	if err != nil {
		return Shown{}, atItem(item, err)
	}
	if item.Failure == nil {
		a.tester.Trial.Repeats = trial.RepeatSome
	}
	outcome, err := a.tester.Replay(ctx, a.kept(item, s))
	if err != nil {
		return Shown{}, err
	}
	shown := Shown{
		Path: s.path, Verdict: outcome.Verdict, Note: outcome.Note, Truth: outcome.Truth, Second: outcome.Second, Stack: outcome.Stack,
	}
	if outcome.Truth != nil {
		shown.Output = outcome.Output.Out.Dense()
		subject := diagnose.Subject{Case: item.Case, Tensors: outcome.Output, Truth: outcome.Truth, Arithmetic: outcome.Arithmetic}
		if shown.Picture, err = picture.Of(ctx, subject, shown.broken()); err != nil {
			return shown, atItem(item, err)
		}
		if outcome.Verdict.Kind.Fails() {
			if err := weigh(ctx, a.tester, item.Case, shown.Picture); err != nil {
				return shown, atItem(item, err)
			}
		}
	}
	return shown, nil
}

// broken lists the elements that a second run contradicts.
func (s *Shown) broken() []verdict.Place {
	if s.Second == nil {
		return nil
	}
	return s.Second.Broken
}
