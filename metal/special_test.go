package metal_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"attest.example/attest/metal"
)

var bothMaths = []metal.Math{metal.MathSafe, metal.MathFast}

// maskedProblem is 2 heads, 19 rows, 75 keys and a bool mask of which every key has both allowed and masked rows.
func maskedProblem(t testing.TB, c *metal.Context, seed uint64, math metal.Math) (*fixture, []byte) {
	f := &fixture{problem: &problem{batch: 1, heads: 2, kvHeads: 2, qLen: 19, kvLen: 75, headDim: 24, scale: 0.25,
		input: 2, intermediate: 2, output: 2}}
	r := rand.New(rand.NewPCG(seed, 2))
	f.q = normals(r, 2*19*24, 2, 1)
	f.k, f.v = normals(r, 2*75*24, 2, 1), normals(r, 2*75*24, 2, 1)
	mask := f.buffer(t, c, 19*75)
	for n := range mask.Bytes() {
		mask.Bytes()[n] = byte(r.IntN(2))
	}
	f.allowed = func(b, h, i, j int) bool { return mask.Bytes()[i*75+j] != 0 }
	f.bias = func(b, h, i, j int) float64 { return 0 }
	f.options = metal.AttentionOptions{Batch: 1, Heads: 2, KVHeads: 2, QLen: 19, KVLen: 75, HeadDim: 24, Scores: metal.Scores{Scale: 0.25},
		Input: metal.FP32, Output: metal.FP32, Intermediate: metal.FP32, Math: math,
		Mask: &metal.Mask{Type: metal.MaskBool, Buffer: mask, Shape: []int64{19, 75}}}
	return f, mask.Bytes()
}

// run computes with what q, k and v hold now and returns output and logsumexp.
func (f *fixture) run(t testing.TB, c *metal.Context) (out, lse []float32) {
	t.Helper()
	return f.runAs(t, c, true)
}

// runAs is run with contiguous layouts of no strides at all, and with or without a logsumexp.
func (f *fixture) runAs(t testing.TB, c *metal.Context, wantLSE bool) (out, lse []float32) {
	t.Helper()
	plain := func(heads, rows int) layout {
		return layout{[4]int64{int64(heads * rows * f.headDim), int64(rows * f.headDim), int64(f.headDim), 1}, heads * rows * f.headDim}
	}
	f.options.Q = f.tensor(t, c, f.q, f.heads, f.qLen, plain(f.heads, f.qLen))
	f.options.K = f.tensor(t, c, f.k, f.kvHeads, f.kvLen, plain(f.kvHeads, f.kvLen))
	f.options.V = f.tensor(t, c, f.v, f.kvHeads, f.kvLen, plain(f.kvHeads, f.kvLen))
	o, l := f.buffer(t, c, 4*f.heads*f.qLen*f.headDim), f.buffer(t, c, 4*f.heads*f.qLen)
	f.options.Q.Strides, f.options.K.Strides, f.options.V.Strides = [4]int64{}, [4]int64{}, [4]int64{}
	f.options.Out, f.options.LSE = metal.Tensor{Buffer: o}, nil
	if wantLSE {
		f.options.LSE = &metal.Tensor{Buffer: l}
	}
	a, err := c.NewAttention(&f.options)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Forward(); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(o.Float32s()), slices.Clone(l.Float32s())
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// A slot that a row masks out changes no bit of the row, whatever it holds, while other rows of the same simdgroup
// use it.
func TestMaskedSlotsChangeNoBit(t *testing.T) {
	c := newContext(t)
	for _, mode := range bothMaths {
		for n, poison := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 3e38, -3e38} {
			f, _ := maskedProblem(t, c, uint64(n), mode)
			key := []int{0, 31, 32, 74, 40}[n]
			out, lse := f.run(t, c)
			for d := range f.headDim {
				f.at(f.k, 2, 75, 0, 0, key)[d], f.at(f.v, 2, 75, 0, 0, key)[d] = poison, poison
			}
			out2, lse2 := f.run(t, c)
			for h := range 2 {
				for i := range f.qLen {
					row := h*f.qLen + i
					same := sameBits(out[row*24:][:24], out2[row*24:][:24]) && sameBits(lse[row:][:1], lse2[row:][:1])
					used := h == 0 && f.allowed(0, 0, i, key)
					if !used && !same {
						t.Errorf("math %d: %g at key %d, masked in head %d row %d, changed the row", mode, poison, key, h, i)
					}
					if used && same {
						t.Errorf("math %d: %g at key %d, allowed in head %d row %d, did not reach the row", mode, poison, key, h, i)
					}
				}
			}
			f.free()
		}
	}
}

