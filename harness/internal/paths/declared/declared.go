// Package declared reads how an implementation that is no Go code computes and what it promises: in the hello
// of a program, in the manifest of a Metal text. It turns these words into what the oracle and the relations read.
package declared

import (
	"errors"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/reference"
)

// Arithmetic is reference.Arithmetic in plain words. What is left out is what the case asks for.
type Arithmetic struct {
	// Accumulators, Scores and Probabilities are formats: fp16, bf16, fp32, or input for the case's own. Scores and
	// probabilities that are not named stay in the accumulators' format.
	Accumulators  Format `json:"accumulators" toml:"accumulators"`
	Scores        Format `json:"scores" toml:"scores"`
	Probabilities Format `json:"probabilities" toml:"probabilities"`

	// The exponential errs by ExpULP + ExpULPPerX*|log2(e) x| ulps of fp32; by default 4.
	ExpULP     *float64 `json:"exp_ulp" toml:"exp_ulp"`
	ExpULPPerX float64  `json:"exp_ulp_per_x" toml:"exp_ulp_per_x"`

	TanhULP float64 `json:"tanh_ulp" toml:"tanh_ulp"` // of the tanh that caps scores, in ulps of fp32; 0: five of the accumulators'

	Block                   int    `json:"block" toml:"block"`             // keys between two rescalings of an online softmax; 0: one pass
	SplitKV                 int    `json:"split_kv" toml:"split_kv"`       // parts of the keys, merged by their logsumexps; 0: one
	Parts                   Format `json:"parts" toml:"parts"`             // in which the outputs of those parts are stored until they are merged
	Dequantised             Format `json:"dequantised" toml:"dequantised"` // that numbers of quantised k and v are rounded to
	NormalizedProbabilities bool   `json:"normalized_probabilities" toml:"normalized_probabilities"`
	ProbabilitiesInSum      bool   `json:"probabilities_in_sum" toml:"probabilities_in_sum"` // rounded before they are summed, too
	RecomputedWeights       bool   `json:"recomputed_weights" toml:"recomputed_weights"`     // exp(score - logsumexp), a second time
	FlushSubnormals         bool   `json:"flush_subnormals" toml:"flush_subnormals"`
	FiniteMath              bool   `json:"finite_math" toml:"finite_math"` // NaN and infinity are assumed away

	EmptyRow string `json:"empty_row" toml:"empty_row"` // zero (default) or nan
}

// Format is the name of a number format, or "input": the case's own. Empty: not said.
type Format string

func (f Format) validate(field string) error {
	if f == "" || f == "input" {
		return nil
	}
	if _, err := precision.Parse(string(f)); err != nil {
		return fmt.Errorf("arithmetic.%s: format %q: want fp16, bf16, fp32 or input", field, string(f))
	}
	return nil
}

func (f Format) of(c cases.Case) reference.Format {
	if f == "input" {
		return paths.FormatOf(c.Input)
	}
	format, _ := precision.Parse(string(f)) // as Validate has seen
	return paths.FormatOf(format)
}

// Validate refuses what no implementation can mean.
func (a Arithmetic) Validate() error {
	for field, f := range map[string]Format{"accumulators": a.Accumulators, "scores": a.Scores, "probabilities": a.Probabilities, "parts": a.Parts, "dequantised": a.Dequantised} {
		if err := f.validate(field); err != nil {
			return err
		}
	}
	if a.EmptyRow != "" && a.EmptyRow != "zero" && a.EmptyRow != "nan" {
		return fmt.Errorf("arithmetic.empty_row is %q; want \"zero\" or \"nan\"", a.EmptyRow)
	}
	if err := a.Of(cases.Case{Input: precision.FP32, Output: precision.FP32}).Validate(); err != nil {
		return fmt.Errorf("arithmetic: %w", err)
	}
	return nil
}

