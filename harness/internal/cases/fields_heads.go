package cases

import (
	"math"

	"attest.example/attest/harness/internal/precision"
)

// What a head has of its own beside its values: a sink, and a slope of a linear bias.

// SinkFill is how the sinks are drawn, a logit a query head that enters the sum which weights are divided by and
// nothing else.
type SinkFill string

// The sinks.
const (
	NoSinks    SinkFill = "none"
	SinksAmong SinkFill = "among" // normal*2: among the scores
	SinksAbove SinkFill = "above" // 8 to 24: above most scores, so that little weight is left to the keys
	SinksBelow SinkFill = "below" // -40 to -8: below most scores
	SinksSome  SinkFill = "some"  // every other head has one among the scores, the others -Inf, which is none
)

// SlopeFill is how the slopes of a linear bias (ALiBi) are drawn: -slope*|i - j| is added to the score of key j, i the
// key at which the row stands. Slopes have 8 significant bits, so their products with distances are fp32 numbers.
type SlopeFill string

// The slopes.
const (
	NoSlopes       SlopeFill = "none"
	StandardSlopes SlopeFill = "standard" // 2^(-8*(h+1)/heads)
	RandomSlopes   SlopeFill = "random"   // 0 to 1, each head's own
	SteepSlopes    SlopeFill = "steep"    // 1 to 4, of either sign
)

var (
	sinkFills  = []SinkFill{NoSinks, SinksAmong, SinksAbove, SinksBelow, SinksSome}
	slopeFills = []SlopeFill{NoSlopes, StandardSlopes, RandomSlopes, SteepSlopes}
)

func sinks() Field {
	at := func(c *Case) *SinkFill { return &c.Sinks }
	simple := append([]SinkFill{""}, sinkFills[1:]...)
	has := func(c *Case) bool { return c.Sinks != "" }
	return wordField("sinks", "how a logit for each head is drawn that enters the normaliser alone", at, isFirst, sinkFills, simple).
		otherwise("none").
		opened(Opening{With: "softcap"}).
		told(func(c *Case) string {
			if !has(c) {
				return ""
			}
			return ", sinks " + string(c.Sinks) + " the scores"
		}).
		plain(func(c *Case) { c.Sinks = "" }).
		graded(func(c *Case) []func(*Case) {
			if !has(c) {
				return nil
			}
			return edits(func(c *Case) { c.Sinks = SinksAmong }, func(c *Case) { c.Sinks = SinksAbove })(c)
		}).
		refused("sinks: no logit enters the normaliser alone").drawn(drawSinks,
		Region{Name: "sinks-of-heads", Bugs: []int{88}, Summary: "a logit for each of several heads that enters the normaliser alone",
			Holds: func(c *Case) bool { return has(c) && c.Heads > 1 }},
		Region{Name: "sinks-above", Bugs: []int{88}, Summary: "sinks above most scores: little weight is left to the keys",
			Holds: func(c *Case) bool { return c.Sinks == SinksAbove }},
		Region{Name: "sinks-empty-row", Bugs: []int{84, 88}, Summary: "a row that sees no key and has a sink",
			Holds: func(c *Case) bool { return has(c) && c.Sinks != SinksSome && c.Visible().None }})
}

// drawSinks draws sinks in a few cases.
func drawSinks(d Dice, c *Case) {
	if d.Intn(100) < 6 {
		c.Sinks = sinkFills[1+d.Intn(len(sinkFills)-1)]
	}
}

func slopes() Field {
	at := func(c *Case) *SlopeFill { return &c.Alibi }
	simple := append([]SlopeFill{""}, slopeFills[1:]...)
	has := func(c *Case) bool { return c.Alibi != "" }
	return wordField("alibi", "how the slopes of a linear bias are drawn, one for each head", at, isFirst, slopeFills, simple).
		otherwise("none").
		told(func(c *Case) string {
			if !has(c) {
				return ""
			}
			return ", " + string(c.Alibi) + " slopes"
		}).
		plain(func(c *Case) { c.Alibi = "" }).
		graded(func(c *Case) []func(*Case) {
			if !has(c) {
				return nil
			}
			return edits(func(c *Case) { c.Alibi = StandardSlopes }, func(c *Case) { c.Alibi = RandomSlopes })(c)
		}).
		refused("alibi: no bias follows from slopes").drawn(drawSlopes,
		Region{Name: "slopes", Summary: "a linear bias from a slope for each of several heads",
			Holds: func(c *Case) bool { return has(c) && c.Heads > 1 && c.KVLen > 1 }},
		Region{Name: "slopes-positioned", Summary: "a linear bias whose rows stand late in a cache",
			Holds: func(c *Case) bool { return has(c) && c.Heads > 1 && c.Diagonal(0) > 0 }},
		Region{Name: "slopes-masked", Summary: "a linear bias on top of an additive mask",
			Holds: func(c *Case) bool { return has(c) && c.Mask.Kind == AdditiveMask }})
}

// drawSlopes draws a linear bias in a few cases. Where an additive mask forbids by a huge finite number it would be lost.
func drawSlopes(d Dice, c *Case) {
	if d.Intn(100) >= 6 || c.Mask.Floor != "" {
		return
	}
	c.Alibi = slopeFills[1+d.Intn(len(slopeFills)-1)]
}

// headVector is a tensor of one fp32 number for each query head, [1, heads, 1, 1].
func (c *Case) headVector() *Tensor {
	t := layout(Operand{}, precision.FP32, 1, c.Heads, 1, 1)
	return &t
}

func (c *Case) fillSinks(t *Tensor) {
	s := newStream(c.Values.Seed, streamSinks)
	for h := range c.Heads {
		x, among := s.uniform(uint64(h)), 2*s.normal(1<<32+uint64(h))
		switch c.Sinks {
		case SinksAbove:
			among = 16 + 8*x
		case SinksBelow:
			among = -24 + 16*x
		case SinksSome:
			if h%2 == 1 {
				among = math.Inf(-1)
			}
		}
		t.Set(0, h, 0, 0, among)
	}
}

func (c *Case) fillSlopes(t *Tensor) {
	s := newStream(c.Values.Seed, streamSlopes)
	for h := range c.Heads {
		slope := math.Exp2(-8 * float64(h+1) / float64(c.Heads))
		switch x := s.uniform(uint64(h)); c.Alibi {
		case RandomSlopes:
			slope = math.Abs(x)
		case SteepSlopes:
			slope = math.Copysign(1+3*math.Abs(x), s.normal(1<<32+uint64(h)))
		}
		t.Set(0, h, 0, 0, precision.BF16.Round(slope))
	}
}
