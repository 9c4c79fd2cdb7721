package paths

import (
	"runtime"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// FormatOf returns a storage format in the reference's terms.
func FormatOf(f precision.Format) reference.Format {
	switch f {
	case precision.FP16:
		return reference.FP16
	case precision.BF16:
		return reference.BF16
	}
	return reference.FP32
}

// QuantScales is the format of the scales of quantised k and v; the zero Format where there are none that anybody flushes
// the subnormals of.
func QuantScales(c cases.Case) reference.Format {
	for _, f := range []cases.QuantFormat{c.Quant.K, c.Quant.V} {
		if f == cases.Int8 || f == cases.Int4 {
			return reference.FP32
		}
	}
	return reference.Format{}
}

// DescribeGo describes a path that Go code computes on this machine.
func DescribeGo() Description {
	return Description{Device: "cpu " + runtime.GOARCH, Toolchain: runtime.Version()}
}

// ArithmeticOf returns the usual arithmetic of a case: accumulators, scores and probabilities in fp32, or in the case's
// intermediate format, an exponential good to 4 ulp, and no more than 16 keys between two rescalings of the accumulators, which allows for one pass
// over all keys as well. A path that differs declares it.
func ArithmeticOf(c cases.Case) reference.Arithmetic {
	acc := reference.FP32
	if c.Intermediate != 0 {
		acc = FormatOf(c.Intermediate)
	}
	return reference.Arithmetic{
		In: FormatOf(c.Input), Acc: acc, Out: FormatOf(c.Output), QuantScales: QuantScales(c),
		Exp: reference.ExpError{A: 4 * acc.Unit / 0x1p-24}, Block: 16, Deterministic: true,
	}
}
