package cases

import (
	"encoding/binary"
	"math"

	"attest.example/attest/harness/internal/precision"
)

// Tensor is an operand in memory: logical element [b, h, r, d] is element
// Offset + b*Strides[0] + h*Strides[1] + r*Strides[2] + d*Strides[3] of Data, little-endian. Of k and v in pages, b is the
// number of a page there, and r a row of it: see Paging.
type Tensor struct {
	Format  precision.Format
	Shape   [4]int // batch, heads, rows, columns
	Strides [4]int // in elements
	Offset  int    // in elements

	Elements int    // of the whole buffer, offset and slack included
	Data     []byte // the whole buffer

	held  *mapping   // Data, where it is mapped
	pages *pages     // k and v that are read through a table; nil: in one piece
	quant *quantised // k and v of integers with scales; nil: elements of Format
}

// Index returns the element's place in Data, in elements.
func (t *Tensor) Index(b, h, r, d int) int {
	if p := t.pages; p != nil {
		b, r = p.of(b, r), r%p.page
	}
	return t.Offset + b*t.Strides[0] + h*t.Strides[1] + r*t.Strides[2] + d*t.Strides[3]
}

// At decodes one element.
func (t *Tensor) At(b, h, r, d int) float64 {
	if t.quant != nil {
		return t.dequantised(b, h, r, d)
	}
	return t.Format.Get(t.Data, t.Index(b, h, r, d))
}

// Set stores one element, rounded to the format.
func (t *Tensor) Set(b, h, r, d int, x float64) { t.Format.Put(t.Data, t.Index(b, h, r, d), x) }

// setSignallingNaN stores one as bits: a conversion would make it quiet.
func (t *Tensor) setSignallingNaN(b, h, r, d int) {
	index, bits := t.Index(b, h, r, d), t.Format.SignallingNaN()
	if t.Format.Size() == 4 {
		binary.LittleEndian.PutUint32(t.Data[4*index:], bits)
	} else {
		binary.LittleEndian.PutUint16(t.Data[2*index:], uint16(bits))
	}
}

// Len is the number of logical elements.
func (t *Tensor) Len() int { return t.Shape[0] * t.Shape[1] * t.Shape[2] * t.Shape[3] }

// Dense decodes the tensor to contiguous [batch, heads, rows, columns].
func (t *Tensor) Dense() []float64 { return t.DenseIn(nil) }

// DenseIn is Dense, written into room where that is large enough.
func (t *Tensor) DenseIn(room []float64) []float64 { return dense(t, room) }

// DenseFP32 is DenseIn in float32, which holds every format exactly; elements of quantised k and v are rounded to it once.
func (t *Tensor) DenseFP32(room []float32) []float32 { return dense(t, room) }

func dense[T float32 | float64](t *Tensor, room []T) []T {
	n := t.Len()
	if cap(room) < n {
		room = make([]T, n)
	}
	decode(t, room[:n])
	return room[:n]
}

func decode[T float32 | float64](t *Tensor, out []T) {
	columns := t.Shape[3]
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				decodeRow(t, b, h, r, out[:columns])
				out = out[columns:]
			}
		}
	}
}

// decodeRow reads one row into memory of as many numbers.
func decodeRow[T float32 | float64](t *Tensor, b, h, r int, row []T) {
	if t.quant == nil {
		precision.Decode(t.Format, row, t.Data, t.Index(b, h, r, 0), t.Strides[3])
		return
	}
	for d := range row {
		row[d] = T(t.dequantised(b, h, r, d))
	}
}

// Row reads one row into memory of as many numbers: At for each of its columns.
func (t *Tensor) Row(b, h, r int, into []float64) { decodeRow(t, b, h, r, into) }

// SetColumns stores one row of a tensor that is not quantised, rounded to the format: Set for each of its columns.
func (t *Tensor) SetColumns(b, h, r int, values []float64) {
	precision.Encode(t.Format, t.Data, t.Index(b, h, r, 0), t.Strides[3], values)
}

// Bits returns the stored bit patterns of the logical elements in the order of Dense.
func (t *Tensor) Bits() []uint32 {
	out := make([]uint32, 0, t.Len())
	size := t.Format.Size()
	t.each(func(index int) {
		if size == 4 {
			out = append(out, binary.LittleEndian.Uint32(t.Data[4*index:]))
		} else {
			out = append(out, uint32(binary.LittleEndian.Uint16(t.Data[2*index:])))
		}
	})
	return out
}

// each visits the logical elements in row-major order.
func (t *Tensor) each(visit func(index int)) {
	t.eachRow(func(index int) {
		for range t.Shape[3] {
			visit(index)
			index += t.Strides[3]
		}
	})
}

// eachRow visits the first element of every row, in the same order.
func (t *Tensor) eachRow(visit func(index int)) {
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				visit(t.Index(b, h, r, 0))
			}
		}
	}
}

// Clone returns a copy with its own memory.
func (t *Tensor) Clone() Tensor {
	out := *t
	if err := out.Allocate(len(t.Data)); err != nil {
		panic("cases: no memory for a copy: " + err.Error()) // as where ordinary memory ends
	}
	t.CopyUsed(out.Data, t.Data)
	return out
}

// poisonBytes fill every element of an output before a call, over and over: a NaN in every format, and a mark by which an
// element that is never written shows. All bits set would be no mark: vector units make that NaN themselves.
var poisonBytes = [2]byte{0xa5, 0xff}

// IsPoison reports whether an element's bytes are those that Poison left there.
func IsPoison(element []byte) bool {
	for i, b := range element {
		if b != poisonBytes[i&1] {
			return false
		}
	}
	return true
}

