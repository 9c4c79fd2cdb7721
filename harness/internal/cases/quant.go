package cases

import (
	"fmt"
	"strings"
)

// Quant stores k and v as small integers with scales: an element is (integer - zero point) * scale. What attention is
// computed from is that number, exactly.
//
// int8 and int4 have their scales, fp32, and zero points, int32, in tensors of their own. An int4 is two's complement; two
// of them lie in a byte, the even column in its low bits, and a row begins with a byte of its own. q8_0 and q4_0 are ggml's:
// blocks of 32 columns one behind the other, each an fp16 scale and 32 bytes, or an fp16 scale and 16 bytes whose low bits
// are columns 0 to 15 and whose high bits are columns 16 to 31, 8 more than the integer. Layouts of k and v count bytes
// then, and a row has as many columns as it has bytes.
//
// Scales have at most 15 significant bits, so that their products with integers, which have at most 9, are fp32 numbers:
// who multiplies in fp32 rounds nothing.
type Quant struct {
	K          QuantFormat `json:"k,omitzero"`           // default none
	V          QuantFormat `json:"v,omitzero"`           // default none
	Scales     ScaleSpan   `json:"scales,omitzero"`      // of int8 and int4; default row
	ZeroPoints bool        `json:"zero_points,omitzero"` // of int8 and int4
	Fill       QuantFill   `json:"fill,omitzero"`        // default fitted
}

// QuantFormat is how an operand's integers are stored.
type QuantFormat string

// The formats.
const (
	NotQuantised QuantFormat = "none"
	Int8         QuantFormat = "int8"
	Int4         QuantFormat = "int4"
	Q8_0         QuantFormat = "q8_0"
	Q4_0         QuantFormat = "q4_0"
)

// ScaleSpan says which elements share a scale and a zero point.
type ScaleSpan string

// The spans.
const (
	RowScales   ScaleSpan = "row"   // a key or value of a head
	BlockScales ScaleSpan = "block" // 32 columns of one, the last block as many as are left
	HeadScales  ScaleSpan = "head"  // a kv head, in all batches
)

// QuantFill says how scales and zero points come about. Values are drawn first; integers are what they become.
type QuantFill string

// The fills.
const (
	FittedScales    QuantFill = "fitted"    // the largest integer is the largest value
	EndScales       QuantFill = "ends"      // half of that: many integers, and all zero points, are the smallest or the largest
	ScalesApart     QuantFill = "apart"     // fitted, then each times a power of two, 2^-4 to 2
	SomeZeroScales  QuantFill = "zero"      // fitted, and every other one about is 0 whatever its integers are
	SubnormalScales QuantFill = "subnormal" // subnormal numbers of the scales' format
)

var (
	quantFormats = []QuantFormat{NotQuantised, Int8, Int4, Q8_0, Q4_0}
	scaleSpans   = []ScaleSpan{RowScales, BlockScales, HeadScales}
	quantFills   = []QuantFill{FittedScales, EndScales, ScalesApart, SomeZeroScales, SubnormalScales}
)

// QuantBlock is how many columns share a scale where blocks do.
const QuantBlock = 32

// blocked are ggml's formats, whose scales lie among the integers.
func (f QuantFormat) blocked() bool { return f == Q8_0 || f == Q4_0 }

// scaled formats have scales in a tensor of their own.
func (f QuantFormat) scaled() bool { return f == Int8 || f == Int4 }

// packed formats have bytes that belong to several columns: only a whole row can lie anywhere.
func (f QuantFormat) packed() bool { return f != "" && f != Int8 }

// rowBytes is how many bytes a row of so many columns takes.
func (f QuantFormat) rowBytes(columns int) int {
	switch f {
	case Int4:
		return (columns + 1) / 2
	case Q8_0:
		return columns / QuantBlock * (2 + QuantBlock)
	case Q4_0:
		return columns / QuantBlock * (2 + QuantBlock/2)
	}
	return columns
}

// ends are the smallest and the largest integer.
func (f QuantFormat) ends() (low, high int) {
	if f == Int4 || f == Q4_0 {
		return -8, 7
	}
	return -128, 127
}

// Any reports whether k or v is quantised.
func (q Quant) Any() bool { return q.K != "" || q.V != "" }