// Of is what the declaration means for a case.
func (a Arithmetic) Of(c cases.Case) reference.Arithmetic {
	out := paths.ArithmeticOf(c)
	if a.Accumulators != "" {
		out.Acc = a.Accumulators.of(c)
		out.Exp.A = 4 * out.Acc.Unit / reference.FP32.Unit
	}
	if a.Scores != "" {
		out.Scores = a.Scores.of(c)
	}
	if a.Probabilities != "" {
		out.Probs = a.Probabilities.of(c)
	}
	if a.Parts != "" {
		out.Parts = a.Parts.of(c)
	}
	if a.Dequantised != "" && c.Quant.Any() {
		out.Dequantised = a.Dequantised.of(c)
	}
	if a.ExpULP != nil {
		out.Exp.A = *a.ExpULP
	}
	out.Exp.B, out.Tanh = a.ExpULPPerX, a.TanhULP
	out.Block, out.SplitKV = a.Block, a.SplitKV
	out.NormalizedProbs, out.ProbsInSum, out.RecomputedWeights = a.NormalizedProbabilities, a.ProbabilitiesInSum, a.RecomputedWeights
	out.FlushSubnormals, out.FiniteMath = a.FlushSubnormals, a.FiniteMath
	if a.EmptyRow == "nan" {
		out.Empty = reference.EmptyNaN
	}
	return out
}

// Promises is paths.Promises; what is left out is promised.
type Promises struct {
	Deterministic *bool `json:"deterministic" toml:"deterministic"`
	MaskedBits    *bool `json:"masked_bits" toml:"masked_bits"`
	Independent   *bool `json:"independent" toml:"independent"`
	FutureBits    *bool `json:"future_bits" toml:"future_bits"`
	NaN           *bool `json:"nan" toml:"nan"`
	AnyRows       *bool `json:"any_rows" toml:"any_rows"`
}

// All is what is promised.
func (p Promises) All() paths.Promises {
	keeps := func(b *bool) bool { return b == nil || *b }
	return paths.Promises{
		Deterministic: keeps(p.Deterministic), MaskedBits: keeps(p.MaskedBits), Independent: keeps(p.Independent),
		FutureBits: keeps(p.FutureBits), NaN: keeps(p.NaN), AnyRows: keeps(p.AnyRows),
	}
}

// Support is a condition that every supported case meets, and the reason to report for a case that does not.
type Support struct {
	When predicate.Predicate `json:"when" toml:"when"`
	Why  string              `json:"why" toml:"why"`
}

// Supports holds a case against conditions and against what the promises leave out. who names the implementation.
func Supports(who string, conditions []Support, promises Promises, c cases.Case) error {
	if err := promises.Allow(who, c); err != nil {
		return err
	}
	for _, s := range conditions {
		ok, err := s.When.Match(c)
		if err != nil {
			return err
		}
		if !ok {
			return Refuse(who, s.When, s.Why)
		}
	}
	return nil
}

// Refuse is the reason why a case is not supported for which the condition when does not hold.
func Refuse(who string, when fmt.Stringer, why string) error {
	if why == "" {
		return fmt.Errorf("%s supports only %s", who, when)
	}
	return errors.New(why)
}

// Allow refuses what the promises leave out: NaN and infinity among the values, and special contents of masked keys.
func (p Promises) Allow(who string, c cases.Case) error {
	if !p.All().NaN && c.Values.Special() {
		return fmt.Errorf("values hold NaN or infinity, and %s does not promise that they reach the output (nan)", who)
	}
	if p.All().MaskedBits {
		return nil
	}
	if m := c.Values.Masked; m != cases.MaskedOrdinary && m != "" {
		return fmt.Errorf("masked keys hold %s, and %s does not promise that they change nothing (masked_bits)", m, who)
	}
	if c.Values.Special() && (c.Mask.IsArray() || c.Mask.IsCausal() || c.Mask.IsWindow()) {
		return fmt.Errorf("masked keys may hold NaN or infinity, and %s does not promise that they change nothing (masked_bits)", who)
	}
	return nil
}
