// Package metalpath puts Metal attention under test: package metal's Attention over a device of this machine, as path
// "host", or over any shared library with the mfa C ABI, as path "lib:FILE". Tensors are wrapped where they lie and
// never copied.
package metalpath

import (
	"context"
	"errors"
	"fmt"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/metal"
	"attest.example/attest/reference"
)

// Path is attention through a metal context.
type Path struct {
	name     string
	math     metal.Math
	contexts interface {
		NewContext() (*metal.Context, error)
	}
	context     *metal.Context
	description paths.Description
	device      *metal.Device // nil: out of reach
	processors  int           // of a host device
	supports    func(cases.Case) error
	plain       *plainABI                      // of a library called without descriptors
	reports     func() ([]metal.Report, error) // of a device with checkers; nil: it has none
	close       func()
}

// Name is what --path takes.
func (p *Path) Name() string { return p.name }

// Describe tells the device and its compiler.
func (p *Path) Describe() paths.Description { return p.description }

// keyBlock is how many keys the kernel takes between two rescalings of its accumulators.
const keyBlock = 32

// Arithmetic is that of metal/kernels/attention.metal: fp32 scores, sums and accumulators; probabilities rounded to
// the intermediate format before they meet v. Its exponential is exp2 of a product, within 4 ulp; the fast one of
// Metal's table, 3 + floor(|2x|), may also flush subnormals and assumes NaN and Inf away.
func (p *Path) Arithmetic(c cases.Case) reference.Arithmetic {
	a := reference.Arithmetic{
		In: paths.FormatOf(c.Input), Acc: reference.FP32, Out: paths.FormatOf(c.Output),
		Exp: reference.ExpError{A: 4}, Block: keyBlock, Deterministic: true,
	}
	if c.Intermediate != 0 {
		a.Probs = paths.FormatOf(c.Intermediate)
	}
	if p.math == metal.MathFast {
		a.Exp = reference.ExpError{A: 4, B: 2}
		a.FlushSubnormals, a.FiniteMath = true, true
	}
	return a
}

// Promises is everything, but that under fast math NaN and Inf lead anywhere.
func (p *Path) Promises(cases.Case) paths.Promises {
	promises := paths.AllPromises()
	promises.NaN = p.math != metal.MathFast
	return promises
}

// Supports is nil, or why the library cannot be asked for the case.
func (p *Path) Supports(c cases.Case) error {
	if p.supports == nil {
		return nil
	}
	return p.supports(c)
}

// Reset starts over with a new context: no pipeline is in memory, no scratch, no counter.
func (p *Path) Reset(context.Context) error {
	if p.context != nil {
		p.context.Close()
		p.context = nil
	}
	var err error
	p.context, err = p.contexts.NewContext()
	return err
}

// Close frees the context and the device.
func (p *Path) Close() error {
	if p.context != nil {
		p.context.Close()
		p.context = nil
	}
	if p.close != nil {
		p.close()
	}
	return nil
}

// Attend wraps the tensors, runs the kernel once and waits.
func (p *Path) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	if p.context == nil {
		if err := p.Reset(ctx); err != nil {
			return paths.Timing{}, err
		}
	}
	w := wrapper{context: p.context, plain: p.plain}
	defer w.close()
	options, err := w.options(c, t)
	if err != nil {
		return paths.Timing{}, refusal(err)
	}
	options.Math = p.math
	if deadline, ok := ctx.Deadline(); ok {
		options.Deadline = max(time.Until(deadline), time.Millisecond)
	}
	attention, err := p.context.NewAttention(options)
	if err != nil {
		return paths.Timing{}, refusal(err)
	}
	defer attention.Close()
	err = attention.Forward()
	if seen := p.seen(); seen != nil {
		return paths.Timing{}, seen // what the checkers saw explains a failure better than its own text
	}
	if err != nil {
		if ctx.Err() != nil {
			return paths.Timing{}, errors.Join(ctx.Err(), err)
		}
		return paths.Timing{}, refusal(err)
	}
	timing := attention.Timing()
	if timing.BytesCopied != 0 {
		return paths.Timing{}, fmt.Errorf("the library copied %d bytes; it promises none", timing.BytesCopied)
	}
	return paths.Timing{
		DeviceSeconds:  append([]float64(nil), timing.GPU...),
		CompileSeconds: timing.Compile.Seconds(),
		Cached:         timing.Cached,
	}, nil
}

