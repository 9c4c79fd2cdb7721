package cases

import (
	"encoding/binary"
	"math"

	"attest.example/attest/harness/internal/precision"
)

// quantised is how an operand in memory is read whose elements are integers with scales.
type quantised struct {
	format  QuantFormat
	columns int     // that share a scale; 0: all of a row
	scales  *Tensor // fp32 [batch, kv_heads, kv_len, scales of a row]; extent 1 where they are shared; nil: in blocks
	zeros   *Tensor // int32 of the same shape; nil: none
	oneRow  bool    // each head has one row, whose own its scale is then
}

// Quantised reports whether the tensor's elements are integers with scales. Its Format is none then, its strides count
// bytes, and At returns what an element stands for.
func (t *Tensor) Quantised() bool { return t.quant != nil }

// QuantFormat is how its integers are stored; empty: it is not quantised.
func (t *Tensor) QuantFormat() QuantFormat {
	if t.quant == nil {
		return ""
	}
	return t.quant.format
}

// Size is the bytes of what strides count.
func (t *Tensor) Size() int {
	if t.quant != nil {
		return 1
	}
	return t.Format.Size()
}

// place is the index of the scale of an element.
func (q *quantised) place(b, h, r, d int) int {
	s := q.scales.Shape
	column := 0
	if q.columns > 0 {
		column = d / q.columns
	}
	if s[2] == 1 && s[0] == 1 && q.scales.pages == nil { // of heads
		b, r = 0, 0
	}
	return q.scales.Index(b, h, r, column)
}

// integer returns the integer of an element of a row that begins at byte row.
func (q *quantised) integer(data []byte, row, step, d int) int {
	switch q.format {
	case Int4:
		return int(int8(data[row+d/2]<<(4*(1-d%2)))) >> 4
	case Q8_0:
		return int(int8(data[row+d/QuantBlock*(2+QuantBlock)+2+d%QuantBlock]))
	case Q4_0:
		block, at := row+d/QuantBlock*(2+QuantBlock/2)+2, d%QuantBlock
		return int(data[block+at%(QuantBlock/2)]>>(4*(at/(QuantBlock/2)))&15) - 8
	}
	return int(int8(data[row+d*step]))
}

func (q *quantised) setInteger(data []byte, row, step, d, i int) {
	nibble := func(at, shift, i int) { data[at] = data[at]&^(15<<shift) | byte(i&15)<<shift }
	switch q.format {
	case Int4:
		nibble(row+d/2, 4*(d%2), i)
	case Q8_0:
		data[row+d/QuantBlock*(2+QuantBlock)+2+d%QuantBlock] = byte(int8(i))
	case Q4_0:
		block, at := row+d/QuantBlock*(2+QuantBlock/2)+2, d%QuantBlock
		nibble(block+at%(QuantBlock/2), 4*(at/(QuantBlock/2)), i+8)
	default:
		data[row+d*step] = byte(int8(i))
	}
}

// block is where ggml's block of a column begins.
func (q *quantised) block(row, d int) int {
	return row + d/QuantBlock*q.format.rowBytes(QuantBlock)
}

// dequantised returns an element: (integer - zero point) * scale, exactly.
func (t *Tensor) dequantised(b, h, r, d int) float64 {
	q, row := t.quant, t.Index(b, h, r, 0)
	i := float64(q.integer(t.Data, row, t.Strides[3], d))
	if q.scales == nil {
		return i * precision.FP16.Get(t.Data[q.block(row, d):], 0)
	}
	at := q.place(b, h, r, d)
	if q.zeros != nil {
		i -= float64(int32(binary.LittleEndian.Uint32(q.zeros.Data[4*at:])))
	}
	return i * precision.FP32.Get(q.scales.Data, at)
}

// setScale stores the scale of an element as bits of the scales' format.
func (t *Tensor) setScale(b, h, r, d int, bits uint32) {
	q := t.quant
	if q.scales == nil {
		binary.LittleEndian.PutUint16(t.Data[q.block(t.Index(b, h, r, 0), d):], uint16(bits))
		return
	}
	binary.LittleEndian.PutUint32(q.scales.Data[4*q.place(b, h, r, d):], bits)
}

// scaleFormat is that of an operand's scales.
func (q *quantised) scaleFormat() precision.Format {
	if q.scales == nil {
		return precision.FP16
	}
	return precision.FP32
}

