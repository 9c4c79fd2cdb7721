package metalpath

import (
	"context"
	"fmt"
	"math"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/metal"
)

// plainLibrary is a library that is called by the functions of the mfa ABI alone.
type plainLibrary struct {
	*library
	convention convention
	missing    []string            // functions
	refused    map[feature]error   // what it refused when probed
	steps      [len(sizeNames)]int // what sizes must be multiples of; 0: found out for none
	stepError  error               // how it refused others
	findings   []paths.Finding
}

// convention is what a library means by the ABI's calls where headers differ or callees err. The zero value is the
// header's: mfa.h.
type convention struct {
	order       cases.Order // of contiguous memory; "": BHSD
	codes       codes       // of the formats
	base2       bool        // the logsumexp is a logarithm to base 2
	bottomRight bool        // a causal mask ends at the last key where the lengths differ
	maskless    bool        // mfa_attention_forward has no mask arguments
}

func (c convention) layoutWords() string {
	if c.order == cases.BSHD {
		return "BSHD"
	}
	return "BHSD"
}

func (c convention) baseWords() string {
	if c.base2 {
		return "base 2"
	}
	return "natural"
}

func (c convention) causalWords() string {
	if c.bottomRight {
		return "bottom-right"
	}
	return "top-left"
}

// Describe also tells in what the library differs from the header.
func (a *plainLibrary) Describe() paths.Description {
	d := a.library.Describe()
	for _, f := range a.findings {
		if f.Notable {
			d.Device += fmt.Sprintf(", %s %s", f.What, f.Found)
		}
	}
	return d
}

// Knows is false: the plain functions have no place for anything that came later.
func (a *plainLibrary) Knows(string) bool { return false }

// Findings are those of the probe that was made when the library was opened.
func (a *plainLibrary) Findings(context.Context, *Path) []paths.Finding { return a.findings }

const (
	stridesFunction = "mfa_buffer_from_ptr_with_strides"
	lseFunction     = "mfa_attention_forward_with_lse"
)

func (a *plainLibrary) lacks(function string) bool { return slices.Contains(a.missing, function) }

// Supports returns what the functions of the ABI cannot express, what the library lacks, and what it refused when probed.
func (a *plainLibrary) Supports(c cases.Case) error {
	if err := a.inexpressible(c); err != nil {
		return err
	}
	for i, n := range sizesOf(&c) {
		if step := a.steps[i]; step > 1 && *n%step != 0 {
			return fmt.Errorf("%s %d: the library takes multiples of %d, as it seems: others were refused when probed: %w", sizeNames[i], *n, step, a.stepError)
		}
	}
	for _, f := range featuresOf(c, a.convention.order) {
		if err := a.refused[f]; err != nil {
			return fmt.Errorf("%s: refused when probed: %w", f, err)
		}
	}
	return nil
}

func (a *plainLibrary) inexpressible(c cases.Case) error {
	bottomRight := c.Mask.Align == cases.BottomRight
	switch {
	case c.KVHeads != c.Heads:
		return fmt.Errorf("kv_heads %d: the ABI without descriptors has as many as heads, %d", c.KVHeads, c.Heads)
	case c.Mask.IsWindow():
		return fmt.Errorf("a window: the ABI without descriptors has none")
	case c.Mask.Strides.Given() && c.Mask.Shape[3] != '1' && c.Mask.Strides[3] != 1:
		return fmt.Errorf("mask.strides %s: the last must be 1 in the ABI without descriptors", c.Mask.Strides)
	case c.HeadDim > math.MaxUint16:
		return fmt.Errorf("head_dim %d: the ABI without descriptors has 16 bits for it", c.HeadDim)
	case c.Mask.IsCausal() && c.QLen != c.KVLen && bottomRight != a.convention.bottomRight:
		return fmt.Errorf("causal %s with q_len %d and kv_len %d: the library is %s", c.Mask.Align, c.QLen, c.KVLen, a.convention.causalWords())
	case c.Mask.IsArray() && a.convention.maskless:
		return fmt.Errorf("a mask: mfa_attention_forward of the library has no mask arguments")
	case c.LSE && a.lacks(lseFunction):
		return fmt.Errorf("logsumexp: the library lacks %s", lseFunction)
	case c.LSE && c.Mask.IsArray():
		return fmt.Errorf("logsumexp with a mask: the ABI without descriptors has no such function")
	case c.LSE && c.Output != c.Input:
		return fmt.Errorf("logsumexp with output %s and input %s: the ABI's function for it has one precision", c.Output, c.Input)
	}
	for _, o := range []struct {
		name    string
		operand cases.Operand
		format  precision.Format
	}{{"q", c.Layout.Q, c.Input}, {"k", c.Layout.K, c.Input}, {"v", c.Layout.V, c.Input}, {"out", c.Layout.Out, c.Output}} {
		if err := a.supportsLayout(o.operand, o.format.Size()); err != nil {
			return fmt.Errorf("layout.%s: %w", o.name, err)
		}
	}
	return nil
}

