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

// ScaleSpan names the elements that share a scale and a zero point.
type ScaleSpan string

// The spans.
const (
	RowScales   ScaleSpan = "row"   // a key or value of a head
	BlockScales ScaleSpan = "block" // 32 columns of one, the last block as many as are left
	HeadScales  ScaleSpan = "head"  // a kv head, in all batches
)

// QuantFill is how scales and zero points come about. Values are drawn first; integers are what they become.
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
