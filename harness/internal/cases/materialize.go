package cases

import (
	"fmt"
	"reflect"

	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/metal/page"
)

// Allocator supplies the memory of one buffer, by its name in Tensors.Buffers. It need not be zeroed.
type Allocator func(buffer string, bytes int) ([]byte, error)

const pageBytes = page.Largest

// Pages returns zeroed memory that begins on a page and shares its pages with nothing else, as devices want it that read
// memory in place: they map whole pages, and two buffers in one page would be one buffer to them.
func Pages(bytes int) []byte {
	whole := (bytes + pageBytes - 1) / pageBytes * pageBytes
	memory := make([]byte, whole+pageBytes-1)
	skip := -int(reflect.ValueOf(memory).Pointer()) & (pageBytes - 1)
	return memory[skip : skip+bytes : skip+whole]
}

// Materialize makes the tensors of a normalized case in ordinary memory. Outputs hold poison, and what is no
// element of any tensor holds slack.
func Materialize(c Case) *Tensors {
	t, err := Blanks(c)
	if err != nil {
		panic("cases: " + err.Error()) // as where ordinary memory ends, or for a case that is not normalized
	}
	c.fill(t)
	return t
}

// Blanks makes the tensors of a normalized case in ordinary memory, with nothing in them yet but slack, and poison where
// outputs belong.
func Blanks(c Case) (*Tensors, error) {
	t, err := Layouts(c)
	if err != nil {
		return nil, err
	}
	for _, b := range t.Buffers() {
		if err := b.Tensor.Allocate(b.Bytes); err != nil {
			return nil, fmt.Errorf("memory for %s: %w", b.Name, err)
		}
	}
	t.Blank()
	if t.Table != nil {
		c.fillTable(t.Table)
	}
	return t, nil
}

// MaterializeWithV makes the tensors of a normalized case with the v of another seed; all else is the case's own.
func MaterializeWithV(c Case, seed uint64) *Tensors {
	t := Materialize(c)
	c.fillValues(&t.V, c.Values.V, seed, streamV)
	if c.Values.Masked != "" {
		c.fillMaskedSlots(t)
	}
	return t
}

// MaterializeIn makes the tensors in memory that alloc supplies, for paths that share memory with a device or with
// another process.
func MaterializeIn(c Case, alloc Allocator) (*Tensors, error) {
	t, err := Layouts(c)
	if err != nil {
		return nil, err
	}
	for _, b := range t.Buffers() {
		b.Data, err = alloc(b.Name, b.Bytes)
		if err == nil && len(b.Data) < b.Bytes {
			err = fmt.Errorf("%d bytes", len(b.Data))
		}
		if err != nil {
			return nil, fmt.Errorf("memory for %s, %d bytes: %w", b.Name, b.Bytes, err)
		}
		b.Tensor.Data = b.Data[:b.Bytes]
	}
	t.Blank()
	c.fill(t)
	return t, nil
}

// Buffer is one buffer of a case.
type Buffer struct {
	Name   string
	Bytes  int
	Data   []byte
	Tensor *Tensor
}

// Buffers lists the buffers that a case has, in the order q, k, v, mask, sinks, slopes, ranges, table, k_scales, k_zeros,
// v_scales, v_zeros, out, lse.
func (t *Tensors) Buffers() []Buffer {
	list := []Buffer{{Name: "q", Tensor: &t.Q}, {Name: "k", Tensor: &t.K}, {Name: "v", Tensor: &t.V}}
	if t.Mask != nil {
		list = append(list, Buffer{Name: "mask", Tensor: &t.Mask.Tensor})
	}
	if t.Sinks != nil {
		list = append(list, Buffer{Name: "sinks", Tensor: t.Sinks})
	}
	if t.Slopes != nil {
		list = append(list, Buffer{Name: "slopes", Tensor: t.Slopes})
	}
	if t.Ranges != nil {
		list = append(list, Buffer{Name: "ranges", Tensor: t.Ranges})
	}
	if t.Table != nil {
		list = append(list, Buffer{Name: "table", Tensor: t.Table})
	}
	for _, s := range []struct {
		name string
		t    *Tensor
	}{{"k_scales", t.KScales}, {"k_zeros", t.KZeros}, {"v_scales", t.VScales}, {"v_zeros", t.VZeros}} {
		if s.t != nil {
			list = append(list, Buffer{Name: s.name, Tensor: s.t})
		}
	}
	list = append(list, Buffer{Name: "out", Tensor: &t.Out})
	if t.LSE != nil {
		list = append(list, Buffer{Name: "lse", Tensor: t.LSE})
	}
	for i := range list {
		list[i].Data = list[i].Tensor.Data
		list[i].Bytes = list[i].Tensor.Elements * list[i].Tensor.Size()
		if t.Mask != nil && list[i].Tensor == &t.Mask.Tensor && t.Mask.Bool {
			list[i].Bytes = list[i].Tensor.Elements
		}
	}
	return list
}

