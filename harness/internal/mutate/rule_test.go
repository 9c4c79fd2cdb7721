package mutate

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// TestRules knows an output that each rule takes and one that it does not, at both sides of its line.
func TestRules(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		rule      string
		format    precision.Format
		want      []float64
		same      float64 // error of the same-precision reference, everywhere
		good, bad []float64
	}{
		{"ggml", precision.FP32, []float64{1, 1, 1, 1}, 0, []float64{1.04, 1, 1, 1}, []float64{1.05, 1, 1, 1}},
		{"ggml", precision.FP32, []float64{0, 0}, 0, []float64{0, 0}, []float64{0.1, 0}},
		{"flash-attention", precision.FP16, []float64{1, 2}, 0.01, []float64{1.02, 2}, []float64{1.021, 2}},
		{"PyTorch assert_close", precision.FP16, []float64{1}, 0, []float64{1.001}, []float64{1.0011}},
		{"PyTorch assert_close", precision.BF16, []float64{1}, 0, []float64{1.016}, []float64{1.017}},
		{"PyTorch assert_close", precision.FP32, []float64{1}, 0, []float64{1.00001}, []float64{1.000012}},
		{"PyTorch SDPA", precision.FP16, []float64{1}, 0.01, []float64{1.079}, []float64{1.081}},
		{"PyTorch SDPA", precision.FP16, []float64{0}, 0, []float64{0.0039}, []float64{0.0041}},
		{"MLX", precision.FP16, []float64{1}, 0, []float64{1.00059}, []float64{1.00061}},
		{"MLX", precision.FP32, []float64{0}, 0, []float64{1.9e-5}, []float64{2.1e-5}},
		{"Triton", precision.FP32, []float64{5}, 0, []float64{5.0099}, []float64{5.0101}},
		{"ONNX", precision.FP32, []float64{1, 0}, 0, []float64{1.00099, 0}, []float64{1, 2e-7}},
		{"MFA", precision.FP32, []float64{1}, 0, []float64{1.000019}, []float64{1.000021}},
		{"MFA", precision.FP16, []float64{1}, 0, []float64{1.049}, []float64{1.051}},
	} {
		for _, rule := range Rules() {
			if rule.Name != test.rule {
				continue
			}
			judge := func(got []float64) bool {
				same := make([]float64, len(got))
				for i := range same {
					same[i] = test.same
				}
				return rule.Accepts(&sample{got: got, want: test.want, output: test.format, same: func() []float64 { return same }})
			}
			require.True(t, judge(test.want), "%s: the reference itself", test.rule)
			require.True(t, judge(test.good), "%s: %v", test.rule, test.good)
			require.False(t, judge(test.bad), "%s: %v", test.rule, test.bad)
			broken := append([]float64{nan}, test.want[1:]...)
			require.False(t, judge(broken), "%s: NaN", test.rule)
		}
	}
}

// TestRulesMissOneLeakedKey is what a fixed tolerance cannot see: one key too many of 4096.
func TestRulesMissOneLeakedKey(t *testing.T) {
	s := &sample{want: []float64{0.01, -0.02}, got: []float64{0.01 + 1.0/4096, -0.02}, output: precision.FP16,
		same: func() []float64 { return []float64{1e-3, 1e-3} }}
	for _, rule := range Rules() {
		if rule.Name == "MLX" || rule.Name == "Triton" || rule.Name == "MFA" || rule.Name == "flash-attention" {
			require.True(t, rule.Accepts(s), rule.Name)
		}
	}
}

func TestOwnProblems(t *testing.T) {
	for _, rule := range Rules() {
		own := rule.Own()
		require.NotEmpty(t, own, rule.Name)
		for _, c := range own {
			require.NoError(t, c.Normalize(), rule.Name)
			require.LessOrEqual(t, c.Work(), ownWork)
		}
	}
}

func TestAccepted(t *testing.T) {
	for _, test := range []struct {
		demand reference.Demand
		got    float64
		want   bool
	}{
		{reference.Value, 1, false},
		{reference.Value, math.NaN(), false},
		{reference.NaN, math.NaN(), true},
		{reference.NaN, 1, false},
		{reference.PosInf | reference.Value, math.Inf(1), true},
		{reference.PosInf, math.Inf(-1), false},
		{reference.NegInf, math.Inf(-1), true},
		{reference.Anything, 1, true},
		{reference.AnyFinite, math.NaN(), false},
	} {
		require.Equal(t, test.want, accepted(test.demand, test.got), "%v, %g", test.demand, test.got)
	}
}

// TestSamePrecision: the reference by which some rules measure is right to the input's precision, and not better.
func TestSamePrecision(t *testing.T) {
	c := cases.Case{Version: 1, Batch: 2, Heads: 4, KVHeads: 2, QLen: 9, KVLen: 33, HeadDim: 16, Input: precision.FP16,
		Output: precision.FP32, Mask: cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight}}
	require.NoError(t, c.Normalize())
	tensors := cases.Materialize(c)
	truth := truthOf(t, c, tensors)
	got := samePrecision(c, tensors)
	require.Len(t, got, len(truth))
	worst := 0.0
	for i := range got {
		worst = max(worst, math.Abs(got[i]-truth[i]))
	}
	require.Less(t, worst, 5e-3)
	require.Greater(t, worst, 1e-6)
}
