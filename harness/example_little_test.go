package harness_test

import (
	"context"
	"fmt"
	"testing"

	"attest.example/attest/harness"
)

// little is an implementation that does one thing: fp32 without a mask, over contiguous [batch, heads, rows, head_dim],
// with as many kv_heads as heads and head_dims of 4, 8, 12, ... What Supports cannot know it refuses when it is called.
type little struct{}

func (little) Name() string                                 { return "little" }
func (little) Arithmetic(c harness.Case) harness.Arithmetic { return harness.ArithmeticOf(c) }

func (little) Supports(c harness.Case) error {
	switch {
	case c.Input != harness.FP32 || c.Output != harness.FP32 || c.Intermediate != 0:
		return fmt.Errorf("input %s, output %s: want fp32", c.Input, c.Output)
	case c.Mask.Kind != "":
		return fmt.Errorf("mask %s: want none", c.Mask.Kind)
	case c.KVHeads != c.Heads:
		return fmt.Errorf("kv_heads %d: want as many as heads, %d", c.KVHeads, c.Heads)
	case c.LSE:
		return fmt.Errorf("lse: want none")
	case c.Layout != harness.Layout{}:
		return fmt.Errorf("layout: want contiguous BHSD")
	}
	return nil
}

func (little) Attend(_ context.Context, c harness.Case, t *harness.Tensors) (harness.Timing, error) {
	if c.HeadDim%4 != 0 {
		return harness.Timing{}, harness.Unsupported("head_dim %d: want a multiple of 4", c.HeadDim)
	}
	for b := range c.Batch {
		for h := range c.Heads {
			for row := range c.QLen {
				attendRow(c, t, b, h, row, 0, c.KVLen)
			}
		}
	}
	return harness.Timing{}, nil
}

// Of a hundred cases of the usual mix this path computes less than one. The others are drawn again until as many as
// were asked for have been judged.
func TestAPathThatSupportsLittle(t *testing.T) {
	harness.Conform(t, little{}, harness.Cases(60), harness.Preset("quick"), harness.Failures(""))
}

func FuzzLittle(f *testing.F) {
	harness.Fuzz(f, little{}, harness.Seeds("../corpus"), harness.Only("precision=fp32", "mask=none"))
}