// Of is the format of an operand; empty: it is not quantised.
func (q Quant) Of(operand string) QuantFormat {
	switch operand {
	case "k":
		return q.K
	case "v":
		return q.V
	}
	return ""
}

func (q Quant) scaled() bool { return q.K.scaled() || q.V.scaled() }

func (q Quant) words() string {
	if !q.Any() {
		return ""
	}
	words := ""
	switch {
	case q.K == q.V:
		words = fmt.Sprintf(", k and v %s", q.K)
	case q.K == "":
		words = fmt.Sprintf(", v %s", q.V)
	case q.V == "":
		words = fmt.Sprintf(", k %s", q.K)
	default:
		words = fmt.Sprintf(", k %s, v %s", q.K, q.V)
	}
	if q.scaled() {
		span := q.Scales
		if span == "" {
			span = RowScales
		}
		words += fmt.Sprintf(" with %s scales", span)
		if q.ZeroPoints {
			words += " and zero points"
		}
	}
	if q.Fill != "" {
		words += ", scales " + strings.Replace(string(q.Fill), "ends", "at the ends", 1)
	}
	return words
}

// scaleColumns is how many scales a row of an operand has.
func (c *Case) scaleColumns(operand string) int {
	if c.Quant.Scales == BlockScales {
		return (c.columnsOf(operand) + QuantBlock - 1) / QuantBlock
	}
	return 1
}

// fitQuant makes sizes and layouts of a case ones that its formats can have.
func (c *Case) fitQuant() {
	for _, operand := range []string{"k", "v"} {
		format, o := c.Quant.Of(operand), c.Layout.Operand(operand)
		if !format.packed() {
			continue
		}
		o.Transpose = false
		if o.Strides.Given() {
			o.Strides = Strides{}
		}
		if format.blocked() {
			columns := &c.HeadDim
			if operand == "v" && c.VHeadDim > 0 {
				columns = &c.VHeadDim
			}
			*columns = max(QuantBlock, min(*columns, MaxHeadDim)/QuantBlock*QuantBlock)
			o.Pad, o.Offset = o.Pad&^1, o.Offset&^1
		}
	}
	if !c.Quant.scaled() {
		c.Quant.Scales, c.Quant.ZeroPoints = "", false
	}
	if !c.Quant.Any() {
		c.Quant.Fill = ""
	}
}

// quantFits refuses what a format has no room for.
func quantFits(name, operand string) func(*Case) error {
	return func(c *Case) error {
		format, o := c.Quant.Of(operand), c.Layout.Operand(operand)
		if !format.packed() {
			return nil
		}
		if o.Transpose || o.Strides.Given() && o.Strides[3] != 1 {
			return wrong(name, string(format), "none or int8 where columns of %s are apart: bytes of a row hold several", operand)
		}
		if !format.blocked() {
			return nil
		}
		if n := c.columnsOf(operand); n%QuantBlock != 0 {
			return wrong(name, string(format), "none, int8 or int4 with %d columns of %s: blocks have %d", n, operand, QuantBlock)
		}
		even := o.Pad%2 == 0 && o.Offset%2 == 0
		for _, n := range o.Strides[:3] {
			even = even && n%2 == 0
		}
		if !even {
			return wrong(name, string(format), "none, int8 or int4 where a pad, an offset or a stride of %s is odd: each block begins with 2 bytes of a scale", operand)
		}
		return nil
	}
}

