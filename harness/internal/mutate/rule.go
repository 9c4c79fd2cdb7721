package mutate

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// Rule is how another project decides whether an attention output is right. The formulas are theirs; what they compare
// with is ours: the float64 reference, rounded to the output's format as their own references are.
type Rule struct {
	Name    string
	Summary string // the rule in a line
	// Accepts tells whether the rule takes the output for right.
	Accepts func(*sample) bool
	// Own is the project's own list of problems, as far as it is known and a processor gets through it.
	Own func() []cases.Case
}

// sample is one output of one case. Elements that no number can be held against (NaN where the reference wants NaN, too
// ill-conditioned to judge) are left out, which is kinder than most of the rules would be.
type sample struct {
	got, want []float64
	output    precision.Format
	// same returns the error of an attention in the input's precision, naive order, at each element; some rules
	// measure their tolerance by it.
	same func() []float64
}

// The comparisons below are written so that a NaN on either side is rejected, as it is by the originals.

func (s *sample) within(atol, rtol float64) bool {
	for i, want := range s.want {
		if !(math.Abs(s.got[i]-want) <= atol+rtol*math.Abs(want)) {
			return false
		}
	}
	return true
}

// tolerances holds one number for each format.
type tolerances struct{ fp16, bf16, fp32 float64 }

func (t tolerances) of(f precision.Format) float64 {
	switch f {
	case precision.FP16:
		return t.fp16
	case precision.BF16:
		return t.bf16
	}
	return t.fp32
}

var (
	torchRtol     = tolerances{fp16: 1e-3, bf16: 1.6e-2, fp32: 1.3e-6}
	torchSDPAAtol = tolerances{fp16: 1e-3, bf16: 1e-3, fp32: 1e-5}
	mlxTolerance  = tolerances{fp16: 3e-4, bf16: 5e-3, fp32: 2e-5}
	mfaTolerance  = tolerances{fp16: 5e-2, bf16: 5e-2, fp32: 2e-5}
)

// sdpaFudge is the factor that PyTorch's tests of the forward output take most often.
const sdpaFudge = 4

// Rules lists them, in the order of the table.
func Rules() []Rule {
	return []Rule{
		{"ggml", "NMSE <= 5e-4 over the whole output", nmse, ggmlCases},
		{"flash-attention", "max error <= twice that of a same-precision reference + 1e-5", twice, flashCases},
		{"PyTorch assert_close", "atol 1e-5, rtol 1.3e-6, 1e-3 or 1.6e-2 by format",
			func(s *sample) bool { return s.within(1e-5, torchRtol.of(s.output)) }, torchCases},
		{"PyTorch SDPA", "4 times the measured error or the default", sdpa, torchCases},
		{"MLX", "max(error - t*|want|) <= t; t 2e-5, 3e-4 or 5e-3 by format",
			func(s *sample) bool { t := mlxTolerance.of(s.output); return s.within(t, t) }, mlxCases},
		{"Triton", "atol 1e-2", func(s *sample) bool { return s.within(1e-2, 0) }, tritonCases},
		{"ONNX", "rtol 1e-3, atol 1e-7", func(s *sample) bool { return s.within(1e-7, 1e-3) }, onnxCases},
		{"MFA", "2e-5 in fp32, 5e-2 in fp16 and bf16",
			func(s *sample) bool { return s.within(mfaTolerance.of(s.output), 0) }, mfaCases},
	}
}

// nmse is sum((a-b)^2) / sum(a^2) <= 5e-4. A NaN in the output is looked for first; 0/0 passes, as it does there.
func nmse(s *sample) bool {
	var off, size float64
	for i, want := range s.want {
		got := s.got[i]
		if math.IsNaN(got) || math.IsNaN(want) || math.IsInf(got, 0) != math.IsInf(want, 0) {
			return false
		}
		if math.IsInf(got, 0) {
			if got != want {
				return false
			}
			continue
		}
		off += (got - want) * (got - want)
		size += want * want
	}
	return !(off/size > 5e-4)
}

func (s *sample) largestError() float64 {
	largest := 0.0
	for i, want := range s.want {
		d := math.Abs(s.got[i] - want)
		if math.IsNaN(d) {
			return d
		}
		largest = max(largest, d)
	}
	return largest
}

func largest(errors []float64) float64 {
	top := 0.0
	for _, e := range errors {
		top = max(top, e)
	}
	return top
}

func twice(s *sample) bool { return s.largestError() <= 2*largest(s.same())+1e-5 }

func sdpa(s *sample) bool {
	same := s.same()
	rtol := torchRtol.of(s.output)
	measured := rtol
	for i, e := range same {
		r := e / math.Abs(s.want[i])
		if math.IsNaN(r) {
			r = rtol
		}
		measured = max(measured, r)
	}
	atol := sdpaFudge * max(largest(same), torchSDPAAtol.of(s.output))
	if measured *= sdpaFudge; measured > 1e30 {
		measured = rtol
	}
	return s.within(atol, measured)
}