func (a *plainLibrary) supportsLayout(o cases.Operand, size int) error {
	order := a.convention.order
	strided := o.Pad != 0 || !o.Transpose && o.Order != order || o.Strides.Given()
	switch {
	case o.Strides.Given() && o.Strides[3] != 1:
		return fmt.Errorf("strides %s: the last must be 1 in the ABI without descriptors", o.Strides)
	case o.Transpose && (o.Pad != 0 || order == cases.BSHD):
		return fmt.Errorf("a transposed operand with slack or of a BSHD library: the ABI without descriptors has none")
	case strided && order == cases.BSHD:
		return fmt.Errorf("strides: only contiguous BSHD operands are passed to a library that means BSHD")
	case strided && a.lacks(stridesFunction):
		return fmt.Errorf("strides: the library lacks %s", stridesFunction)
	case o.Offset*size%a.wrap.alignment() != 0:
		return fmt.Errorf("offset %d: the ABI without descriptors has no offsets, and the library wraps memory only %s", o.Offset, a.wrap.words())
	}
	return nil
}

// Express passes contiguous operands as plain memory that begins at their first element, others with strides, and a
// mask as a pointer.
func (a *plainLibrary) Express(w *wrapper, c cases.Case, t *cases.Tensors) (*metal.AttentionOptions, error) {
	w.wrapping = a.wrap
	o := optionsOf(c)
	o.Align = metal.TopLeft // the ABI has no word for it; which of the two a library means, Supports knows
	o.Input, o.Output, o.Intermediate = a.convention.codes.of(c.Input), a.convention.codes.of(c.Output), a.convention.codes.of(precision.FP32)
	if c.Intermediate != 0 {
		o.Intermediate = a.convention.codes.of(c.Intermediate)
	}
	for _, operand := range operandsOf(o, c, t) {
		var err error
		if *operand.to, err = a.tensor(w, operand.layout, operand.from); err != nil {
			return nil, fmt.Errorf("wrap %s: %w", operand.name, err)
		}
	}
	if t.Mask != nil {
		o.Mask = a.mask(t.Mask)
	}
	return o, w.wrapLSE(o, t)
}

func (a *plainLibrary) tensor(w *wrapper, o cases.Operand, t *cases.Tensor) (metal.Tensor, error) {
	memory := t.Data[t.Offset*t.Format.Size():]
	if o.Transpose || o.Pad == 0 && o.Order == a.convention.order && !o.Strides.Given() {
		b, err := w.wrap(memory)
		return metal.Tensor{Buffer: b, Transposed: o.Transpose}, err
	}
	shape, strides := make([]int64, 4), make([]int64, 4)
	for i := range shape {
		shape[i], strides[i] = int64(t.Shape[i]), int64(t.Strides[i])
	}
	b, err := w.wrapStrided(memory, shape, strides)
	return metal.Tensor{Buffer: b}, err
}

// mask leaves the strides away where they are the contiguous ones: a library may well take no others.
func (a *plainLibrary) mask(m *cases.MaskArray) *metal.Mask {
	mask, memory := maskOf(m)
	mask.Memory = memory
	stride := int64(1)
	for i := 3; i >= 0; i-- {
		if mask.Shape[i] > 1 && mask.Strides[i] != stride {
			return mask
		}
		stride *= mask.Shape[i]
	}
	mask.Strides = nil
	return mask
}

// Finish makes a logsumexp to base 2 a natural one. What is no finite number stays as it is: it too has to be judged.
func (a *plainLibrary) Finish(t *cases.Tensors) {
	if t.LSE == nil || !a.convention.base2 {
		return
	}
	for i := range t.LSE.Elements {
		if x := t.LSE.Format.Get(t.LSE.Data, i); !math.IsNaN(x) && !math.IsInf(x, 0) {
			t.LSE.Format.Put(t.LSE.Data, i, x*math.Ln2)
		}
	}
}