// ownScales reports whether a row has scales that no other row has.
func (q *quantised) ownScales() bool {
	return q.scales == nil || q.oneRow || isEmpty(q.scales.Shape) || q.scales.Shape[3] > 1 || q.scales.Shape[2] > 1 || q.scales.Shape[0] > 1 || q.scales.pages != nil
}

// quantLayout makes k or v one of integers, and returns its scales and zero points.
func (c *Case) quantLayout(t *Tensor, operand string, format QuantFormat) (scales, zeros *Tensor) {
	q := &quantised{format: format, oneRow: t.Shape[0]*t.Shape[2] == 1}
	t.Format, t.quant = 0, q
	if format.blocked() {
		q.columns = QuantBlock
		return nil, nil
	}
	n := c.scaleColumns(operand)
	if n > 1 || c.Quant.Scales == BlockScales {
		q.columns = QuantBlock
	}
	shape := [4]int{t.Stored()[0], c.KVHeads, t.Stored()[2], n}
	if c.Quant.Scales == HeadScales {
		shape = [4]int{1, c.KVHeads, 1, 1}
	}
	make := func() *Tensor {
		s := layout(Operand{}, precision.FP32, shape[0], shape[1], shape[2], shape[3])
		if c.Quant.Scales != HeadScales && t.pages != nil {
			s.pages = t.pages
			s.Shape = [4]int{c.Batch, c.KVHeads, c.KVLen, n}
		}
		return &s
	}
	q.scales = make()
	if c.Quant.ZeroPoints {
		q.zeros = make()
	}
	return q.scales, q.zeros
}

// Quantise makes k and v ones of integers whose scales and zero points t has: for tensors that were made from
// descriptions. span is the columns that share a scale, 0: all of a row.
func (t *Tensors) Quantise(operand string, format QuantFormat, span int) {
	if format == "" {
		return
	}
	at, scales, zeros := &t.K, t.KScales, t.KZeros
	if operand == "v" {
		at, scales, zeros = &t.V, t.VScales, t.VZeros
	}
	at.quant = &quantised{format: format, columns: span, scales: scales, zeros: zeros, oneRow: at.Shape[0]*at.Shape[2] == 1}
	for _, s := range []*Tensor{scales, zeros} {
		if s != nil && s.Elements > s.Len() { // those of heads are not in pages
			s.pages = at.pages
		}
	}
}

// QuantSpan is the columns that share a scale; 0: all of a row, or the tensor is not quantised.
func (t *Tensor) QuantSpan() int {
	if t.quant == nil {
		return 0
	}
	return t.quant.columns
}

// scaleBits are the most significant bits of a scale. Times an integer less a zero point, -255 to 255, it is a number of 24
// bits, which fp32 holds.
const scaleBits = 15

// roundScale returns a scale of few enough bits, and one whose products stay in range.
func roundScale(format precision.Format, x float64) float64 {
	if format == precision.FP16 {
		return format.Round(min(max(x, -format.Max()), format.Max()))
	}
	if x != 0 && math.Abs(x) < 0x1p-126 {
		return format.Round(math.Copysign(0x1p-126, x)) // the smallest normal one
	}
	fraction, exponent := math.Frexp(min(max(x, -largestScale), largestScale))
	return math.Ldexp(math.RoundToEven(math.Ldexp(fraction, scaleBits)), exponent-scaleBits)
}

// largestScale times 255 is below fp32's largest value.
const largestScale = 0x1p119

// fillMaskedRow stores in a row of integers what masked slots hold: its scales are NaN, Inf or as large as they may be, and
// integers at both ends. Where rows share a scale it stays.
func (t *Tensor) fillMaskedRow(b, h, r int, fill MaskedFill) {
	q := t.quant
	low, high := q.format.ends()
	row := t.Index(b, h, r, 0)
	for d := range t.Shape[3] {
		q.setInteger(t.Data, row, t.Strides[3], d, []int{high, low}[d%2])
	}
	if !q.ownScales() {
		return
	}
	format := q.scaleFormat()
	bits := map[MaskedFill]uint32{
		MaskedNaN: format.Bits(math.NaN()), MaskedInf: format.Bits(math.Inf(1)), MaskedSNaN: format.SignallingNaN(),
		MaskedHuge: format.Bits(min(format.Max(), largestScale)),
	}[fill]
	for d := 0; d < t.Shape[3]; d += q.span(t.Shape[3]) {
		t.setScale(b, h, r, d, bits)
	}
}
