package reference

import (
	"errors"
	"fmt"
	"math"
)

// Arithmetic is what an implementation declares about its arithmetic. The bound
// of every element follows from it and from the inputs.
type Arithmetic struct {
	// In is the format of stored q, k and v. Rounding to it costs nothing, for
	// both sides read the rounded values; its subnormals may be flushed.
	In Format
	// Acc is the format of accumulators, of the softmax and of the logsumexp.
	Acc Format
	// Scores and Probs are the formats that scores and probabilities pass
	// through on their way from one product to the other; the zero Format where
	// they stay in accumulators.
	Scores, Probs Format
	// Dequantised is the format that numbers of quantised k and v are rounded to
	// before they are multiplied with q and with probabilities; the zero Format
	// where they are not rounded, or are not quantised: see dequantised.go. Where a
	// number is past its range nothing is judged.
	Dequantised Format
	// QuantScales is the format of the scales of quantised k and v, whose subnormals
	// may be flushed; the zero Format where k and v are not quantised.
	QuantScales Format
	// Out is the format of the stored output.
	Out Format

	// Exp is the error of the exponential.
	Exp ExpError
	// Tanh is the relative error of the tanh that caps scores, in ulps of fp32
	// (2^-23); 0: five ulps of the accumulators, which is what Metal's has.
	Tanh float64
	// Block is the number of keys between two rescalings of the accumulators
	// (the online softmax); 0 or kv_len and above: one pass over all keys.
	Block int
	// NormalizedProbs declares that probabilities are divided by their sum
	// before they are stored and multiplied with v, as a naive implementation
	// does: one rounding more, and small probabilities underflow.
	NormalizedProbs bool
	// ProbsInSum declares that the sum which weights are divided by adds them up
	// as Probs rounds them. Otherwise only the product with v sees the rounded
	// ones, as in most kernels.
	ProbsInSum bool
	// SplitKV is the number of parts that the keys are cut into, each with an
	// output and a logsumexp of its own, merged by these; 0 or 1: not cut.
	SplitKV int
	// Parts is the format that the outputs of such parts are stored in until they
	// are merged, whether divided by their sums by then or not; the zero Format
	// where they stay in accumulators.
	Parts Format
	// RecomputedWeights declares that the weights which multiply v are not those
	// that were summed, but computed a second time, as exp(score - logsumexp)
	// say. Their common error does not cancel then.
	RecomputedWeights bool

	// FlushSubnormals declares that subnormals of fp32 and bf16 may be read and
	// written as zero.
	FlushSubnormals bool
	// Empty is the output of a row with no allowed key.
	Empty EmptyRow
	// FiniteMath declares arithmetic that assumes NaN and infinity away, as
	// compilers' fast-math modes do: what they lead to is then not judged.
	FiniteMath bool
	// Deterministic promises the same bits for the same call. The reference has
	// no use for it; relations between two runs read it.
	Deterministic bool
}

// ExpError is the relative error of an exponential, A + B*|x| in ulps of fp32
// (2^-23), where x is the argument of exp2, that is log2(e) times that of exp.
// Metal's fast exp2 has 3 + floor(|2x|): A 3, B 2. A precise one has A 4, B 0.
type ExpError struct{ A, B float64 }

const ulp32 = 0x1p-23

// EmptyRow is what an implementation writes for a row with no allowed key.
type EmptyRow uint8

const (
	// EmptyZero: an output of 0 and a logsumexp of -Inf.
	EmptyZero EmptyRow = iota
	// EmptyNaN: an output of NaN; a logsumexp of NaN or -Inf.
	EmptyNaN
)

func (e EmptyRow) String() string {
	switch e {
	case EmptyZero:
		return "zero"
	case EmptyNaN:
		return "nan"
	}
	return fmt.Sprintf("EmptyRow(%d)", uint8(e))
}

// Validate reports the first field that no implementation can mean.
func (a Arithmetic) Validate() error {
	formats := []struct {
		name     string
		f        Format
		required bool
	}{{"In", a.In, false}, {"Acc", a.Acc, true}, {"Scores", a.Scores, false}, {"Probs", a.Probs, false}, {"Parts", a.Parts, false},
		{"Dequantised", a.Dequantised, false}, {"QuantScales", a.QuantScales, false}, {"Out", a.Out, true}}
	for _, x := range formats {
		if x.f == (Format{}) {
			if x.required {
				return fmt.Errorf("reference: arithmetic: %s is not set: want a Format such as FP32", x.name)
			}
			continue
		}
		if !(x.f.Unit > 0 && x.f.Unit < 1) {
			return fmt.Errorf("reference: arithmetic: %s.Unit is %v: want a unit roundoff between 0 and 1", x.name, x.f.Unit)
		}
		if !(x.f.Max > 0) || !(x.f.MinNormal > 0) || !(x.f.MinSubnormal > 0) || x.f.MinSubnormal > x.f.MinNormal {
			return fmt.Errorf("reference: arithmetic: %s has a range of %v to %v (subnormal from %v): want 0 < MinSubnormal <= MinNormal < Max",
				x.name, x.f.MinNormal, x.f.Max, x.f.MinSubnormal)
		}
	}
	switch {
	case !(a.Exp.A >= 0) || math.IsInf(a.Exp.A, 0) || !(a.Exp.B >= 0) || math.IsInf(a.Exp.B, 0):
		return fmt.Errorf("reference: arithmetic: Exp is %v + %v*|x| ulps: want finite numbers that are not negative", a.Exp.A, a.Exp.B)
	case !(a.Tanh >= 0) || math.IsInf(a.Tanh, 0):
		return fmt.Errorf("reference: arithmetic: Tanh is %v ulps: want a finite number that is not negative", a.Tanh)
	case a.Block < 0:
		return fmt.Errorf("reference: arithmetic: Block is %d keys: want 0 or more", a.Block)
	case a.SplitKV < 0:
		return fmt.Errorf("reference: arithmetic: SplitKV is %d parts: want 0 or more", a.SplitKV)
	case a.Parts != (Format{}) && a.SplitKV < 2:
		return fmt.Errorf("reference: arithmetic: Parts with SplitKV %d: want 2 parts or more, whose outputs are stored", a.SplitKV)
	case a.ProbsInSum && a.Probs == (Format{}):
		return errors.New("reference: arithmetic: ProbsInSum without Probs: want the format that probabilities are rounded to")
	case a.Empty > EmptyNaN:
		return fmt.Errorf("reference: arithmetic: Empty is %v: want zero or nan", a.Empty)
	}
	return nil
}

// growth is the relative error of a sum of n terms, each rounded to unit
// roundoff u: the worst case where the sum is short, the probabilistic bound of
// Higham and Mary (2019) with lambda = 4 where it is long.
func growth(n int, u float64) float64 {
	return min(float64(n), 4*math.Sqrt(float64(n))) * u
}

// blocks is the number of traversal blocks that kvLen keys make.
func (a Arithmetic) blocks(kvLen int) int {
	if a.Block <= 0 || a.Block >= kvLen {
		return 1
	}
	return (kvLen + a.Block - 1) / a.Block
}
