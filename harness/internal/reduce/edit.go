package reduce

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// edit sets one property of a single case to something simpler. It may leave the case as it is. Whether the outcome
// is possible at all is for Normalize to say.
type edit func(*cases.Case)

// plainEdits set one property each to its simplest value. They do not get in each other's way, so many can be
// applied at once.
func plainEdits() []edit {
	list := []edit{
		func(c *cases.Case) { c.LSE = false },
		func(c *cases.Case) { c.Scale = nil },
		func(c *cases.Case) { c.Intermediate = 0 },
		func(c *cases.Case) { c.Output = c.Input },
		func(c *cases.Case) {
			if c.Output == c.Input {
				c.Output = precision.FP32
			}
			c.Input = precision.FP32
		},
		func(c *cases.Case) { c.Values.Seed = 0 },
		func(c *cases.Case) { c.Values.Q = cases.Normal },
		func(c *cases.Case) { c.Values.K = cases.Normal },
		func(c *cases.Case) { c.Values.V = cases.Normal },
		func(c *cases.Case) { c.Values.Masked = "" },
	}
	for _, operand := range operands {
		list = append(list,
			func(c *cases.Case) { operand(c).Order = "" },
			func(c *cases.Case) { operand(c).Transpose = false },
			func(c *cases.Case) { operand(c).Pad = 0 },
			func(c *cases.Case) { operand(c).Offset = 0 })
	}
	list = append(list, func(c *cases.Case) { c.KVHeads = c.Heads })
	return append(list, plainMaskEdits()...)
}

var operands = []func(*cases.Case) *cases.Operand{
	func(c *cases.Case) *cases.Operand { return &c.Layout.Q },
	func(c *cases.Case) *cases.Operand { return &c.Layout.K },
	func(c *cases.Case) *cases.Operand { return &c.Layout.V },
	func(c *cases.Case) *cases.Operand { return &c.Layout.Out },
}

// gradedEdits give properties values that are simpler than what they have without being the simplest, the simplest
// of them first.
func gradedEdits(c *cases.Case) []edit {
	list := gradedMaskEdits(c)
	list = append(list,
		func(c *cases.Case) {
			if c.Output == c.Input {
				c.Output = precision.FP16
			}
			c.Input = precision.FP16
		},
		func(c *cases.Case) { c.Output = precision.FP32 },
		func(c *cases.Case) { c.Output = precision.FP16 },
		func(c *cases.Case) { c.Values.Masked = cases.MaskedNaN },
		func(c *cases.Case) { c.Values.Masked = cases.MaskedHuge },
		func(c *cases.Case) { // a signalling NaN to a quiet one
			for _, r := range []*cases.Regime{&c.Values.Q, &c.Values.K, &c.Values.V} {
				if *r == cases.WithSNaN {
					*r = cases.WithNaN
				}
			}
		},
		func(c *cases.Case) { c.Values.Seed = 1 },
		func(c *cases.Case) { c.Values.Seed = 2 },
	)
	for _, regime := range simpleRegimes[1:] {
		list = append(list,
			func(c *cases.Case) { c.Values.Q, c.Values.K, c.Values.V = regime, regime, regime },
			func(c *cases.Case) { c.Values.Q = regime },
			func(c *cases.Case) { c.Values.K = regime },
			func(c *cases.Case) { c.Values.V = regime })
	}
	if c.Scale != nil {
		list = append(list, scaleEdits(*c.Scale)...)
	}
	return list
}

func scaleEdits(scale float32) []edit {
	fraction, exponent := math.Frexp(float64(scale))
	powerOfTwo := float32(math.Copysign(math.Ldexp(0.5, exponent), fraction))
	var list []edit
	for _, simpler := range []float32{1, 0, -1, powerOfTwo} {
		list = append(list, func(c *cases.Case) {
			if c.Scale != nil {
				c.Scale = &simpler
			}
		})
	}
	return list
}