// seen gives what the checkers saw during the last call; nil where they saw nothing, or there are none.
func (p *Path) seen() error {
	if p.reports == nil {
		return nil
	}
	reports, err := p.reports()
	if err != nil || len(reports) == 0 {
		return err
	}
	return &CheckerError{reports}
}

// wrapper wraps the buffers of one call and gives them back.
type wrapper struct {
	context *metal.Context
	plain   *plainABI
	wrapped []*metal.Buffer
}

func (w *wrapper) close() {
	for _, b := range w.wrapped {
		b.Close()
	}
}

func (w *wrapper) wrap(data []byte) (*metal.Buffer, error) {
	b, err := w.context.Wrap(data)
	if err == nil {
		w.wrapped = append(w.wrapped, b)
	}
	return b, err
}

func (w *wrapper) tensor(o cases.Operand, t *cases.Tensor) (metal.Tensor, error) {
	if w.plain != nil {
		return w.plain.tensor(w, o, t)
	}
	b, err := w.wrap(t.Data)
	if err != nil {
		return metal.Tensor{}, err
	}
	return metal.Tensor{Buffer: b, Offset: t.Offset * t.Format.Size(), Strides: strides64(t.Strides)}, nil
}

func strides64(s [4]int) [4]int64 {
	return [4]int64{int64(s[0]), int64(s[1]), int64(s[2]), int64(s[3])}
}

func (w *wrapper) options(c cases.Case, t *cases.Tensors) (*metal.AttentionOptions, error) {
	o := &metal.AttentionOptions{
		Batch: c.Batch, Heads: c.Heads, KVHeads: c.KVHeads, QLen: c.QLen, KVLen: c.KVLen, HeadDim: c.HeadDim,
		Scale: c.EffectiveScale(), Input: precisionOf(c.Input), Output: precisionOf(c.Output),
		Intermediate: metal.FP32, Causal: c.Mask.IsCausal(),
	}
	if c.Intermediate != 0 {
		o.Intermediate = precisionOf(c.Intermediate)
	}
	if c.Mask.Align == cases.BottomRight && c.QLen != c.KVLen { // both alignments are one where the lengths are
		o.Align = metal.BottomRight
	}
	if c.Mask.IsWindow() {
		o.Window = &metal.Window{Left: side(c.Mask.Left), Right: side(c.Mask.Right)}
	}
	for _, operand := range []struct {
		name   string
		layout cases.Operand
		from   *cases.Tensor
		to     *metal.Tensor
	}{{"q", c.Layout.Q, &t.Q, &o.Q}, {"k", c.Layout.K, &t.K, &o.K}, {"v", c.Layout.V, &t.V, &o.V}, {"out", c.Layout.Out, &t.Out, &o.Out}} {
		var err error
		if *operand.to, err = w.tensor(operand.layout, operand.from); err != nil {
			return nil, fmt.Errorf("wrap %s: %w", operand.name, err)
		}
	}
	if t.LSE != nil {
		b, err := w.wrap(t.LSE.Data)
		if err != nil {
			return nil, fmt.Errorf("wrap lse: %w", err)
		}
		o.LSE = &metal.Tensor{Buffer: b}
	}
	if t.Mask != nil {
		mask, err := w.mask(t.Mask)
		if err != nil {
			return nil, fmt.Errorf("wrap mask: %w", err)
		}
		o.Mask = mask
	}
	return o, nil
}

func (w *wrapper) mask(m *cases.MaskArray) (*metal.Mask, error) {
	out := &metal.Mask{Type: metal.MaskBool, Scalar: metal.MaskByte}
	size := 1
	if !m.Bool {
		size = m.Format.Size()
		out.Type = metal.MaskAdditive
		out.Scalar = map[precision.Format]metal.MaskScalar{
			precision.FP16: metal.MaskFP16, precision.BF16: metal.MaskBF16, precision.FP32: metal.MaskFP32,
		}[m.Format]
	}
	for i := range m.Shape {
		out.Shape = append(out.Shape, int64(m.Shape[i]))
		out.Strides = append(out.Strides, int64(m.Strides[i]))
	}
	// The buffer starts at the first entry, wherever that lies: an unaligned pointer is part of what is tested.
	var err error
	out.Buffer, err = w.wrap(m.Data[m.Offset*size:])
	return out, err
}

func precisionOf(f precision.Format) metal.Precision {
	switch f {
	case precision.FP16:
		return metal.FP16
	case precision.BF16:
		return metal.BF16
	}
	return metal.FP32
}

func side(bound int) uint32 {
	if bound < 0 {
		return metal.Unbounded
	}
	return uint32(bound)
}