// PoisonElement makes an element look as if it had never been written.
func PoisonElement(element []byte) {
	for i := range element {
		element[i] = poisonBytes[i&1]
	}
}

// slack is what memory holds that belongs to no element, of inputs and of outputs: a NaN in every format again, but
// other bytes than poison, so that an output which holds a copy of slack is not taken for one that was left unwritten.
var slack = [2]byte{0xfe, 0x7f}

// Clear fills the buffer with slack.
func (t *Tensor) Clear() {
	for _, s := range t.Spans() {
		repeat(t.Data[s.Start:s.End], [2]byte{slack[s.Start&1], slack[(s.Start+1)&1]})
	}
}

// repeat fills memory with two bytes over and over, at the speed of copying.
func repeat(data []byte, pair [2]byte) {
	for done := copy(data, pair[:]); done < len(data); {
		done += copy(data[done:], data[:done])
	}
}

// IsSlack reports whether these bytes of a buffer, from byte at, still hold slack.
func IsSlack(data []byte, at int) bool {
	for i, x := range data {
		if x != slack[(at+i)&1] {
			return false
		}
	}
	return true
}

// Poison fills the elements with a mark of what is not written, and the rest of the buffer with slack.
func (t *Tensor) Poison() {
	t.Clear()
	size := t.Format.Size()
	if t.Strides[3] == 1 {
		t.eachRow(func(index int) {
			repeat(t.Data[index*size:][:t.Shape[3]*size], poisonBytes)
		})
		return
	}
	t.each(func(index int) {
		PoisonElement(t.Data[index*size:][:size])
	})
}

// MaskArray is a bool or additive mask in memory, in its own shape; a broadcast dimension has extent 1 and stride 0.
type MaskArray struct {
	Tensor      // Format is meaningless where Bool
	Bool   bool // bytes, non-zero: attend
}

// Bias returns what an entry adds to the logit: 0 or -Inf for a bool mask.
func (m *MaskArray) Bias(b, h, r, k int) float64 {
	index := m.Index(b, h, r, k)
	if !m.Bool {
		return m.Format.Get(m.Data, index)
	}
	if m.Data[index] != 0 {
		return 0
	}
	return math.Inf(-1)
}

// SetBias stores an entry: for a bool mask -Inf forbids and anything else allows.
func (m *MaskArray) SetBias(b, h, r, k int, bias float64) {
	index := m.Index(b, h, r, k)
	if !m.Bool {
		m.Format.Put(m.Data, index, bias)
		return
	}
	m.Data[index] = 1 << (index % 8) // any non-zero byte attends, and each of its bits alone does
	if math.IsInf(bias, -1) {
		m.Data[index] = 0
	}
}

// Clone returns a copy with its own memory.
func (m *MaskArray) Clone() *MaskArray {
	if m == nil {
		return nil
	}
	return &MaskArray{m.Tensor.Clone(), m.Bool}
}

// Tensors is a case in memory: what a path reads and what it writes.
type Tensors struct {
	Q, K, V Tensor
	Mask    *MaskArray // nil unless the mask is an array
	Sinks   *Tensor    // fp32 [1, heads, 1, 1]: the logit of each head that enters the normaliser alone; nil: none
	Slopes  *Tensor    // fp32 [1, heads, 1, 1]: of the linear bias of each head; nil: none
	// Ranges are int32, whatever its Format is, [batch, entries, 1, 4]: q_begin, q_end, kv_begin and kv_end of each entry;
	// nil: all rows and keys.
	Ranges *Tensor
	Table  *Tensor // 4-byte integers [1, 1, batch, pages of an entry]: the pages of k and v; nil: they are not paged
	// Of k and v of int8 and int4: fp32 scales and int32 zero points, whatever their Format is, [batch, kv_heads, kv_len,
	// scales of a row], or [1, kv_heads, 1, 1] where heads have one; of paged k and v in pages too. nil: none.
	KScales, KZeros, VScales, VZeros *Tensor

	Out Tensor
	LSE *Tensor // fp32 [batch, heads, q_len, 1], natural logarithm; nil unless the case asks for it
}

// Clone returns a copy with its own memory.
func (t *Tensors) Clone() *Tensors {
	out := &Tensors{Q: t.Q.Clone(), K: t.K.Clone(), V: t.V.Clone(), Mask: t.Mask.Clone(), Out: t.Out.Clone()}
	for _, p := range []struct{ from, to **Tensor }{{&t.LSE, &out.LSE}, {&t.Sinks, &out.Sinks}, {&t.Slopes, &out.Slopes}, {&t.Ranges, &out.Ranges}, {&t.Table, &out.Table},
		{&t.KScales, &out.KScales}, {&t.KZeros, &out.KZeros}, {&t.VScales, &out.VScales}, {&t.VZeros, &out.VZeros}} {
		if *p.from != nil {
			clone := (*p.from).Clone()
			*p.to = &clone
		}
	}
	out.Page(t.K.Paged())
	out.Quantise("k", t.K.QuantFormat(), t.K.QuantSpan())
	out.Quantise("v", t.V.QuantFormat(), t.V.QuantSpan())
	return out
}

// Blank fills every buffer as before a call, but with no inputs yet: slack, and poison where outputs belong.
func (t *Tensors) Blank() {
	for _, b := range t.Buffers() {
		b.Tensor.Clear()
	}
	t.PoisonOutputs()
}

// PoisonOutputs overwrites both outputs, so that what a path does not write shows.
func (t *Tensors) PoisonOutputs() {
	t.Out.Poison()
	if t.LSE != nil {
		t.LSE.Poison()
	}
}
