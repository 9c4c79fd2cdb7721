package campaign

import (
	"context"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// Shown is a case with everything a person needs to see why it fails.
type Shown struct {
	Verdict verdict.Verdict
	Truth   *reference.Result // nil where the path gave no output
	Output  []float64         // contiguous [batch, heads, q_len, head_dim]
	Stack   string            // what the path's process wrote while it ended; empty where it did not
}

// Show tries one case and keeps its output.
func Show(ctx context.Context, path string, c cases.Case, relations int, deadline time.Duration, isolation Isolation) (Shown, error) {
	tester := &engine.Tester{NewPath: isolation.opener(path), Trial: trial.Options{Relations: relations, Deadline: deadline}}
	defer tester.Close()
	outcome, err := tester.Try(ctx, c)
	if err != nil {
		return Shown{}, err
	}
	shown := Shown{Verdict: outcome.Verdict, Truth: outcome.Truth, Stack: outcome.Stack}
	if outcome.Truth != nil {
		shown.Output = outcome.Output.Out.Dense()
	}
	return shown, nil
}
