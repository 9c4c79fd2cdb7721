package mslpath

import (
	"fmt"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/metal"
)

// fullMask is what the mask of any kind adds to the logits, written out as [batch, heads, q_len, kv_len]: for kernels
// that know causal masks and windows only as arrays.
const fullMask = "full_mask"

// copying describes what a binding makes of a tensor before it is bound, and of an output afterwards: a contiguous copy in a
// format and an order of its own.
type copying struct {
	as    string // half, bfloat, float; bool of masks; "": the tensor's own format
	order string // BHSD or BSHD; of joined tensors see joinedOrder
}

var copyFormats = map[string]precision.Format{"half": precision.FP16, "bfloat": precision.BF16, "float": precision.FP32}

func (m *manifest) copying(l *loader, path string, b *binding) *copying {
	if b.As == "" && b.Order == "" {
		if b.Tensor == fullMask {
			l.wrong(path+".as", "is missing; want the format of its entries: half, bfloat, float or bool")
		}
		if joined[b.Tensor] != nil {
			l.wrong(path+".order", "is missing; %s", wantOrder(b.Tensor))
		}
		return nil
	}
	if b.Tensor == "" {
		l.wrong(path, "only a tensor has as and order")
	}
	isMask := b.Tensor == "mask" || b.Tensor == fullMask
	if _, known := copyFormats[b.As]; !known && b.As != "" && !(b.As == "bool" && isMask) {
		l.wrong(path+".as", "%q: want half, bfloat or float, or bool of a mask", b.As)
	}
	switch {
	case joined[b.Tensor] != nil:
		if !isJoinedOrder(b.Tensor, b.Order) {
			l.wrong(path+".order", "%q: %s", b.Order, wantOrder(b.Tensor))
		}
	case b.Order != "" && b.Order != "BHSD" && b.Order != "BSHD":
		l.wrong(path+".order", "%q: want BHSD or BSHD", b.Order)
	}
	if slices.Contains(asTheyLie, b.Tensor) {
		l.wrong(path, "%s has no as and no order: it is bound as it lies", b.Tensor)
	}
	if b.Order == "BSHD" && isMask {
		l.wrong(path+".order", "a mask is copied as BHSD")
	}
	return &copying{b.As, b.Order}
}

// asTheyLie are tensors that are never copied.
var asTheyLie = []string{"k_scales", "k_zeros", "v_scales", "v_zeros", "sinks", "slopes", "ranges", "table"}

// takes is an error where the copy of a tensor would not hold its values, or an output could not be as precise as the
// case wants it.
func (k *copying) takes(tensor string, c *cases.Case) error {
	if parts := joined[tensor]; parts != nil {
		if err := k.joins(tensor, c); err != nil {
			return err
		}
		for _, part := range parts {
			if err := k.takes(part, c); err != nil {
				return err
			}
		}
		return nil
	}
	to, isFormat := copyFormats[k.as]
	if c.Quant.Of(tensor) != "" && k.as != "float" {
		return fmt.Errorf("the manifest passes a copy of %s on that does not hold what its integers stand for; as = \"float\" does", tensor)
	}
	of := map[string]precision.Format{"q": c.Input, "k": c.Input, "v": c.Input, "out": c.Output, "lse": precision.FP32}[tensor]
	if tensor == "mask" || tensor == fullMask {
		if k.as == "bool" && c.Mask.Kind == cases.AdditiveMask {
			return fmt.Errorf("the manifest passes %s on as bool, and the mask is additive", tensor)
		}
		if c.Mask.Kind != cases.AdditiveMask { // 0 and -Inf, which every format has
			return nil
		}
		of = c.Mask.Format
	}
	if isFormat && to != of && to != precision.FP32 {
		return fmt.Errorf("the manifest passes %s on as %s, which does not hold every %s", tensor, k.as, of)
	}
	return nil
}

// layout is where the copy of a tensor of some shape has its elements.
func (k *copying) layout(format precision.Format, shape [4]int) cases.Tensor {
	t := cases.Tensor{Format: format, Shape: shape}
	order := []int{3, 2, 1, 0}
	if k.order == "BSHD" {
		order = []int{3, 1, 2, 0}
	}
	step := 1
	for _, dimension := range order {
		t.Strides[dimension] = step
		step *= shape[dimension]
	}
	t.Elements = step
	return t
}

