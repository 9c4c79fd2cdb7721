package harness_test

import (
	"context"
	"fmt"

	"attest.example/attest/harness"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trial"
)

// mine stands for an implementation of yours.
type mine struct{}

func (mine) Name() string                                 { return "mine" }
func (mine) Arithmetic(c harness.Case) harness.Arithmetic { return harness.ArithmeticOf(c) }
func (mine) Supports(harness.Case) error                  { return nil }

func (mine) Attend(ctx context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	// Read t.Q, t.K, t.V and t.Mask, write t.Out; here another implementation does it.
	return naive.New().Attend(ctx, c, t)
}

// A case by hand, through an implementation, to a verdict.
func Example() {
	c := harness.Case{Version: 1, Batch: 1, Heads: 2, QLen: 5, KVLen: 7, HeadDim: 4, Input: precision.FP16}
	if err := c.Normalize(); err != nil {
		fmt.Println(err)
		return
	}
	outcome, err := trial.Run(context.Background(), mine{}, c, trial.Options{})
	fmt.Println(outcome.Verdict.Kind, err)
	fmt.Println(cases.Words(c))
	// Output:
	// pass <nil>
	// batch 1, heads 2, q_len 5, kv_len 7, head_dim 4, fp16, no mask, values q normal, k normal, v normal
}
