package metal_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"attest.example/attest/metal"
)

// fused puts q, k and v of a fixture into one buffer, as one projection of a model writes them: a row of all heads of q, then
// those of k, then those of v, rows before heads. The three tensors are one handle at three offsets. Where q has other rows
// than k and v, it lies behind them, and they share rows. The output lies in the same buffer, behind all. It returns the
// buffer and where the output begins, in elements.
func (f *fixture) fused(t *testing.T, c *metal.Context, r *rand.Rand, o *metal.AttentionOptions) (b *metal.Buffer, at int) {
	t.Helper()
	dim, ahead, pad := f.headDim, r.IntN(5), r.IntN(4)
	qHeads := 0
	if f.qLen == f.kvLen {
		qHeads = f.heads
	}
	row := (qHeads+2*f.kvHeads)*dim + pad
	end := ahead + f.batch*f.kvLen*row
	strides := func(rows, row int) [4]int64 { return [4]int64{int64(rows * row), int64(dim), int64(row), 1} }
	qFrom, qStrides := ahead, strides(f.qLen, row)
	if qHeads == 0 {
		qFrom, qStrides = end, strides(f.qLen, f.heads*dim)
		end += f.batch * f.qLen * f.heads * dim
	}
	wide := width(f.input)
	at = (end*wide + 15) / 16 * 16 / width(f.output) // an element of the output, which may be wider
	b = f.buffer(t, c, at*width(f.output)+f.batch*f.heads*f.qLen*dim*width(f.output))
	for i := range b.Bytes() {
		b.Bytes()[i] = 0xff // NaN in every format
	}
	place := func(values []float64, heads, rows, from int, strides [4]int64) metal.Tensor {
		for i, x := range values {
			batch, h, row, d := i/dim/rows/heads, i/dim/rows%heads, i/dim%rows, i%dim
			put(b, f.input, from+layout{strides: strides}.index(batch, h, row, d), elements[f.input].encode(x))
		}
		return metal.Tensor{Buffer: b, Offset: from * wide, Strides: strides}
	}
	o.Q = place(f.q, f.heads, f.qLen, qFrom, qStrides)
	o.K = place(f.k, f.kvHeads, f.kvLen, ahead+qHeads*dim, strides(f.kvLen, row))
	o.V = place(f.v, f.kvHeads, f.kvLen, ahead+(qHeads+f.kvHeads)*dim, strides(f.kvLen, row))
	o.Out = metal.Tensor{Buffer: b, Offset: at * width(f.output)}
	return b, at
}

// TestFusedOperandsInOneBuffer: one handle at several offsets has the bits of several buffers.
func TestFusedOperandsInOneBuffer(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	c := newContext(t)
	r := rand.New(rand.NewPCG(31, 2))
	together := 0
	for n := range 24 {
		f := randomProblem(t, c, r)
		if f.input != f.output && width(f.input) > width(f.output) {
			f.output, f.options.Output = f.input, metal.Precision(f.input) // whose buffer may be of another size now
		}
		own := f.options
		separate := f.buffer(t, c, f.batch*f.heads*f.qLen*f.headDim*width(f.output))
		own.Out, own.LSE = metal.Tensor{Buffer: separate}, nil
		if err := forward(c, &own); err != nil {
			t.Fatal(n, err)
		}
		one := own
		b, at := f.fused(t, c, r, &one)
		before := slices.Clone(b.Bytes()[:at*width(f.output)])
		if err := forward(c, &one); err != nil {
			t.Fatal(n, err)
		}
		for i := range f.batch * f.heads * f.qLen * f.headDim {
			want, got := get(separate, f.output, i), get(b, f.output, at+i)
			if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Fatalf("case %d, %+v: out[%d] is %g, and %g from buffers of their own", n, *f.problem, i, got, want)
			}
		}
		if !slices.Equal(before, b.Bytes()[:at*width(f.output)]) {
			t.Fatalf("case %d: what lies before the output was changed", n)
		}
		if f.qLen == f.kvLen {
			together++
		}
		for _, free := range f.close {
			free()
		}
	}
	if together == 0 {
		t.Error("q was in no case between k and v")
	}
}

// TestPackedProjection is an answer known by hand: rows of 6 elements, q0 q1 k0 k1 v0 v1, under a causal mask. Weights are
// equal, v is (3, 7) and (5, 11).
func TestPackedProjection(t *testing.T) {
	c := newContext(t)
	packed := []float32{0, 0, 1, 1, 3, 7, 0, 0, 1, 1, 5, 11}
	b := wrap(t, c, packed).Buffer
	at := func(element int) metal.Tensor {
		return metal.Tensor{Buffer: b, Offset: 4 * element, Strides: [4]int64{12, 1, 6, 1}}
	}
	out := make([]float32, 4)
	o := metal.AttentionOptions{Q: at(0), K: at(2), V: at(4), Out: wrap(t, c, out), Batch: 1, Heads: 2, KVHeads: 2, QLen: 2, KVLen: 2,
		HeadDim: 1, Scores: metal.Scores{Scale: 1}, Input: metal.FP32, Output: metal.FP32, Intermediate: metal.FP32, Causal: true}
	o.Out.Strides = [4]int64{4, 1, 2, 1}
	if err := forward(c, &o); err != nil {
		t.Fatal(err)
	}
	if want := []float32{3, 7, 4, 9}; !sameBits(out, want) {
		t.Errorf("rows %v, want %v", out, want)
	}
}
