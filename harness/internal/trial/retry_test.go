package trial

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// longRows have so many keys that the bound has room for errors that the sharp line does not.
func longRows(t testing.TB) cases.Case {
	return small(t, func(c *cases.Case) {
		c.Input, c.Output, c.LSE, c.KVLen, c.QLen = precision.FP32, precision.FP32, false, 2048, 4
	})
}

// pastLine moves column 0 of the rows of the first head past the sharp line, where when holds.
func pastLine(when func(c cases.Case, t *cases.Tensors) bool) broken {
	return broken{after: func(_ context.Context, c cases.Case, t *cases.Tensors) error {
		for r := range c.QLen {
			if when(c, t) {
				t.Out.Set(0, 0, r, 0, t.Out.At(0, 0, r, 0)+2e-6)
			}
		}
		return nil
	}}
}

// A biased rounding is under the bound and past the sharp line whatever v holds: other v make it a failure.
func TestPastTheLineWithOtherVFails(t *testing.T) {
	outcome, err := Run(context.Background(), pastLine(func(cases.Case, *cases.Tensors) bool { return true }), longRows(t), Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Numeric, outcome.Verdict.Kind)
	require.Equal(t, ValueRetries, outcome.Verdict.Retries)
	require.Contains(t, outcome.Verdict.Reason, "past the sharp line again in the same row with 4 of 4 other v")
	require.Less(t, outcome.Verdict.WorstRatio, 1.0)
}

// A fault of three v in four is enough.
func TestThreeOfFourConvict(t *testing.T) {
	calls := 0
	outcome, err := Run(context.Background(), broken{after: func(ctx context.Context, c cases.Case, tensors *cases.Tensors) error {
		calls++
		return pastLine(func(cases.Case, *cases.Tensors) bool { return calls != 3 }).after(ctx, c, tensors)
	}}, longRows(t), Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Numeric, outcome.Verdict.Kind)
	require.Contains(t, outcome.Verdict.Reason, "with 3 of 4 other v")
}

// A fault that needs the logits of this case stays when v alone is drawn anew, and vanishes with fresh seeds.
func TestAFaultOfTheLogitsConvicts(t *testing.T) {
	c := longRows(t)
	first := cases.Materialize(c).Q.At(0, 0, 0, 0)
	outcome, err := Run(context.Background(), pastLine(func(_ cases.Case, t *cases.Tensors) bool { return t.Q.At(0, 0, 0, 0) == first }), c, Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Numeric, outcome.Verdict.Kind)
}

// A fault that needs this v is no failure by v redrawn, but by fresh seeds, which are told by their number.
func TestPastTheLineWithEveryFreshSeedFails(t *testing.T) {
	calls := 0
	outcome, err := Run(context.Background(), broken{after: func(ctx context.Context, c cases.Case, tensors *cases.Tensors) error {
		calls++
		return pastLine(func(cases.Case, *cases.Tensors) bool { return calls == 1 || calls > 3 }).after(ctx, c, tensors)
	}}, longRows(t), Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Numeric, outcome.Verdict.Kind)
	require.Equal(t, 2+SeedRetries, outcome.Verdict.Retries)
	require.Contains(t, outcome.Verdict.Reason, "past the sharp line with this seed and 3 fresh ones")
}

// Once, for one v only, it passes and is counted.
func TestSuspiciousOncePasses(t *testing.T) {
	calls := 0
	outcome, err := Run(context.Background(), broken{after: func(ctx context.Context, c cases.Case, tensors *cases.Tensors) error {
		calls++
		return pastLine(func(cases.Case, *cases.Tensors) bool { return calls == 1 }).after(ctx, c, tensors)
	}}, longRows(t), Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, outcome.Verdict.Kind)
	require.Equal(t, 3, outcome.Verdict.Retries) // two v, which cannot be three of four any more, and one seed
	require.Positive(t, outcome.Verdict.Suspicious)
}

func story(t testing.TB, name string) cases.Case {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	c, err := cases.Decode(data)
	require.NoError(t, err)
	return c
}

