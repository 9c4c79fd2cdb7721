package reference

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// TestONNX computes ONNX's own vectors for its Attention operator. They pin
// semantics: which key a causal row sees, what a mask means, how heads share
// keys. The expected values came from numpy in the precision of the inputs, so
// they are judged as an implementation of that precision.
func TestONNX(t *testing.T) {
	dirs, err := filepath.Glob("../../shared/onnx-attention/test_*")
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) == 0 {
		t.Skip("ONNX's attention vectors are not at ../shared/onnx-attention from the project's root")
	}
	covered := 0
	for _, dir := range dirs {
		name := filepath.Base(dir)
		c, err := readCase(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		p, want, why := c.problem()
		if why != "" {
			t.Logf("%s: left out: %s", name, why)
			continue
		}
		covered++
		a := Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}, NormalizedProbs: true}
		if c.tensors["Q"].kind == 10 {
			a = Arithmetic{In: FP16, Acc: FP16, Scores: FP16, Probs: FP16, Out: FP16, Exp: ExpError{A: 8192}, NormalizedProbs: true}
		}
		j, err := attend(t, p, a, Options{}).JudgeOutput(want)
		if err != nil {
			t.Fatal(err)
		}
		if j.Failed() || j.Inconclusive > 0 {
			t.Errorf("%s: %d wrong of %d, %d inconclusive: %+v", name, j.Numeric+j.Special, j.Elements, j.Inconclusive, j.Worst)
		}
	}
	t.Logf("%d of %d vectors covered", covered, len(dirs))
	if covered*10 < len(dirs)*7 {
		t.Errorf("only %d of %d vectors can be expressed", covered, len(dirs))
	}
}

// problem expresses the case, or says why it cannot. Heads of V that are
// narrower or wider than those of K are made equal with zeros, in the expected
// output too.
func (c *onnxCase) problem() (p *Problem, want []float64, why string) {
	if c.floats["softcap"] != 0 {
		return nil, nil, "softcap"
	}
	q, k, v, y := c.heads("Q", "q_num_heads"), c.heads("K", "kv_num_heads"), c.heads("V", "kv_num_heads"), c.heads("Y", "q_num_heads")
	past := 0
	if pk := c.tensors["past_key"]; pk != nil {
		past = pk.dims[2]
		k, v = after(c.heads("past_key", ""), k), after(c.heads("past_value", ""), v)
	}
	scale := 1 / math.Sqrt(float64(q.dims[3]))
	if s, ok := c.floats["scale"]; ok {
		scale = s
	}
	dim := max(q.dims[3], v.dims[3])
	p = &Problem{Batch: q.dims[0], Heads: q.dims[1], KVHeads: k.dims[1], QLen: q.dims[2], KVLen: k.dims[2], HeadDim: dim,
		Scale: scale, Q: widen(q, dim), K: widen(k, dim), V: widen(v, dim)}
	p.Mask = c.mask(p, past)
	return p, widen(y, dim), ""
}

// heads gives a tensor as [batch, heads, rows, head_dim]. Three-dimensional
// ones are [batch, rows, heads*head_dim].
func (c *onnxCase) heads(name, attribute string) *onnxTensor {
	t := c.tensors[name]
	if len(t.dims) == 4 {
		return t
	}
	batch, rows, heads := t.dims[0], t.dims[1], c.ints[attribute]
	dim := t.dims[2] / heads
	out := &onnxTensor{dims: []int{batch, heads, rows, dim}, kind: t.kind}
	for b := range batch {
		for h := range heads {
			for r := range rows {
				at := ((b*rows+r)*heads + h) * dim
				out.data = append(out.data, t.data[at:at+dim]...)
			}
		}
	}
	return out
}

// after joins two tensors along the rows.
func after(a, b *onnxTensor) *onnxTensor {
	out := &onnxTensor{dims: []int{b.dims[0], b.dims[1], a.dims[2] + b.dims[2], b.dims[3]}, kind: b.kind}
	na, nb := a.dims[2]*a.dims[3], b.dims[2]*b.dims[3]
	for i := range b.dims[0] * b.dims[1] {
		out.data = append(append(out.data, of(a.data, i, na)...), of(b.data, i, nb)...)
	}
	return out
}

// widen gives every row of a tensor dim columns, the new ones 0.
func widen(t *onnxTensor, dim int) []float64 {
	old := t.dims[3]
	out := make([]float64, len(t.data)/old*dim)
	for i := range len(t.data) / old {
		copy(of(out, i, dim), of(t.data, i, old))
	}
	return out
}

// mask is the operator's mask: causal from a cache's end, attn_mask broadcast
// from the right, keys past its end or past nonpad_kv_seqlen not allowed.
func (c *onnxCase) mask(p *Problem, past int) Mask {
	m := onnxMask{causal: c.ints["is_causal"] != 0, past: past, qLen: p.QLen, bias: c.tensors["attn_mask"]}
	if t := c.tensors["nonpad_kv_seqlen"]; t != nil {
		m.valid = t.data
	}
	return m
}

type onnxMask struct {
	causal     bool
	past, qLen int
	bias       *onnxTensor
	valid      []float64 // keys of each batch that are not padding
}

func (m onnxMask) Row(batch, head, row int, bias []float64) (first, last int) {
	last = len(bias)
	offset := m.past
	if m.valid != nil {
		last = min(last, int(m.valid[batch]))
		offset = int(m.valid[batch]) - m.qLen
	}
	if m.causal {
		last = max(0, min(last, row+offset+1))
	}
	clear(bias[:last])
	if m.bias == nil {
		return 0, last
	}
	dims := m.bias.dims
	keys := dims[len(dims)-1]
	index, at := []int{batch, head, row}, 0
	for i, d := range dims[:len(dims)-1] {
		x := index[3-(len(dims)-1)+i]
		if d == 1 {
			x = 0
		}
		at = at*d + x
	}
	for j := range last {
		switch {
		case keys == 1:
			bias[j] = m.bias.data[at]
		case j >= keys:
			bias[j] = math.Inf(-1)
		default:
			bias[j] = m.bias.data[at*keys+j]
		}
		if m.bias.kind == 9 && j < keys {
			bias[j] = map[bool]float64{true: 0, false: math.Inf(-1)}[bias[j] != 0]
		}
	}
	return 0, last
}

func TestHalfValue(t *testing.T) {
	for bits, want := range map[uint16]float64{0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 1: 0x1p-24, 0x0400: 0x1p-14, 0x7c00: posInf, 0x3555: 0.333251953125} {
		if got := halfValue(bits); got != want {
			t.Errorf("%#04x is %v, want %v", bits, got, want)
		}
	}
	if got := fmt.Sprint(halfValue(0x7e00)); got != "NaN" {
		t.Errorf("0x7e00 is %s", got)
	}
}
