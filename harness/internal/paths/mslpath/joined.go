package mslpath

import (
	"errors"
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// joined are the tensors whose copies lie in one memory: a cache that holds k and v of a token side by side, or what one
// projection made.
var joined = map[string][]string{"kv": {"k", "v"}, "qkv": {"q", "k", "v"}}

// axis is the letter of the dimension that goes over the parts of joined tensors in their order: "2" of kv, "3" of qkv.
func axis(tensor string) string { return fmt.Sprint(len(joined[tensor])) }

func wantOrder(tensor string) string {
	return fmt.Sprintf("want %s (which of its parts), B, H, S and D, once each and the last varying fastest, such as BS%[1]sHD", axis(tensor))
}

func isJoinedOrder(tensor, order string) bool {
	for _, letter := range "BHSD" + axis(tensor) {
		if strings.Count(order, string(letter)) != 1 {
			return false
		}
	}
	return len(order) == 5
}

// joins is why the parts of a case cannot lie in one memory. Where the parts' axis stands right before the heads, the
// heads of each part follow those of the part before, and there may be another number of them.
func (k *copying) joins(tensor string, c *cases.Case) error {
	if c.VDim() != c.HeadDim {
		return fmt.Errorf("the manifest binds %s in one memory, and v has another head_dim", tensor)
	}
	if tensor != "qkv" {
		return nil
	}
	switch {
	case c.QLen != c.KVLen:
		return errors.New("the manifest binds q, k and v in one memory, and kv_len is not q_len")
	case c.Heads != c.KVHeads && !strings.Contains(k.order, "3H"):
		return fmt.Errorf("the manifest binds q, k and v in one memory as %s, and kv_heads is not heads", k.order)
	case c.Paging.Page > 0:
		return errors.New("the manifest binds q, k and v in one memory, and q has no pages")
	}
	return nil
}

// layouts are where the parts have their elements in the memory of all, which has so many elements.
func (k *copying) layouts(tensor string, shapes [][4]int) (parts []cases.Tensor, elements int) {
	parts = make([]cases.Tensor, len(shapes))
	step := 1
	for i := len(k.order) - 1; i >= 0; i-- {
		dimension := strings.IndexByte("BHSD", k.order[i])
		if dimension < 0 { // the parts, one after the other
			for j := range parts {
				parts[j].Offset = j * step
			}
			step *= len(parts)
			continue
		}
		for j := range parts {
			parts[j].Strides[dimension] = step
		}
		if dimension == 1 && i > 0 && k.order[i-1] == axis(tensor)[0] { // the heads of all parts, of which each has its own number
			heads := 0
			for j, shape := range shapes {
				parts[j].Offset = heads * step
				heads += shape[1]
			}
			step *= heads
			i-- // the parts' axis
			continue
		}
		step *= shapes[0][dimension]
	}
	return parts, step
}

// join makes the memory that holds all parts of a tensor.
func (c *call) join(tensor string, k *copying) (*copyOf, bool, error) {
	var from []*cases.Tensor
	var shapes [][4]int
	for _, name := range joined[tensor] {
		part := c.input(name)
		from, shapes = append(from, part), append(shapes, c.storedShape(part))
	}
	format := k.format(c.problem.Input)
	parts, elements := k.layouts(tensor, shapes)
	made := &copyOf{tensor: cases.Tensor{Format: format, Elements: elements}}
	if err := c.room(made, format.Size()); err != nil {
		return nil, false, err
	}
	for i := range parts {
		to := &parts[i]
		to.Format, to.Shape, to.Elements, to.Data = format, from[i].Shape, elements, made.tensor.Data
		c.keepPages(to, from[i])
	}
	for i := range parts { // after the pages of all parts were cleared: they lie in one memory
		transfer(&parts[i], from[i])
	}
	return made, true, nil
}
