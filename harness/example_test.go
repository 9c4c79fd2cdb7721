package harness_test

import (
	"context"
	"fmt"
	"math"

	"attest.example/attest/harness"
)

// mine stands for an implementation of yours: fp32 attention in plain loops, with the masks as the case has them.
type mine struct{}

func (mine) Name() string                                 { return "mine" }
func (mine) Arithmetic(c harness.Case) harness.Arithmetic { return harness.ArithmeticOf(c) }

func (mine) Supports(c harness.Case) error {
	if c.Input != harness.FP32 || c.Output != harness.FP32 || c.LSE || c.Mask.Kind != "" && c.Mask.Kind != harness.CausalMask {
		return fmt.Errorf("want fp32, causal or no mask, no logsumexp")
	}
	return nil
}

func (mine) Attend(_ context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	for b := range c.Batch {
		for h := range c.Heads {
			for row := range c.QLen {
				first, last := c.Span(b, row) // the keys that a causal mask leaves
				attendRow(c, t, b, h, row, first, last)
			}
		}
	}
	return harness.Timing{}, nil
}

// attendRow is softmax(scale * q k^T) v of one row over the keys [first, last).
func attendRow(c harness.Case, t *harness.Tensors, b, h, row, first, last int) {
	kv := h / c.Group()
	logits, top := make([]float32, last-first), float32(math.Inf(-1))
	for i := range logits {
		for d := range c.HeadDim {
			logits[i] += float32(t.Q.At(b, h, row, d)) * float32(t.K.At(b, kv, first+i, d))
		}
		logits[i] *= c.EffectiveScale()
		top = max(top, logits[i])
	}
	sum, out := float32(0), make([]float32, c.HeadDim)
	for i := range logits {
		weight := float32(math.Exp(float64(logits[i] - top)))
		sum += weight
		for d := range out {
			out[d] += weight * float32(t.V.At(b, kv, first+i, d))
		}
	}
	for d := range out {
		if last > first { // a row that may see no key is 0
			out[d] /= sum
		}
		t.Out.Set(b, h, row, d, float64(out[d]))
	}
}

// A case by hand, through an implementation, to a verdict.
func Example() {
	c := harness.Case{
		Batch: 1, Heads: 2, QLen: 5, KVLen: 7, HeadDim: 4, Input: harness.FP32, Mask: harness.Mask{Kind: harness.CausalMask},
	}
	verdict, err := harness.Try(context.Background(), mine{}, c)
	fmt.Println(verdict.Kind, err)
	c.Input = harness.FP16
	verdict, err = harness.Try(context.Background(), mine{}, c)
	fmt.Println(verdict.Kind, verdict.Reason, err)
	// Output:
	// pass <nil>
	// unsupported want fp32, causal or no mask, no logsumexp <nil>
}
