package metalpath

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/metal"
)

// wrapping is what a library asks of memory that it wraps without a copy.
type wrapping struct {
	align int  // of the address, in bytes; 0: any
	pages bool // the address lies on a page, and the length is one of whole pages
}

func (o wrapping) aligned() bool { return o.align > smallAlignment || o.pages }

// smallAlignment is what tensors have in any case where they do not begin at an offset.
const smallAlignment = 16

// alignment is what an operand's first element must be a multiple of, counted from where its memory begins.
func (o wrapping) alignment() int {
	if o.pages {
		return metal.WholePage
	}
	return max(o.align, 1)
}

func (o wrapping) words() string {
	switch {
	case o.pages:
		return "whole pages"
	case o.align > 1:
		return fmt.Sprintf("at multiples of %d bytes", o.align)
	}
	return "anywhere"
}

// wrapper wraps the buffers of one call and frees the wraps.
type wrapper struct {
	context  *metal.Context
	wrapping wrapping
	wrapped  []*metal.Buffer
	bare     bool   // tensors without elements have no pointer
	fused    *fused // q, k and v in one buffer; nil: they have their own
}

func (w *wrapper) close() {
	for _, b := range w.wrapped {
		b.Close()
	}
}

func (w *wrapper) wrap(data []byte) (*metal.Buffer, error) { return w.wrapStrided(data, nil, nil) }

// leavesOut reports whether a tensor is given no pointer: a call that leaves out what it may, and one without elements.
func (w *wrapper) leavesOut(t *cases.Tensor) bool { return w.bare && t.Places() == 0 }

// wrapTensor wraps a tensor's memory; nil: it is left out.
func (w *wrapper) wrapTensor(t *cases.Tensor) (*metal.Buffer, error) {
	if w.leavesOut(t) {
		return nil, nil
	}
	return w.wrap(t.Data)
}

func (w *wrapper) wrapStrided(data []byte, shape, strides []int64) (*metal.Buffer, error) {
	make := w.context.WrapStrided
	if w.wrapping.pages {
		make = w.context.WrapPages
	}
	b, err := make(data, shape, strides)
	if err != nil {
		return nil, &wrapError{err}
	}
	w.wrapped = append(w.wrapped, b)
	return b, nil
}

// wrapError is a failure to wrap memory, which shows nothing about what a library computes.
type wrapError struct{ error }

func (e *wrapError) Unwrap() error { return e.error }

// wrapVectors wraps the tensors that are no operands: what each head and each batch entry has of its own.
func (w *wrapper) wrapVectors(o *metal.AttentionOptions, t *cases.Tensors) error {
	for _, v := range []struct {
		name string
		from *cases.Tensor
		to   **metal.Tensor
	}{{"sinks", t.Sinks, &o.Sinks}, {"slopes", t.Slopes, &o.Slopes}, {"ranges", t.Ranges, &o.Ranges}} {
		if v.from == nil {
			continue
		}
		b, err := w.wrapTensor(v.from)
		if err != nil {
			return fmt.Errorf("wrap %s: %w", v.name, err)
		}
		*v.to = &metal.Tensor{Buffer: b}
	}
	if err := w.wrapQuantised(o, t); err != nil || t.Table == nil {
		return err
	}
	b, err := w.wrapTensor(t.Table)
	if err != nil {
		return fmt.Errorf("wrap table: %w", err)
	}
	o.Pages = &metal.Pages{Table: metal.Tensor{Buffer: b}}
	o.Pages.Size, o.Pages.Count = t.K.Paged()
	return nil
}

// wrapQuantised wraps scales and zero points.
func (w *wrapper) wrapQuantised(o *metal.AttentionOptions, t *cases.Tensors) error {
	for _, v := range []struct {
		name                string
		from, scales, zeros *cases.Tensor
		to                  **metal.Quantised
	}{{"k", &t.K, t.KScales, t.KZeros, &o.KQuantised}, {"v", &t.V, t.VScales, t.VZeros, &o.VQuantised}} {
		if !v.from.Quantised() {
			continue
		}
		q := &metal.Quantised{Format: quantFormats[v.from.QuantFormat()]}
		*v.to = q
		for _, part := range []struct {
			name string
			from *cases.Tensor
			to   **metal.Tensor
		}{{"scales", v.scales, &q.Scales}, {"zero points", v.zeros, &q.Zeros}} {
			if part.from == nil {
				continue
			}
			b, err := w.wrapTensor(part.from)
			if err != nil {
				return fmt.Errorf("wrap %s of %s: %w", part.name, v.name, err)
			}
			*part.to = &metal.Tensor{Buffer: b}
		}
	}
	return nil
}

var quantFormats = map[cases.QuantFormat]metal.QuantFormat{
	cases.Int8: metal.Int8, cases.Int4: metal.Int4, cases.Q8_0: metal.Q8_0, cases.Q4_0: metal.Q4_0,
}

func (w *wrapper) wrapLSE(o *metal.AttentionOptions, t *cases.Tensors) error {
	if t.LSE == nil {
		return nil
	}
	b, err := w.wrapTensor(t.LSE)
	if err != nil {
		return fmt.Errorf("wrap lse: %w", err)
	}
	o.LSE = &metal.Tensor{Buffer: b}
	return nil
}
