package onnx

import (
	"fmt"
	"math"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// Check is a vector as an attention problem: the case has its shape, the tensors hold its values, and Want is what
// ONNX stored as the answer, contiguous [batch, heads, q_len, head_dim].
type Check struct {
	Case    cases.Case
	Tensors *cases.Tensors
	Want    []float64
	Notes   []string // what was done to it: "mask as an array of shape b1qk"
}

// Fill writes the vector's inputs into tensors of the check's case, wherever they lie.
func (c *Check) Fill(t *cases.Tensors) {
	into := t.Buffers()
	for i, from := range c.Tensors.Buffers() {
		if from.Name != "out" && from.Name != "lse" {
			copy(into[i].Data, from.Data[:from.Bytes])
		}
	}
}

// Answer writes the stored answer into an output of the check's case.
func (c *Check) Answer(out *cases.Tensor) {
	fill(out, &tensor{dims: out.Shape[:], data: c.Want})
}

// known attributes; another one may mean anything.
var known = map[string]bool{
	"is_causal": true, "q_num_heads": true, "kv_num_heads": true, "scale": true, "softcap": true,
	"qk_matmul_output_mode": true, "softmax_precision": true,
}

// Express makes a check of the vector. A reason names what a case cannot; then there is no check.
func (v *Vector) Express() (check *Check, reason string, err error) {
	if v.operator != "Attention" || v.nodes != 1 {
		return nil, fmt.Sprintf("the model has %d nodes, the last of them %s; want one Attention", v.nodes, v.operator), nil
	}
	for name := range v.numbers {
		if !known[name] {
			return nil, "attribute " + name, nil
		}
	}
	q, k, val, y, err := v.operands()
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", v.Name, err)
	}
	if q.kind.format() == 0 || k.kind != q.kind || val.kind != q.kind {
		return nil, fmt.Sprintf("operands of the element types %d, %d and %d", q.kind, k.kind, val.kind), nil
	}
	check = &Check{}
	scale := float32(1 / math.Sqrt(float64(q.dims[3])))
	if s, ok := v.numbers["scale"]; ok {
		scale = float32(s)
	}
	c := cases.Case{
		Version: cases.Version, Batch: q.dims[0], Heads: q.dims[1], KVHeads: k.dims[1], QLen: q.dims[2], KVLen: k.dims[2],
		HeadDim: q.dims[3], VHeadDim: val.dims[3], Input: q.kind.format(), Output: q.kind.format(), Scale: &scale,
		Softcap: float32(v.numbers["softcap"]),
	}
	m := v.mask(&c)
	if err := c.Normalize(); err != nil && c.Mask.Shape != "" {
		c.Mask.Shape = "bhqk" // a case cannot say every broadcast shape
	}
	if err := c.Normalize(); err != nil {
		return nil, strings.TrimPrefix(err.Error(), "case: "), nil
	}
	check.Case, check.Tensors = c, cases.Materialize(c)
	fill(&check.Tensors.Q, q)
	fill(&check.Tensors.K, k)
	fill(&check.Tensors.V, val)
	if t := check.Tensors.Mask; t != nil {
		if m.kind() == cases.BoolMask {
			check.Notes = append(check.Notes, "mask as an array of shape "+c.Mask.Shape)
		}
		m.store(t)
	}
	if check.Tensors.Ranges != nil {
		m.storeLengths(check.Tensors)
	}
	check.Want = y.data
	return check, "", nil
}

// operands returns q, k, v and the answer as [batch, heads, rows, head_dim], the cache before k and v.
func (v *Vector) operands() (q, k, val, y *tensor, err error) {
	if q, err = v.heads("Q", "q_num_heads"); err != nil {
		return
	}
	if k, err = v.heads("K", "kv_num_heads"); err != nil {
		return
	}
	if val, err = v.heads("V", "kv_num_heads"); err != nil {
		return
	}
	if y, err = v.heads("Y", "q_num_heads"); err != nil {
		return
	}
	if past := v.tensors["past_key"]; past != nil {
		pastValue := v.tensors["past_value"]
		if len(past.dims) != 4 || pastValue == nil || len(pastValue.dims) != 4 {
			return nil, nil, nil, nil, fmt.Errorf("past_key and past_value: want 4 dimensions each: %w", errLength)
		}
		if k, err = after(past, k); err != nil {
			return
		}
		val, err = after(pastValue, val)
	}
	if err == nil && (q.dims[0] != k.dims[0] || k.dims[1] != val.dims[1] || k.dims[2] != val.dims[2] || q.dims[3] != k.dims[3] ||
		k.dims[1] == 0 || q.dims[1]%max(k.dims[1], 1) != 0 || y.dims[2] != q.dims[2] || y.dims[3] != val.dims[3]) {
		err = fmt.Errorf("Q %v, K %v, V %v, Y %v: %w", q.dims, k.dims, val.dims, y.dims, errLength)
	}
	return
}

// heads returns a tensor as [batch, heads, rows, head_dim]. Three-dimensional ones are [batch, rows, heads*head_dim].
func (v *Vector) heads(name, attribute string) (*tensor, error) {
	t := v.tensors[name]
	if len(t.dims) == 4 {
		return t, nil
	}
	heads := int(v.numbers[attribute])
	if len(t.dims) != 3 || heads < 1 || t.dims[2]%heads != 0 {
		return nil, fmt.Errorf("%s has the shape %v and %s is %d: %w", name, t.dims, attribute, heads, errLength)
	}
	batch, rows, dim := t.dims[0], t.dims[1], t.dims[2]/heads
	out := &tensor{dims: []int{batch, heads, rows, dim}, kind: t.kind}
	for b := range batch {
		for h := range heads {
			for r := range rows {
				at := ((b*rows+r)*heads + h) * dim
				out.data = append(out.data, t.data[at:at+dim]...)
			}
		}
	}
	return out, nil
}

// after joins two tensors along the rows.
func after(a, b *tensor) (*tensor, error) {
	if a.dims[0] != b.dims[0] || a.dims[1] != b.dims[1] || a.dims[3] != b.dims[3] {
		return nil, fmt.Errorf("a cache of shape %v before %v: %w", a.dims, b.dims, errLength)
	}
	out := &tensor{dims: []int{b.dims[0], b.dims[1], a.dims[2] + b.dims[2], b.dims[3]}, kind: b.kind}
	na, nb := a.dims[2]*a.dims[3], b.dims[2]*b.dims[3]
	for i := range b.dims[0] * b.dims[1] {
		out.data = append(append(out.data, a.data[i*na:(i+1)*na]...), b.data[i*nb:(i+1)*nb]...)
	}
	return out, nil
}

func fill(into *cases.Tensor, from *tensor) {
	values := from.data
	for b := range into.Shape[0] {
		for h := range into.Shape[1] {
			for r := range into.Shape[2] {
				for d := range into.Shape[3] {
					into.Set(b, h, r, d, values[0])
					values = values[1:]
				}
			}
		}
	}
}
