package relation

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
)

// dequantise: quantised k and v equal the numbers that they stand for. Those are fp32 numbers, so with an fp32 input they can
// be given as they are. The truth is the same; each run is within its own bound.
var dequantise = Law{
	Name:      "dequantise",
	Statement: "quantised k and v equal the fp32 numbers that they stand for",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.Quant.Any() && c.Input == precision.FP32 },
	check: func(a *application) error {
		c, t := a.derive(func(c *cases.Case) {
			c.Quant = cases.Quant{}
			for _, name := range []string{"k", "v"} { // whose strides counted bytes
				o := c.Layout.Operand(name)
				*o = cases.Operand{Order: o.Order}
			}
		})
		if t == nil {
			return nil
		}
		a.rearranged(t, order{})
		if err := a.run(c, t); err != nil {
			return err
		}
		return a.agreeWithin(c, t, "k and v as the numbers that their integers stand for")
	},
}
