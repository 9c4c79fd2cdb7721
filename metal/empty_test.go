package metal_test

import (
	"fmt"
	"math"
	"testing"

	"attest.example/attest/metal"
)

// untouched is what buffers hold before a call.
const untouched = 3

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
			b.Float32s()[i] = untouched
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
				name := fmt.Sprintf("batch %d, q_len %d, kv_len %d, %s, sinks %v", x.batch, x.q, x.kv, way, sinks)
				t.Run(name, func(t *testing.T) {
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
					rows := x.batch * o.Heads * x.q
					runEmpty(t, c, o, rows)
					if out != nil {
						holds(t, "out", out, rows*o.HeadDim, func(int) float32 { return 0 })
					}
					holds(t, "lse", lse, rows, func(row int) float32 {
						if sinks && row/x.q%o.Heads == 0 {
							return 1.5
						}
						return float32(math.Inf(-1))
					})
				})
			}
		}
	}
}

// runEmpty makes a call with three dispatches, none of which runs where there are no rows.
func runEmpty(t *testing.T, c *metal.Context, o *metal.AttentionOptions, rows int) {
	t.Helper()
	a, err := c.NewAttention(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	if err := a.Forward(); err != nil {
		t.Fatal(err)
	}
	n, _ := c.Counters()
	dispatches := uint64(3)
	if rows == 0 {
		dispatches = 0
		if n.Pipelines != 0 || c.Latency() != 0 || a.Timing().Total != 0 {
			t.Errorf("without rows: counters %+v, latency %g, %v in all", n, c.Latency(), a.Timing().Total)
		}
	}
	if n.Calls != 1 || n.Dispatches != dispatches {
		t.Errorf("counters %+v; want 1 call with %d dispatches", n, dispatches)
	}
	if got := a.Timing().GPU; len(got) != 3 || rows == 0 && got[2] != 0 {
		t.Errorf("seconds %v of 3 dispatches", got)
	}
}

// holds checks the first written elements of a buffer, and that the others still have what they had before the call.
func holds(t *testing.T, name string, b *metal.Buffer, written int, want func(i int) float32) {
	t.Helper()
	for i, y := range b.Float32s() {
		x := float32(untouched)
		if i < written {
			x = want(i)
		}
		if y != x {
			t.Fatalf("%s[%d] is %g; want %g", name, i, y, x)
		}
	}
}