// What NaN and Inf in allowed slots lead to, where math is safe.
func TestAllowedSpecialValuesReachTheOutput(t *testing.T) {
	c := newContext(t)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, test := range []struct {
		name          string
		plant         func(f *fixture)
		first, second float32 // columns 0 and 1 of head 0, row 5: 0 stands for any number
		lse           float32
	}{
		{"NaN in q", func(f *fixture) { f.at(f.q, 2, 19, 0, 0, 5)[3] = math.NaN() }, nan, nan, nan},
		{"NaN in k", func(f *fixture) { f.at(f.k, 2, 75, 0, 0, 50)[3] = math.NaN() }, nan, nan, nan},
		{"NaN in v", func(f *fixture) { f.at(f.v, 2, 75, 0, 0, 50)[0] = math.NaN() }, nan, 0, 0},
		{"+Inf in v", func(f *fixture) { f.at(f.v, 2, 75, 0, 0, 50)[1] = math.Inf(1) }, 0, inf, 0},
		{"-Inf in v", func(f *fixture) { f.at(f.v, 2, 75, 0, 0, 50)[1] = math.Inf(-1) }, 0, -inf, 0},
		{"both Inf in v", func(f *fixture) {
			f.at(f.v, 2, 75, 0, 0, 50)[0], f.at(f.v, 2, 75, 0, 0, 74)[0] = math.Inf(-1), math.Inf(1)
		}, nan, 0, 0},
		{"a score of +Inf", func(f *fixture) {
			f.at(f.k, 2, 75, 0, 0, 50)[3], f.at(f.q, 2, 19, 0, 0, 5)[3] = math.Inf(1), 1
		}, nan, nan, nan},
	} {
		f, mask := maskedProblem(t, c, 9, metal.MathSafe)
		mask[5*75+50], mask[5*75+74] = 1, 1
		test.plant(f)
		out, lse := f.run(t, c)
		row := 5
		got := []float32{out[row*24], out[row*24+1], lse[row]}
		for n, want := range []float32{test.first, test.second, test.lse} {
			if !alike(got[n], want) {
				t.Errorf("%s: %v, want %v, %v and logsumexp %v (0 is any number)", test.name, got, test.first, test.second, test.lse)
				break
			}
		}
		f.free()
	}
}

func alike(got, want float32) bool {
	if want == 0 {
		return !math.IsNaN(float64(got)) && !math.IsInf(float64(got), 0)
	}
	return got == want || got != got && want != want
}

// A row with no key gives 0 and -Inf; one whose first blocks are masked is what its later keys make.
func TestRowsAndLeadingBlocksWithoutKeys(t *testing.T) {
	c := newContext(t)
	for _, mode := range bothMaths {
		f, mask := maskedProblem(t, c, 11, mode)
		clear(mask[3*75:][:75])
		clear(mask[4*75:][:70])
		mask[4*75+74] = 1
		out, lse := f.run(t, c)
		for h := range 2 {
			row := h*f.qLen + 3
			if !sameBits(out[row*24:][:24], make([]float32, 24)) || !math.IsInf(float64(lse[row]), -1) {
				t.Errorf("math %d: empty row gives %v and %v, want zeros and -Inf", mode, out[row*24:][:24], lse[row])
			}
			want := f.truth(0, h, 4)
			for d, x := range out[(row+1)*24:][:24] {
				if !(math.Abs(float64(x)-want.out[d]) <= want.bound[d]) {
					t.Errorf("math %d: row 4, column %d: %g, want %g", mode, d, x, want.out[d])
				}
			}
		}
		f.free()
	}
}

// Rows do not see each other, nor how many there are: each has the bits that it has alone.
func TestRowsGiveTheBitsTheyGiveAlone(t *testing.T) {
	c := newContext(t)
	f, mask := maskedProblem(t, c, 12, metal.MathSafe)
	defer f.free()
	q := f.q
	out, _ := f.run(t, c)
	for i := range 19 {
		one, _ := maskedProblem(t, c, 12, metal.MathSafe)
		one.qLen, one.options.QLen = 1, 1
		one.q = slices.Concat(q[i*24:][:24], q[(19+i)*24:][:24])
		copy(one.options.Mask.Buffer.Bytes(), mask[i*75:][:75])
		one.options.Mask.Shape = []int64{1, 75}
		alone, _ := one.run(t, c)
		if !sameBits(alone, slices.Concat(out[i*24:][:24], out[(19+i)*24:][:24])) {
			t.Errorf("row %d alone gives other bits than among 19", i)
		}
		one.free()
	}
}

func TestTheSameCallGivesTheSameBits(t *testing.T) {
	c := newContext(t)
	for seed := range uint64(5) {
		f := randomProblem(t, c, rand.New(rand.NewPCG(seed, 7)))
		var first []byte
		for n := range 4 {
			if err := f.check(c); err != nil {
				t.Fatal(fmt.Errorf("seed %d: %w", seed, err))
			}
			if n == 0 {
				first = slices.Clone(f.out.Bytes())
			} else if !slices.Equal(first, f.out.Bytes()) {
				t.Errorf("seed %d: run %d gives other bits than the first", seed, n)
			}
		}
		f.free()
	}
}

// A sum that underflows to -0 would turn to +0 by adding the 0 * v of a masked slot, or not, by the sign of v.
func TestSignOfZeroTellsNothingOfMaskedSlots(t *testing.T) {
	c := newContext(t)
	for _, mode := range bothMaths {
		var outputs [][]float32
		for _, masked := range []float64{5, -5} {
			f := &fixture{problem: &problem{batch: 1, heads: 1, kvHeads: 1, qLen: 1, kvLen: 8, headDim: 1, input: 2, output: 2}}
			mask := f.buffer(t, c, 8)
			copy(mask.Bytes(), []byte{1, 1})
			f.q, f.k, f.v = []float64{1}, []float64{1: -1.2, 7: 0}, append([]float64{0, -0x1p-149}, slices.Repeat([]float64{masked}, 6)...)
			f.options = metal.AttentionOptions{Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: 8, HeadDim: 1, Scores: metal.Scores{Scale: 1}, Math: mode,
				Input: metal.FP32, Output: metal.FP32, Intermediate: metal.FP32,
				Mask: &metal.Mask{Type: metal.MaskBool, Buffer: mask, Shape: []int64{1, 8}}}
			out, _ := f.run(t, c)
			outputs = append(outputs, out)
			f.free()
		}
		if !sameBits(outputs[0], outputs[1]) {
			t.Errorf("math %d: 5 and -5 in a masked slot give %v and %v, want the same bits", mode, outputs[0], outputs[1])
		}
	}
}
