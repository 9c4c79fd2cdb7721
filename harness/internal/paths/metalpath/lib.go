package metalpath

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

// OpenLibrary gives the path over a shared library with the mfa C ABI. One without the descriptor extension, or any
// with plain, is called by the ABI's own functions; which layout it means by them is then probed.
func OpenLibrary(ctx context.Context, name, file string, plain bool) (*Path, error) {
	library, err := metal.Open(file)
	if err != nil {
		return nil, err
	}
	p := &Path{name: name, contexts: library}
	toolchain := "mfa " + library.Version()
	if missing := library.Missing(); len(missing) > 0 {
		toolchain += ", without " + strings.Join(missing, ", ")
	}
	device := file
	if p.device, err = library.Device(); err == nil {
		p.close = p.device.Close
		if info, err := p.device.Info(); err == nil {
			device, toolchain = info.Name, toolchain+", "+info.Toolchain
		}
	}
	if plain || !library.HasDescriptor() {
		library = library.WithoutDescriptor()
		p.contexts, p.plain = library, &plainABI{missing: library.Missing()}
		p.supports = p.plain.supports
		if err := p.probeLayout(ctx); err != nil {
			p.Close()
			return nil, err
		}
		device += ", layout " + p.plain.words()
	}
	p.description = paths.Description{Device: device, Toolchain: toolchain}
	return p, nil
}

// plainABI is a library that is called by the functions of the mfa ABI alone.
type plainABI struct {
	missing []string
	order   cases.Order // what the library takes contiguous memory for; "": BHSD
	unknown bool        // neither layout gave the right output
}

func (a *plainABI) words() string {
	switch {
	case a.unknown:
		return "unknown: a probe was right in neither BHSD nor BSHD, BHSD is assumed"
	case a.order == cases.BSHD:
		return "BSHD"
	}
	return "BHSD"
}

const stridesFunction = "mfa_buffer_from_ptr_with_strides"

// supports says what the functions of the ABI cannot express.
func (a *plainABI) supports(c cases.Case) error {
	switch {
	case c.KVHeads != c.Heads:
		return fmt.Errorf("kv_heads %d: the ABI without descriptors has as many as heads, %d", c.KVHeads, c.Heads)
	case c.Mask.IsWindow():
		return fmt.Errorf("a window: the ABI without descriptors has none")
	case c.Mask.IsCausal() && c.Mask.Align == cases.BottomRight && c.QLen != c.KVLen:
		return fmt.Errorf("causal bottom-right with q_len %d and kv_len %d: the ABI without descriptors is top-left", c.QLen, c.KVLen)
	case c.LSE && c.Mask.IsArray():
		return fmt.Errorf("logsumexp with a mask: the ABI without descriptors has no such function")
	case c.LSE && c.Output != c.Input:
		return fmt.Errorf("logsumexp with output %s and input %s: the ABI's function for it has one precision", c.Output, c.Input)
	}
	for _, o := range []struct {
		name    string
		operand cases.Operand
	}{{"q", c.Layout.Q}, {"k", c.Layout.K}, {"v", c.Layout.V}, {"out", c.Layout.Out}} {
		if err := a.supportsLayout(o.name, o.operand); err != nil {
			return err
		}
	}
	return nil
}

func (a *plainABI) supportsLayout(name string, o cases.Operand) error {
	strided := o.Pad != 0 || !o.Transpose && o.Order != a.order
	switch {
	case o.Transpose && (o.Pad != 0 || a.order == cases.BSHD):
		return fmt.Errorf("layout.%s: a transposed operand with slack or of a BSHD library: the ABI without descriptors has none", name)
	case strided && a.order == cases.BSHD:
		return fmt.Errorf("layout.%s: strides: only contiguous BSHD operands are passed to a library that means BSHD", name)
	case strided && slices.Contains(a.missing, stridesFunction):
		return fmt.Errorf("layout.%s: strides: the library lacks %s", name, stridesFunction)
	}
	return nil
}

// tensor passes an operand: plain memory where it is contiguous in the library's layout, else with strides.
func (a *plainABI) tensor(w *wrapper, o cases.Operand, t *cases.Tensor) (metal.Tensor, error) {
	memory := t.Data[t.Offset*t.Format.Size():]
	if o.Transpose || o.Pad == 0 && o.Order == a.order {
		b, err := w.wrap(memory)
		return metal.Tensor{Buffer: b, Transposed: o.Transpose}, err
	}
	shape, strides := make([]int64, 4), make([]int64, 4)
	for i := range shape {
		shape[i], strides[i] = int64(t.Shape[i]), int64(t.Strides[i])
	}
	b, err := w.context.WrapStrided(memory, shape, strides)
	if err != nil {
		return metal.Tensor{}, err
	}
	w.wrapped = append(w.wrapped, b)
	return metal.Tensor{Buffer: b}, nil
}