// Layouts returns the tensors of a normalized case without memory: shapes, strides and offsets.
func Layouts(c Case) (*Tensors, error) {
	if c.Version == 0 || !c.Input.Valid() {
		return nil, fmt.Errorf("case is not normalized")
	}
	t := &Tensors{
		Q:   layout(c.Layout.Q, c.Input, c.Batch, c.Heads, c.QLen, c.HeadDim),
		K:   layout(c.Layout.K, c.Input, c.Batch, c.KVHeads, c.KVLen, c.HeadDim),
		V:   layout(c.Layout.V, c.Input, c.Batch, c.KVHeads, c.KVLen, c.VDim()),
		Out: layout(c.Layout.Out, c.Output, c.Batch, c.Heads, c.QLen, c.VDim()),
	}
	if c.Paging.Page > 0 {
		for name, t := range map[string]*Tensor{"k": &t.K, "v": &t.V} {
			s := c.OperandShape(name)
			*t = layout(*c.Layout.Operand(name), c.Input, s[0], s[1], s[2], s[3])
			t.Shape = [4]int{c.Batch, c.KVHeads, c.KVLen, s[3]}
		}
		t.Table = c.tableLayout()
		t.Page(c.Paging.Page, c.PageCount())
	}
	c.quantiseLayouts(t)
	if c.LSE {
		lse := layout(Operand{}, precision.FP32, c.Batch, c.Heads, c.QLen, 1)
		t.LSE = &lse
	}
	if c.Mask.IsArray() {
		t.Mask = c.maskLayout()
	}
	if c.Sinks != "" {
		t.Sinks = c.headVector()
	}
	if c.Alibi != "" {
		t.Slopes = c.headVector()
	}
	if c.Ragged() {
		t.Ranges = c.rangesLayout()
	}
	return t, nil
}

// quantiseLayouts makes k and v ones of integers where the case wants that.
func (c *Case) quantiseLayouts(t *Tensors) {
	for _, x := range []struct {
		name          string
		at            *Tensor
		scales, zeros **Tensor
	}{{"k", &t.K, &t.KScales, &t.KZeros}, {"v", &t.V, &t.VScales, &t.VZeros}} {
		format := c.Quant.Of(x.name)
		if format == "" {
			continue
		}
		s, pages := c.OperandShape(x.name), x.at.pages
		*x.at = layout(*c.Layout.Operand(x.name), 0, s[0], s[1], s[2], s[3])
		x.at.Shape, x.at.pages = [4]int{c.Batch, c.KVHeads, c.KVLen, c.columnsOf(x.name)}, pages
		*x.scales, *x.zeros = c.quantLayout(x.at, x.name, format)
	}
}

func layout(o Operand, f precision.Format, batch, heads, rows, cols int) Tensor {
	strides, elements := o.strides(batch, heads, rows, cols)
	return Tensor{
		Format: f, Shape: [4]int{batch, heads, rows, cols}, Strides: strides,
		Offset: o.Offset, Elements: o.Offset + elements,
	}
}

func (c *Case) maskLayout() *MaskArray { return c.maskLayoutOf(c.Mask.Strides) }

func (c *Case) maskLayoutOf(given Strides) *MaskArray {
	m := &MaskArray{Bool: c.Mask.Kind == BoolMask}
	m.Format = c.Mask.Format
	if m.Bool {
		m.Format = precision.FP16 // never read: entries are bytes
	}
	m.Shape = c.maskDims()
	m.Offset = c.Mask.Offset
	if given.Given() {
		m.Strides = given
		m.Elements = m.Offset + int(reach(m.Strides, m.Shape))
		return m
	}
	stride := 1
	for i := 3; i >= 0; i-- {
		if m.Shape[i] != 1 {
			m.Strides[i] = stride
		}
		stride *= max(m.Shape[i], 1)
		if i == 3 {
			stride += c.Mask.Pad
		}
	}
	m.Elements = m.Offset
	if !isEmpty(m.Shape) {
		m.Elements += stride
	}
	return m
}
