package reduce_test

import (
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/reduce"
)

// TestGopterShrinks runs a property that is false for some cases and wants the smallest of them.
func TestGopterShrinks(t *testing.T) {
	for _, p := range []gen.Preset{gen.Quick, gen.Default, gen.Edges} {
		parameters := gopter.DefaultTestParametersWithSeed(4)
		parameters.MinSuccessfulTests = 300
		property := prop.ForAll(func(c cases.Case) bool {
			return !(c.QLen >= 9 && c.KVLen%8 != 0 && c.Mask.IsCausal() && c.Heads >= 2)
		}, gen.Case(p, gen.Filter{}).WithShrinker(reduce.Shrinker))
		result := property.Check(parameters)
		if result.Status != gopter.TestFailed || len(result.Args) != 1 {
			t.Fatalf("%s: status %v; the property is false", p, result.Status)
		}
		c, ok := result.Args[0].Arg.(cases.Case)
		want := "batch 1, heads 2, q_len 9, kv_len 1, head_dim 1, fp32, causal top-left, values q normal, k normal, v normal"
		if !ok || cases.Describe(c) != want {
			t.Errorf("%s: shrunk to %s\nwant %s", p, cases.Describe(c), want)
		}
	}
}

func TestShrinkerRefusesOtherValues(t *testing.T) {
	if _, ok := reduce.Shrinker(7)(); ok {
		t.Error("a number was shrunk")
	}
	if _, ok := reduce.Shrinker(cases.Case{})(); ok {
		t.Error("an impossible case was shrunk")
	}
}