// quantFields are the rows of how k and v are quantised.
func quantFields() []Field {
	const unknown = "quant: k and v are not quantised"
	clear := func(at func(*Case) *QuantFormat) func(*Case) {
		return func(c *Case) {
			if !c.Quant.Any() {
				return
			}
			*at(c) = ""
			c.fitQuant()
			for _, operand := range []string{"k", "v"} { // those of bytes are too small for elements
				c.Layout.Operand(operand).Strides = Strides{}
			}
		}
	}
	format := func(operand string, at func(*Case) *QuantFormat, regions ...Region) Field {
		name := "quant." + operand
		f := wordField(name, "how "+operand+" is quantised", at, isFirst, quantFormats, []QuantFormat{"", Int8, Int4, Q8_0}).
			otherwise("none").
			then(quantFits(name, operand)).
			plain(clear(at), func(c *Case) { clear(at)(c); c.Quant = Quant{} }).
			graded(func(c *Case) []func(*Case) {
				if *at(c) == "" {
					return nil
				}
				return edits(func(c *Case) { *at(c) = Int8; c.fitQuant() }, func(c *Case) { *at(c) = Int4; c.fitQuant() })(c)
			}).
			refused(unknown).drawn(func(Dice, *Case) {}, regions...)
		f.set = quantSet(f.set)
		f.Impose = func(d Dice, c *Case) { *at(c) = quantFormats[d.Intn(len(quantFormats))]; formatOf(at(c)); c.fitQuant() }
		return f
	}
	k := format("k", func(c *Case) *QuantFormat { return &c.Quant.K },
		Region{Name: "quant-k", Summary: "k of small integers", Holds: func(c *Case) bool { return c.Quant.K != "" }},
		Region{Name: "quant-differs", Summary: "k and v quantised in two ways", Holds: func(c *Case) bool {
			return c.Quant.K != "" && c.Quant.V != "" && c.Quant.K != c.Quant.V
		}},
		Region{Name: "quant-paged", Summary: "quantised k and v in pages", Holds: func(c *Case) bool {
			return c.Quant.K != "" && c.Quant.V != "" && c.pagesEach() > 1
		}},
		Region{Name: "quant-decode", Summary: "a few queries over a quantised cache, grouped heads", Holds: func(c *Case) bool {
			return c.Quant.K != "" && c.Quant.V != "" && c.QLen <= 8 && c.KVHeads < c.Heads && c.KVLen > c.QLen
		}}).
		told(func(c *Case) string { return c.Quant.words() })
	k.Draw = drawQuant
	v := format("v", func(c *Case) *QuantFormat { return &c.Quant.V },
		Region{Name: "quant-v", Summary: "v of small integers", Holds: func(c *Case) bool { return c.Quant.V != "" }},
		Region{Name: "quant-int4-heads", Bugs: []int{10}, Summary: "int4, two to a byte, several kv heads", Holds: func(c *Case) bool {
			return (c.Quant.K == Int4 || c.Quant.V == Int4) && c.KVHeads > 1
		}},
		Region{Name: "quant-int4-odd", Summary: "int4 with an odd head_dim: the last byte of a row has one column", Holds: func(c *Case) bool {
			return (c.Quant.K == Int4 || c.Quant.V == Int4) && c.HeadDim%2 == 1
		}},
		Region{Name: "quant-q8_0", Summary: "ggml's blocks of int8, several to a row", Holds: func(c *Case) bool {
			return (c.Quant.K == Q8_0 || c.Quant.V == Q8_0) && c.HeadDim > QuantBlock
		}},
		Region{Name: "quant-q4_0", Summary: "ggml's blocks of 4 bits, several to a row", Holds: func(c *Case) bool {
			return (c.Quant.K == Q4_0 || c.Quant.V == Q4_0) && c.HeadDim > QuantBlock
		}})
	scaled := func(c *Case) bool { return c.Quant.scaled() }
	spans := wordField("quant.scales", "which elements share a scale", func(c *Case) *ScaleSpan { return &c.Quant.Scales }, isFirst,
		scaleSpans, []ScaleSpan{"", BlockScales}).
		only("int8 and int4", scaled).otherwise("row").
		plain(func(c *Case) { c.Quant.Scales = "" }).
		refused(unknown).drawn(func(Dice, *Case) {},
		Region{Name: "quant-scales-of-rows", Summary: "a scale for each key", Holds: func(c *Case) bool { return scaled(c) && c.Quant.Scales == "" && c.KVLen > 1 }},
		Region{Name: "quant-scales-of-blocks", Summary: "a scale for each of several blocks of 32 columns, the last one short", Holds: func(c *Case) bool {
			return scaled(c) && c.Quant.Scales == BlockScales && c.HeadDim > QuantBlock && c.HeadDim%QuantBlock != 0
		}},
		Region{Name: "quant-scales-of-heads", Summary: "a scale for each of several kv heads", Holds: func(c *Case) bool {
			return scaled(c) && c.Quant.Scales == HeadScales && c.KVHeads > 1
		}})
	spans.Impose = func(d Dice, c *Case) { c.Quant.Scales = []ScaleSpan{"", BlockScales, HeadScales}[d.Intn(3)] }
	zeros := flagField("quant.zero_points", "an integer is subtracted before the scale", func(c *Case) *bool { return &c.Quant.ZeroPoints }).
		only("int8 and int4", scaled).refused(unknown).drawn(func(Dice, *Case) {},
		Region{Name: "quant-zero-points", Summary: "zero points", Holds: func(c *Case) bool { return c.Quant.ZeroPoints }},
		Region{Name: "quant-zero-points-at-ends", Summary: "zero points at both ends", Holds: func(c *Case) bool {
			return c.Quant.ZeroPoints && c.Quant.Fill == EndScales
		}})
	zeros.Impose = func(_ Dice, c *Case) { c.Quant.ZeroPoints = !c.Quant.ZeroPoints }
	fill := wordField("quant.fill", "how scales come about", func(c *Case) *QuantFill { return &c.Quant.Fill }, isFirst,
		quantFills, []QuantFill{"", ScalesApart, EndScales}).
		only("quantised k or v", func(c *Case) bool { return c.Quant.Any() }).otherwise("fitted").
		plain(func(c *Case) { c.Quant.Fill = "" }).
		graded(func(c *Case) []func(*Case) {
			if c.Quant.Fill == "" {
				return nil
			}
			return edits(func(c *Case) { c.Quant.Fill = ScalesApart })(c)
		}).
		refused(unknown).drawn(func(Dice, *Case) {},
		Region{Name: "quant-ends", Summary: "integers at both ends, -128 and 127 or -8 and 7", Holds: func(c *Case) bool { return c.Quant.Fill == EndScales }},
		Region{Name: "quant-scales-apart", Summary: "neighbours whose scales differ", Holds: func(c *Case) bool { return c.Quant.Fill == ScalesApart }},
		Region{Name: "quant-scale-zero", Summary: "scales of 0", Holds: func(c *Case) bool { return c.Quant.Fill == SomeZeroScales }},
		Region{Name: "quant-scale-subnormal", Summary: "subnormal scales", Holds: func(c *Case) bool { return c.Quant.Fill == SubnormalScales }})
	fill.Impose = func(d Dice, c *Case) { c.Quant.Fill = quantFills[d.Intn(len(quantFills))]; fillOf(&c.Quant.Fill) }
	list := []Field{k, v, spans, zeros, fill}
	for i := range list[2:] {
		f := &list[2+i]
		set := f.set
		f.set = quantSet(func(c *Case, text string) error {
			if !c.Quant.Any() || f.Name != "quant.fill" && !c.Quant.scaled() {
				c.Quant.K, c.Quant.V = Int8, Int8
			}
			return set(c, text)
		})
	}
	return list
}