// copyOf is a tensor of the call as a binding wants it.
type copyOf struct {
	tensor cases.Tensor
	memory *metal.Memory
	output *cases.Tensor // to be filled from it after the passes; nil of an input
}

// copied is the memory of a tensor's copy, made once in a call; nil where the case has no such tensor.
func (c *call) copied(name string, k *copying) (*metal.Memory, error) {
	key := fmt.Sprintf("%s %s %s", name, k.as, k.order)
	if made, ok := c.copies[key]; ok {
		return made.memory, nil
	}
	made, there, err := c.copy(name, k)
	if err != nil || !there {
		return nil, err
	}
	c.copies[key] = made
	return made.memory, nil
}

func (c *call) copy(name string, k *copying) (*copyOf, bool, error) {
	var from *cases.Tensor
	switch name {
	case "q", "k", "v":
		from = c.input(name)
	case "out":
		from = &c.tensors.Out
	case "lse":
		from = c.tensors.LSE
	case "mask", fullMask:
		return c.copiedMask(name, k)
	case "kv", "qkv":
		return c.join(name, k)
	default: // see asTheyLie
		return nil, false, fmt.Errorf("tensor %q is never copied", name)
	}
	if from == nil {
		return nil, false, nil
	}
	format := k.format(from.Format)
	made := &copyOf{tensor: k.layout(format, c.storedShape(from))}
	made.tensor.Shape = from.Shape
	if err := c.room(made, format.Size()); err != nil {
		return nil, false, err
	}
	if name == "out" || name == "lse" {
		made.output = from
		made.tensor.Poison()
		return made, true, nil
	}
	c.keepPages(&made.tensor, from)
	transfer(&made.tensor, from)
	return made, true, nil
}

// input is q, k or v.
func (c *call) input(name string) *cases.Tensor {
	t := c.tensors
	return map[string]*cases.Tensor{"q": &t.Q, "k": &t.K, "v": &t.V}[name]
}

// format is that of a copy, where the tensor has its own.
func (k *copying) format(own precision.Format) precision.Format {
	if f, ok := copyFormats[k.as]; ok {
		return f
	}
	return own
}

// storedShape is the shape of a copy in memory. k and v in pages stay there where the manifest binds the table, and are
// copied into one piece where it does not.
func (c *call) storedShape(from *cases.Tensor) [4]int {
	if !c.staysPaged(from) {
		return from.Shape
	}
	shape := from.Stored()
	shape[3] = from.Shape[3] // numbers, also of what is stored as bytes
	return shape
}

func (c *call) staysPaged(from *cases.Tensor) bool {
	page, _ := from.Paged()
	return page > 0 && c.path.manifest.binds("table")
}

// keepPages makes a copy that has the shape of storedShape one in the pages of its tensor. What no entry's keys are in those
// pages is slack, as it is there.
func (c *call) keepPages(to, from *cases.Tensor) {
	if c.staysPaged(from) {
		to.PageLike(from)
		to.Clear()
	}
}

// room makes the memory of a copy on the device.
func (c *call) room(made *copyOf, size int) error {
	if made.tensor.Elements == 0 { // it has none, and is a null pointer to the kernel
		made.tensor.Data = []byte{}
		return nil
	}
	m, err := c.path.device.NewMemory(made.tensor.Elements * size)
	if err != nil {
		return err
	}
	made.tensor.Data, made.memory = m.Bytes(), m
	return nil
}

func transfer(to, from *cases.Tensor) {
	for b := range to.Shape[0] {
		for h := range to.Shape[1] {
			for r := range to.Shape[2] {
				for d := range to.Shape[3] {
					to.Set(b, h, r, d, from.At(b, h, r, d))
				}
			}
		}
	}
}

// bringBack fills the outputs that were bound as copies.
func (c *call) bringBack() {
	for _, made := range c.copies {
		if made.output != nil {
			transfer(made.output, &made.tensor)
		}
	}
}

// copiesTake is why a case is not supported whose operands the manifest's copies do not hold.
func (m *manifest) copiesTake(c *cases.Case) error {
	for _, pass := range m.passes {
		for _, b := range pass.bindings {
			if b.copied == nil {
				continue
			}
			if err := b.copied.takes(b.tensor, c); err != nil {
				return paths.Unsupported("%w", err)
			}
		}
	}
	return nil
}