// An output of zeros where every logit is large and negative: within the bound, since logits of that size have no
// digits left, and tied to their sign, which fresh seeds draw anew.
func TestAnAllZeroRowDoesNotPass(t *testing.T) {
	c := story(t, "zero-row-passes")
	zeros := broken{after: func(_ context.Context, c cases.Case, t *cases.Tensors) error {
		if t.Q.At(0, 0, 0, 0)*t.K.At(0, 0, 0, 0) < 0 {
			for d := range c.HeadDim {
				t.Out.Set(0, 0, 0, d, 0)
			}
		}
		return nil
	}}
	outcome, err := Run(context.Background(), zeros, c, Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Numeric, outcome.Verdict.Kind, "sharp ratio %v", outcome.Verdict.SharpRatio)

	outcome, err = Run(context.Background(), naive.New(), c, Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, outcome.Verdict.Kind)
	require.Zero(t, outcome.Verdict.Suspicious)
}

// With one key the weight is 1 and the output is v: 8 units in the last place are an error.
func TestOneKeyIsV(t *testing.T) {
	c := story(t, "one-key-output-is-v")
	for _, kvLen := range []int{1, 2} {
		c.KVLen = kvLen
		if kvLen == 2 {
			c.HeadDim = 8
			c.Values.V = cases.Constant
		}
		off := broken{after: func(_ context.Context, c cases.Case, t *cases.Tensors) error {
			x := t.Out.At(0, 0, 5, 3)
			for range 8 {
				x = float64(math.Nextafter32(float32(x), float32(math.Inf(1))))
			}
			t.Out.Set(0, 0, 5, 3, x)
			return nil
		}}
		outcome, err := Run(context.Background(), off, c, Options{})
		require.NoError(t, err)
		require.Equal(t, verdict.Numeric, outcome.Verdict.Kind, "%d keys: ratio %v", kvLen, outcome.Verdict.WorstRatio)
		require.Zero(t, outcome.Verdict.Retries, "%d keys: past the bound, without statistics", kvLen)
		outcome, err = Run(context.Background(), naive.New(), c, Options{})
		require.NoError(t, err)
		require.Equal(t, verdict.Pass, outcome.Verdict.Kind)
	}
}

// Roundings that lean one way lawfully: scores that a mask's floor rounds, rows whose outputs are the same, weight that is
// nearly all on one key, to whose v the output is rounded.
func TestLawfulLeaningIsNoFailure(t *testing.T) {
	for _, name := range []string{"lean-scores-rounded-by-a-floor", "lean-rows-of-one-output", "lean-weight-on-one-key"} {
		outcome, err := Run(context.Background(), naive.New(), story(t, name), Options{})
		require.NoError(t, err)
		require.Equal(t, verdict.Pass, outcome.Verdict.Kind, "%s: %s", name, outcome.Verdict.Reason)
	}
}

// A store that cuts bits off is within every bound, and fails by where it leans.
func TestALeaningStoreFails(t *testing.T) {
	c := small(t, func(c *cases.Case) {
		c.Input, c.Output, c.LSE, c.QLen, c.KVLen, c.HeadDim = precision.FP32, precision.BF16, false, 64, 256, 16
	})
	outcome, err := Run(context.Background(), cutting{}, c, Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Numeric, outcome.Verdict.Kind)
	require.Contains(t, outcome.Verdict.Reason, "outputs lean one way: they are too small")
	require.LessOrEqual(t, outcome.Verdict.WorstRatio, 1.0)
	require.Greater(t, outcome.Verdict.Lean.Size.T(), 7.0)
}

// cutting is the naive path with a store to bf16 that cuts bits off. It declares that probabilities are stored in bf16
// too, which leaves room for that in every bound.
type cutting struct{ naive.Path }

func (p cutting) Arithmetic(c cases.Case) reference.Arithmetic {
	a := p.Path.Arithmetic(c)
	a.Probs = reference.BF16
	return a
}

func (p cutting) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	whole := c.Clone()
	whole.Output = precision.FP32
	tensors := *t
	tensors.Out = cases.Materialize(whole).Out
	timing, err := p.Path.Attend(ctx, whole, &tensors)
	for b := range c.Batch {
		for h := range c.Heads {
			for r := range c.QLen {
				for d := range c.HeadDim {
					x := float32(tensors.Out.At(b, h, r, d))
					t.Out.Set(b, h, r, d, float64(math.Float32frombits(math.Float32bits(x)&0xffff0000)))
				}
			}
		}
	}
	return timing, err
}