// quantSet makes room for what a filter sets.
func quantSet(set func(*Case, string) error) func(*Case, string) error {
	return func(c *Case, text string) error {
		err := set(c, text)
		formatOf(&c.Quant.K)
		formatOf(&c.Quant.V)
		c.fitQuant()
		return err
	}
}

func formatOf(f *QuantFormat) {
	if *f == NotQuantised {
		*f = ""
	}
}

func fillOf(f *QuantFill) {
	if *f == FittedScales {
		*f = ""
	}
}

// drawQuant quantises a few cases.
func drawQuant(d Dice, c *Case) {
	if d.Intn(100) < 6 {
		AnyQuant(d, c)
	}
}

// AnyQuant draws how k and v are quantised: both alike, as a rule.
func AnyQuant(d Dice, c *Case) {
	some := []QuantFormat{Int8, Int4}
	if c.HeadDim%QuantBlock == 0 && c.VDim()%QuantBlock == 0 {
		some = append(some, Q8_0, Q4_0)
	}
	q := Quant{K: some[d.Intn(len(some))]}
	q.V = q.K
	switch d.Intn(4) {
	case 0:
		q.V = some[d.Intn(len(some))]
	case 1:
		if d.Intn(2) == 0 {
			q.K = ""
		} else {
			q.V = ""
		}
	}
	if q.scaled() {
		q.Scales = []ScaleSpan{"", BlockScales, HeadScales}[d.Intn(3)]
		q.ZeroPoints = d.Intn(2) == 0
	}
	q.Fill = []QuantFill{"", "", "", ScalesApart, ScalesApart, EndScales, SomeZeroScales, SubnormalScales}[d.Intn(8)]
	c.Quant = q
	c.fitQuant()
}
