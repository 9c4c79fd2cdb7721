package metal_test

import (
	"slices"
	"testing"

	"attest.example/attest/metal"
)

// transposed is each of the matrices of rows x columns as columns x rows.
func transposed(t []float32, rows, columns int) []float32 {
	out := make([]float32, 0, len(t))
	for m := range len(t) / (rows * columns) {
		for c := range columns {
			for r := range rows {
				out = append(out, t[(m*rows+r)*columns+c])
			}
		}
	}
	return out
}

// wrap is a tensor over memory of the test's own.
func wrap(t *testing.T, c *metal.Context, memory []float32) metal.Tensor {
	t.Helper()
	b, err := c.WrapFloat32s(memory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return metal.Tensor{Buffer: b}
}

// The same numbers, laid out in any way that the interface can say, give the same bits: by descriptor and by the
// interface's own functions.
func TestLayoutsGiveTheSameBits(t *testing.T) {
	d := newDevice(t, metal.HostOptions{})
	plain, err := metal.Builtin().WithoutDescriptor().NewContextOn(d)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	for name, c := range map[string]*metal.Context{"descriptor": newContextOn(t, d), "functions": plain} {
		f, _ := maskedProblem(t, c, 21, metal.MathSafe)
		f.options.Causal = true
		f.options.LSE = nil
		numbers := func(x []float64) []float32 {
			out := make([]float32, len(x))
			for i := range x {
				out[i] = float32(x[i])
			}
			return out
		}
		q, k, v := numbers(f.q), numbers(f.k), numbers(f.v)
		first := make([]float32, 2*19*24)
		o := f.options
		o.Q, o.K, o.V, o.Out = wrap(t, c, q), wrap(t, c, k), wrap(t, c, v), wrap(t, c, first)
		if err := forward(c, &o); err != nil {
			t.Fatal(name, err)
		}

		second := make([]float32, 2*19*24)
		o.Q, o.K, o.Out = wrap(t, c, transposed(q, 19, 24)), wrap(t, c, transposed(k, 75, 24)), wrap(t, c, second)
		o.Q.Transposed, o.K.Transposed, o.Out.Transposed = true, true, true
		spaced := make([]float32, 2*75*30) // v with 6 numbers between rows, heads innermost but one
		for h := range 2 {
			for j := range 75 {
				copy(spaced[(j*2+h)*30:], v[(h*75+j)*24:][:24])
			}
		}
		b, err := c.WrapStrided(asBytes(t, c, spaced), []int64{1, 2, 75, 24}, []int64{0, 30, 60, 1})
		if err != nil {
			t.Fatal(name, err)
		}
		defer b.Close()
		o.V = metal.Tensor{Buffer: b}
		if err := forward(c, &o); err != nil {
			t.Fatal(name, err)
		}
		if !sameBits(first, transposed(second, 24, 19)) {
			t.Errorf("%s: transposed and strided operands give other bits", name)
		}
		f.free()

		o.V.Buffer, err = c.WrapStrided(asBytes(t, c, spaced), []int64{2, 75, 25}, []int64{30, 60, 1})
		if err != nil {
			t.Fatal(name, err)
		}
		defer o.V.Buffer.Close()
		o.Mask = nil
		if err := forward(c, &o); err == nil {
			t.Errorf("%s: a buffer whose own shape is another was taken", name)
		}
	}
}

// asBytes is the numbers in a buffer's memory, as WrapStrided wants them.
func asBytes(t *testing.T, c *metal.Context, x []float32) []byte {
	t.Helper()
	b, err := c.NewBuffer(4 * len(x))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	copy(b.Float32s(), x)
	return b.Bytes()
}

// Masks, logsumexp and causality give the same bits by the interface's own functions as by descriptor.
func TestFunctionsAndDescriptorAgree(t *testing.T) {
	d := newDevice(t, metal.HostOptions{})
	c := newContextOn(t, d)
	plain, err := metal.Builtin().WithoutDescriptor().NewContextOn(d)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	for n := range 3 {
		var outs, sums [][]float32
		for _, c := range []*metal.Context{c, plain} {
			f, mask := maskedProblem(t, c, 22, metal.MathSafe)
			switch n {
			case 1: // with a mask, those functions give no logsumexp
				f.options.Mask = nil
				f.options.Causal = true
			case 2:
				f.options.Mask.Shape, f.options.Mask.Strides = []int64{1, 19, 75}, []int64{0, 75, 1}
				mask[4] ^= 1
			}
			out, lse := f.runAs(t, c, n == 1)
			outs, sums = append(outs, out), append(sums, lse)
			f.free()
		}
		if !sameBits(outs[0], outs[1]) || !sameBits(sums[0], sums[1]) || slices.Max(outs[0]) == 0 {
			t.Errorf("call %d: the functions give other bits than the descriptor", n)
		}
	}
}
