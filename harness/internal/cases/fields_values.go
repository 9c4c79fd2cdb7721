package cases

import (
	"fmt"
	"math"
	"strconv"
)

// simpleRegimes and simpleMasked list the simplest first; what they leave out comes after.
var (
	simpleRegimes = []Regime{Normal, Uniform, Constant, OneHot, Zero, Sinks, Positive,
		Negative, Identity, Ramp, Outliers, Huge, Subnormal, Overflow, WithNaN, WithSNaN, WithInf}
	simpleMasked = []MaskedFill{"", MaskedNaN, MaskedHuge, MaskedInf, MaskedSNaN}
)

// valueFields are the rows of how the data are drawn.
func valueFields() []Field {
	seed := Field{
		Name: "values.seed", Type: Seed, Help: "the seed that all values follow from", Default: "0",
		at: func(c *Case) any { return &c.Values.Seed }, zero: func(c *Case) bool { return c.Values.Seed == 0 },
		text: func(c *Case) string { return strconv.FormatUint(c.Values.Seed, 10) },
		set: func(c *Case, text string) (err error) {
			if c.Values.Seed, err = strconv.ParseUint(text, 10, 64); err != nil {
				return wrong("values.seed", strconv.Quote(text), "an integer from 0 to 2^64-1")
			}
			return nil
		},
		number:    func(c *Case) float64 { return float64(c.Values.Seed) },
		setNumber: func(c *Case, x float64) { c.Values.Seed = uint64(x) },
		Scalars: []Scalar{{"values.seed", func(c *Case) any { return c.Values.Seed },
			func(c *Case, v any) { c.Values.Seed = v.(uint64) }}},
		Simple: Simple{
			// A float64 holds 53 bits of a seed.
			Rank: func(c *Case) []float64 {
				return []float64{float64(c.Values.Seed >> 32), float64(c.Values.Seed & math.MaxUint32)}
			},
			Plain:  []func(*Case){func(c *Case) { c.Values.Seed = 0 }},
			Graded: edits(func(c *Case) { c.Values.Seed = 1 }, func(c *Case) { c.Values.Seed = 2 }),
		},
	}
	masked := wordField("values.masked", "what keys hold that no row may see", func(c *Case) *MaskedFill { return &c.Values.Masked },
		isFirst, []MaskedFill{MaskedOrdinary, MaskedNaN, MaskedInf, MaskedHuge, MaskedSNaN}, simpleMasked).
		in("masked-nan").otherwise("ordinary").
		then(func(c *Case) error {
			if !hidesSlots(c) || c.SharesMemory() { // no slot is masked, or is one's alone: two names for one case would be one too many
				c.Values.Masked = ""
			}
			if c.Values.Masked != "" && c.Quant.Scales == HeadScales && c.Quant.K.scaled() && c.Quant.V.scaled() {
				c.Values.Masked = MaskedHuge // integers alone cannot be NaN or Inf: all fills are this one
			}
			return nil
		}).
		told(func(c *Case) string {
			if c.Values.Masked == "" {
				return ""
			}
			return ", masked slots " + string(c.Values.Masked)
		}).
		plain(func(c *Case) { c.Values.Masked = "" }).
		graded(edits(func(c *Case) { c.Values.Masked = MaskedNaN }, func(c *Case) { c.Values.Masked = MaskedHuge }))
	masked.used = hidesSlots
	return []Field{
		seed,
		regimeField("values.q", "how q is drawn", "outliers", func(c *Case) *Regime { return &c.Values.Q }).
			told(func(c *Case) string {
				return fmt.Sprintf(", values q %s, k %s, v %s", c.Values.Q, c.Values.K, c.Values.V)
			}).
			graded(func(c *Case) []func(*Case) {
				return append([]func(*Case){quiet}, regimesOf(
					func(c *Case, r Regime) { c.Values.Q, c.Values.K, c.Values.V = r, r, r },
					func(c *Case, r Regime) { c.Values.Q = r })(c)...)
			}),
		regimeField("values.k", "how k is drawn", "sinks", func(c *Case) *Regime { return &c.Values.K }).
			graded(regimesOf(func(c *Case, r Regime) { c.Values.K = r })),
		regimeField("values.v", "how v is drawn", "near-overflow", func(c *Case) *Regime { return &c.Values.V }).
			graded(regimesOf(func(c *Case, r Regime) { c.Values.V = r })),
		masked,
	}
}

func regimeField(name, help, region string, at func(*Case) *Regime) Field {
	return wordField(name, help, at, never, Regimes(), simpleRegimes).in(region).otherwise("normal").
		then(func(c *Case) error { orDefault(at(c), Normal); return nil }).
		plain(func(c *Case) { *at(c) = Normal })
}

func regimesOf(set ...func(*Case, Regime)) func(*Case) []func(*Case) {
	return func(*Case) (list []func(*Case)) {
		for _, regime := range simpleRegimes[1:] {
			for _, s := range set {
				list = append(list, func(c *Case) { s(c, regime) })
			}
		}
		return list
	}
}

// quiet turns signalling NaN into quiet ones.
func quiet(c *Case) {
	for _, r := range []*Regime{&c.Values.Q, &c.Values.K, &c.Values.V} {
		if *r == WithSNaN {
			*r = WithNaN
		}
	}
}
