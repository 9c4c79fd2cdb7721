package cases

import (
	"encoding/binary"
	"math"
)

// CopyRow makes row r of (b, h) what row sr of (sb, sh) of another operand is. Quantised rows keep their integers, scales
// and zero points where both are stored alike; else to holds the numbers that they stand for, which fp32 holds.
func (t *Tensor) CopyRow(b, h, r int, from *Tensor, sb, sh, sr int) {
	q, p := t.quant, from.quant
	if q == nil || p == nil || q.format != p.format {
		for d := range t.Shape[3] {
			t.Set(b, h, r, d, from.At(sb, sh, sr, d))
		}
		return
	}
	row, source := t.Index(b, h, r, 0), from.Index(sb, sh, sr, 0)
	for d := range t.Shape[3] {
		q.setInteger(t.Data, row, t.Strides[3], d, p.integer(from.Data, source, from.Strides[3], d))
	}
	for d := 0; d < t.Shape[3]; d += q.span(t.Shape[3]) {
		t.setScale(b, h, r, d, from.scaleBits(sb, sh, sr, d))
		if q.zeros != nil {
			copy(q.zeros.Data[4*q.place(b, h, r, d):][:4], p.zeros.Data[4*p.place(sb, sh, sr, d):])
		}
	}
}

// SetRow makes a row of a quantised operand stand for one number in all columns, exactly where that is 0 or the row has
// scales of its own that hold it. Else the integers come as near as they can.
func (t *Tensor) SetRow(b, h, r int, x float64) {
	q := t.quant
	low, high := q.format.ends()
	row := t.Index(b, h, r, 0)
	for d := range t.Shape[3] {
		zero := 0
		if q.zeros != nil {
			zero = int(int32(binary.LittleEndian.Uint32(q.zeros.Data[4*q.place(b, h, r, d):])))
		}
		i, scale := zero+1, x
		if i > high {
			i, scale = zero-1, -x
		}
		if q.ownScales() {
			format := q.scaleFormat()
			if most := format.Max(); math.Abs(scale) <= math.MaxFloat64 {
				scale = min(max(scale, -most), most)
			}
			t.setScale(b, h, r, d, format.Bits(scale))
		} else {
			switch s := t.scaleValue(b, h, r, d); {
			case math.Abs(x) <= math.MaxFloat64 && math.Abs(s) <= math.MaxFloat64 && s != 0:
				i = min(max(int(math.RoundToEven(min(max(x/s, -512), 512)))+zero, low), high)
			case x == 0:
				i = zero
			default:
				i = high
			}
		}
		q.setInteger(t.Data, row, t.Strides[3], d, i)
	}
}

// MultiplyScales multiplies the scales of all rows by a power of two, but for those that would overflow.
func (t *Tensor) MultiplyScales(by float64) {
	q := t.quant
	format := q.scaleFormat()
	done := map[int]bool{}
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				for d := 0; d < t.Shape[3]; d += q.span(t.Shape[3]) {
					at := 0
					if q.scales == nil {
						at = q.block(t.Index(b, h, r, 0), d)
					} else {
						at = q.place(b, h, r, d)
					}
					if done[at] {
						continue
					}
					done[at] = true
					s := t.scaleValue(b, h, r, d)
					if x := by * s; s != s || math.Abs(x) <= format.Max() || math.IsInf(s, 0) {
						t.setScale(b, h, r, d, format.Bits(x))
					}
				}
			}
		}
	}
}

// MostScale is the largest number that a scale of the operand can be.
func (t *Tensor) MostScale() float64 { return t.quant.scaleFormat().Max() }

// EachPlace visits what the operand has in memory, slack left out: the index of each element, of a quantised operand of
// each byte.
func (t *Tensor) EachPlace(visit func(index int)) {
	columns := t.Stored()[3]
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				index := t.Index(b, h, r, 0)
				for range columns {
					visit(index)
					index += t.Strides[3]
				}
			}
		}
	}
}

// Read is how many bytes of memory a reader needs at least: the operand's own, and its scales and zero points.
func (t *Tensor) Read() float64 {
	bytes := float64(t.Shape[0]) * float64(t.Shape[1]) * float64(t.Shape[2]) * float64(t.Stored()[3]) * float64(t.Size())
	if q := t.quant; q != nil && q.scales != nil {
		bytes += 4 * float64(q.scales.Len())
		if q.zeros != nil {
			bytes += 4 * float64(q.zeros.Len())
		}
	}
	return bytes
}

// RowPlaces is how many places a row has: elements, of a quantised operand bytes.
func (t *Tensor) RowPlaces() int { return t.Stored()[3] }

// span is how many columns share a scale.
func (q *quantised) span(columns int) int {
	if q.columns == 0 {
		return columns
	}
	return q.columns
}

func (t *Tensor) scaleBits(b, h, r, d int) uint32 {
	q := t.quant
	if q.scales == nil {
		return uint32(binary.LittleEndian.Uint16(t.Data[q.block(t.Index(b, h, r, 0), d):]))
	}
	return binary.LittleEndian.Uint32(q.scales.Data[4*q.place(b, h, r, d):])
}

func (t *Tensor) scaleValue(b, h, r, d int) float64 {
	return t.quant.scaleFormat().Value(t.scaleBits(b, h, r, d))
}
