package metal_test

import (
	"fmt"
	"math"
	"testing"

	"attest.example/attest/metal"
)

// empty is a call with an extent of 0, each of its empty tensors given in one of three ways: no buffer, a buffer of no bytes, a
// buffer of another use.
func empty(t *testing.T, c *metal.Context, batch, q, kv int, way string) (*metal.AttentionOptions, *metal.Buffer, *metal.Buffer) {
	t.Helper()
	const heads, dim, room = 2, 8, 16384
	buffer := func(n int) *metal.Buffer {
		b, err := c.NewBuffer(n)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		for i := range b.Float32s() {
			b.Float32s()[i] = 3
		}
		return b
	}
	none, err := c.Wrap(make([]byte, 16)[16:16])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(none.Close)
	place := func(elements int) metal.Tensor {
		switch {
		case elements > 0 || way == "a larger buffer":
			return metal.Tensor{Buffer: buffer(room)}
		case way == "no buffer":
			return metal.Tensor{}
		}
		return metal.Tensor{Buffer: none}
	}
	rows, keys := batch*heads*q*dim, batch*heads*kv*dim
	o := &metal.AttentionOptions{
		Q: place(rows), K: place(keys), V: place(keys), Out: metal.Tensor{Buffer: buffer(room)},
		Batch: batch, Heads: heads, KVHeads: heads, QLen: q, KVLen: kv, HeadDim: dim, Scores: metal.Scores{Scale: 1},
		Input: metal.FP32, Output: metal.FP32, Intermediate: metal.FP32, Causal: true, Dispatches: 3,
		Mask: &metal.Mask{Type: metal.MaskBool, Shape: []int64{int64(q), int64(kv)}},
	}
	if way == "no buffer" && rows == 0 {
		o.Out.Buffer = nil
	}
	if way != "no buffer" {
		o.Mask.Buffer = none
	}
	if q > 0 && kv > 0 { // the mask is of a head, which a batch of 0 does not empty
		o.Mask = nil
	}
	lse := buffer(room)
	if rows > 0 {
		o.LSE = &metal.Tensor{Buffer: lse}
	}
	return o, o.Out.Buffer, lse
}

// TestExtentsOfZero: without a batch or a row no kernel is made or run, and nothing is written; without a key every output is
// written, and nothing beside.
func TestExtentsOfZero(t *testing.T) {
	for _, x := range []struct{ batch, q, kv int }{{0, 3, 5}, {2, 0, 5}, {0, 0, 0}, {2, 3, 0}, {1, 1, 0}, {2, 70, 0}} {
		for _, way := range []string{"no buffer", "no bytes", "a larger buffer"} {
			for _, sinks := range []bool{false, true} {
				what := fmt.Sprintf("batch %d, q_len %d, kv_len %d, %s, sinks %v", x.batch, x.q, x.kv, way, sinks)
				c := newContext(t)
				o, out, lse := empty(t, c, x.batch, x.q, x.kv, way)
				if sinks {
					b, err := c.NewBuffer(8)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(b.Close)
					b.Float32s()[0], b.Float32s()[1] = 1.5, float32(math.Inf(-1))
					o.Sinks = &metal.Tensor{Buffer: b}
				}
				a, err := c.NewAttention(o)
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				t.Cleanup(a.Close)
				if err := a.Forward(); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				rows := x.batch * 2 * x.q
				n, _ := c.Counters()
				dispatches := uint64(3)
				if rows == 0 {
					dispatches = 0
				}
				if n.Calls != 1 || n.Dispatches != dispatches || rows == 0 && (n.Pipelines != 0 || c.Latency() != 0 || a.Timing().Total != 0) {
					t.Errorf("%s: counters %+v, latency %g", what, n, c.Latency())
				}
				if got := a.Timing().GPU; len(got) != 3 || rows == 0 && got[2] != 0 {
					t.Errorf("%s: seconds %v of 3 dispatches", what, got)
				}
				if out != nil {
					for i, y := range out.Float32s() {
						if i < rows*8 && y != 0 || i >= rows*8 && y != 3 {
							t.Fatalf("%s: out[%d] is %g", what, i, y)
						}
					}
				}
				for i, y := range lse.Float32s() {
					want := float32(3)
					if i < rows {
						want = float32(math.Inf(-1))
						if sinks && i/x.q%2 == 0 {
							want = 1.5
						}
					}
					if y != want {
						t.Fatalf("%s: lse[%d] is %g; want %g", what, i, y, want)
					}
				}
			}
		}
	}
}
