package metal_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"attest.example/attest/metal"
)

// layout is where a tensor's elements lie: strides in elements, and how many there are in all.
type layout struct {
	strides [4]int64
	size    int
}

// randomLayout is BHSD or BSHD, rows or columns first, with slack between rows.
func randomLayout(r *rand.Rand, extent [4]int) layout {
	order := []int{3, 2, 1, 0} // innermost first
	switch r.IntN(4) {
	case 0:
		order = []int{3, 1, 2, 0}
	case 1:
		order = []int{2, 3, 1, 0}
	}
	l, reach := layout{}, 1
	for n, d := range order {
		if n == 1 && r.IntN(2) == 0 {
			reach += r.IntN(5)
		}
		l.strides[d] = int64(reach)
		reach *= extent[d]
	}
	l.size = reach
	return l
}

func (l layout) index(b, h, i, d int) int {
	return int(int64(b)*l.strides[0] + int64(h)*l.strides[1] + int64(i)*l.strides[2] + int64(d)*l.strides[3])
}

// fixture is a problem on its way through a context: layouts, buffers, the call's options.
type fixture struct {
	*problem
	options            metal.AttentionOptions
	qAt, kAt, vAt, oAt layout
	out, lse           *metal.Buffer
	close              []func()
}

func (f *fixture) buffer(t testing.TB, c *metal.Context, bytes int) *metal.Buffer {
	t.Helper()
	b, err := c.NewBuffer(bytes)
	if err != nil {
		t.Fatal(err)
	}
	f.close = append(f.close, b.Close)
	return b
}

func width(precision int) int { return metal.Precision(precision).Bytes() }

func put(b *metal.Buffer, precision, index int, bits uint32) {
	if precision == 2 {
		b.Float32s()[index] = math.Float32frombits(bits)
	} else {
		b.Uint16s()[index] = uint16(bits)
	}
}

func get(b *metal.Buffer, precision, index int) float64 {
	if precision == 2 {
		return float64(b.Float32s()[index])
	}
	return elements[precision].decode(uint32(b.Uint16s()[index]))
}

// tensor lays values out in a buffer whose slack holds NaN.
func (f *fixture) tensor(t testing.TB, c *metal.Context, values []float64, heads, rows int, l layout) metal.Tensor {
	b := f.buffer(t, c, l.size*width(f.input))
	for n := range l.size {
		put(b, f.input, n, elements[f.input].encode(math.NaN()))
	}
	n := 0
	for batch := range f.batch {
		for h := range heads {
			for i := range rows {
				for d := range f.headDim {
					put(b, f.input, l.index(batch, h, i, d), elements[f.input].encode(values[n]))
					n++
				}
			}
		}
	}
	return metal.Tensor{Buffer: b, Strides: l.strides}
}

func normals(r *rand.Rand, n, precision int, size float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = elements[precision].decode(elements[precision].encode(r.NormFloat64() * size))
	}
	return x
}

func pick(r *rand.Rand, choices ...int) int { return choices[r.IntN(len(choices))] }

// randomProblem is weighted to block edges. Half of the cases hold NaN or Inf in the slots that no row may use.
func randomProblem(t testing.TB, c *metal.Context, r *rand.Rand) *fixture {
	f := &fixture{problem: &problem{
		batch: pick(r, 1, 1, 2), kvHeads: pick(r, 1, 1, 2, 3), headDim: pick(r, 1, 3, 8, 16, 20, 32, 33, 40, 64, 65, 80, 96, 128, 129, 160, 256),
		qLen: pick(r, 1, 2, 7, 8, 9, 16, 17, 31, 33, 65), kvLen: pick(r, 1, 2, 7, 8, 9, 31, 32, 33, 63, 65, 100, 130),
		input: r.IntN(3), intermediate: pick(r, 2, 2, 0, 1), output: r.IntN(3)}}
	f.heads = f.kvHeads * pick(r, 1, 1, 2, 3)
	if f.headDim > 64 {
		f.qLen, f.kvLen = min(f.qLen, 33), min(f.kvLen, 65)
	}
	f.scale = float64(float32([]float64{1 / math.Sqrt(float64(f.headDim)), 0.3, 0, -0.5}[pick(r, 0, 0, 0, 0, 1, 2, 3)]))
	size := []float64{1, 0.1, 4}[r.IntN(3)]
	f.q = normals(r, f.batch*f.heads*f.qLen*f.headDim, f.input, size)
	f.k = normals(r, f.batch*f.kvHeads*f.kvLen*f.headDim, f.input, size)
	f.v = normals(r, f.batch*f.kvHeads*f.kvLen*f.headDim, f.input, 1)
	f.options = metal.AttentionOptions{Batch: f.batch, Heads: f.heads, KVHeads: f.kvHeads, QLen: f.qLen, KVLen: f.kvLen,
		HeadDim: f.headDim, Scores: metal.Scores{Scale: float32(f.scale)}, Input: metal.Precision(f.input), Output: metal.Precision(f.output),
		Intermediate: metal.Precision(f.intermediate)}
	f.chooseMask(t, c, r)
	if r.IntN(2) == 0 {
		f.poisonUnused(pick(r, 0, 1, 2))
	}
	f.qAt = randomLayout(r, [4]int{f.batch, f.heads, f.qLen, f.headDim})
	f.kAt = randomLayout(r, [4]int{f.batch, f.kvHeads, f.kvLen, f.headDim})
	f.vAt = randomLayout(r, [4]int{f.batch, f.kvHeads, f.kvLen, f.headDim})
	f.oAt = randomLayout(r, [4]int{f.batch, f.heads, f.qLen, f.headDim})
	f.options.Q = f.tensor(t, c, f.q, f.heads, f.qLen, f.qAt)
	f.options.K = f.tensor(t, c, f.k, f.kvHeads, f.kvLen, f.kAt)
	f.options.V = f.tensor(t, c, f.v, f.kvHeads, f.kvLen, f.vAt)
	f.out = f.buffer(t, c, f.oAt.size*width(f.output))
	f.options.Out = metal.Tensor{Buffer: f.out, Strides: f.oAt.strides}
	if r.IntN(2) == 0 {
		f.lse = f.buffer(t, c, 4*f.batch*f.heads*f.qLen)
		f.options.LSE = &metal.Tensor{Buffer: f.lse}
	}
	return f
}

func (f *fixture) chooseMask(t testing.TB, c *metal.Context, r *rand.Rand) {
	o := &f.options
	o.Causal, o.Align = r.IntN(3) == 0, metal.Align(r.IntN(2))
	if r.IntN(4) == 0 {
		o.Window = &metal.Window{Left: []uint32{0, 3, 40, metal.Unbounded}[r.IntN(4)], Right: []uint32{0, 5, metal.Unbounded}[r.IntN(3)]}
	}
	diagonal := 0
	if o.Align == metal.BottomRight {
		diagonal = f.kvLen - f.qLen
	} else if r.IntN(3) == 0 {
		o.KVOffset = r.IntN(f.kvLen + 2)
		diagonal = o.KVOffset
	}
	inRange := func(i, j int) bool {
		i += diagonal
		if o.Causal && j > i {
			return false
		}
		w := o.Window
		return w == nil || (w.Left == metal.Unbounded || j >= i-int(w.Left)) && (w.Right == metal.Unbounded || j <= i+int(w.Right))
	}
	f.allowed = func(b, h, i, j int) bool { return inRange(i, j) }
	f.bias = func(b, h, i, j int) float64 { return 0 }
	kind := r.IntN(3)
	if kind == 0 {
		return
	}
	full := []int64{int64(f.batch), int64(f.heads), int64(f.qLen), int64(f.kvLen)}
	shape := slices.Clone(full)
	for d := range shape {
		if r.IntN(4) == 0 {
			shape[d] = 1
		}
	}
	size := shape[0] * shape[1] * shape[2] * shape[3]
	index := func(b, h, i, j int) (n int64) {
		for d, x := range []int{b, h, i, j} {
			n *= shape[d]
			if shape[d] > 1 {
				n += int64(x)
			}
		}
		return n
	}
	leading := int64(r.IntN(2) * 40) // a first key block with nothing in it
	drop := func(n int64) bool { return n%shape[3] < leading && shape[3] > 1 || r.IntN(3) == 0 }
	if kind == 1 {
		b := f.buffer(t, c, int(size))
		for n := range size {
			if !drop(n) {
				b.Bytes()[n] = byte(1 + r.IntN(255))
			}
		}
		o.Mask = &metal.Mask{Type: metal.MaskBool, Buffer: b, Shape: shape}
		f.allowed = func(b2, h, i, j int) bool { return inRange(i, j) && b.Bytes()[index(b2, h, i, j)] != 0 }
		return
	}
	precision := r.IntN(3)
	b := f.buffer(t, c, int(size)*width(precision))
	for n := range size {
		x := r.NormFloat64() * 3
		if drop(n) {
			x = math.Inf(-1)
		}
		put(b, precision, int(n), elements[precision].encode(x))
	}
	scalar := []metal.MaskScalar{metal.MaskFP16, metal.MaskBF16, metal.MaskFP32}[precision]
	o.Mask = &metal.Mask{Type: metal.MaskAdditive, Scalar: scalar, Buffer: b, Shape: shape}
	f.bias = func(b2, h, i, j int) float64 { return get(b, precision, int(index(b2, h, i, j))) }
	f.allowed = func(b2, h, i, j int) bool { return inRange(i, j) && !math.IsInf(f.bias(b2, h, i, j), -1) }
}

// poisonUnused fills the keys and values that no row of their head group may use.
func (f *fixture) poisonUnused(kind int) {
	x := []float64{math.NaN(), math.Inf(1), -60000}[kind]
	for b := range f.batch {
		for kv := range f.kvHeads {
			for j := range f.kvLen {
				used := false
				for h := kv * (f.heads / f.kvHeads); h < (kv+1)*(f.heads/f.kvHeads); h++ {
					for i := range f.qLen {
						used = used || f.allowed(b, h, i, j)
					}
				}
				for d := range f.headDim {
					if !used {
						f.at(f.k, f.kvHeads, f.kvLen, b, kv, j)[d] = x
						f.at(f.v, f.kvHeads, f.kvLen, b, kv, j)[d] = x
					}
				}
			}
		}
	}
}

// check runs the call and holds every element against the truth, and the output's slack against its poison.
func (f *fixture) check(c *metal.Context) error {
	poison := elements[f.output].encode(math.NaN())
	for n := range f.oAt.size {
		put(f.out, f.output, n, poison)
	}
	a, err := c.NewAttention(&f.options)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Forward(); err != nil {
		return err
	}
	written := 0
	for b := range f.batch {
		for h := range f.heads {
			for i := range f.qLen {
				want := f.truth(b, h, i)
				for d := range f.headDim {
					written++
					got := get(f.out, f.output, f.oAt.index(b, h, i, d))
					if !(math.Abs(got-want.out[d]) <= want.bound[d]) {
						return fmt.Errorf("out[%d,%d,%d,%d] = %g, want %g within %g", b, h, i, d, got, want.out[d], want.bound[d])
					}
				}
				if f.lse == nil {
					continue
				}
				got := float64(f.lse.Float32s()[(b*f.heads+h)*f.qLen+i])
				if got != want.lse && !(math.Abs(got-want.lse) <= want.lseBound) {
					return fmt.Errorf("lse[%d,%d,%d] = %g, want %g within %g", b, h, i, got, want.lse, want.lseBound)
				}
			}
		}
	}
	slack := 0
	for n := range f.oAt.size {
		if x := get(f.out, f.output, n); x != x {
			slack++
		}
	}
	if slack != f.oAt.size-written {
		return fmt.Errorf("%d elements left unwritten, expected the %d between the rows", slack, f.oAt.size-written)
	}
	return nil
}

func (f *fixture) free() {
	for _, c := range f.close {
		c()
	}
}

func (f *fixture) String() string {
	o := f.options
	return fmt.Sprintf("B%d H%d/%d q%d kv%d D%d in%d mid%d out%d scale %g causal %v align %d window %v mask %+v q%v k%v v%v o%v", f.batch, f.heads, f.kvHeads,
		f.qLen, f.kvLen, f.headDim, f.input, f.intermediate, f.output, f.scale, o.Causal, o.Align, o.Window, o.Mask, f.qAt, f.kAt, f.vAt, f.oAt)
}

func TestForwardMatchesPlainLoops(t *testing.T) {
	c := newContext(t)
	cases := 300
	if testing.Short() {
		cases = 10
	}
	for seed := range uint64(cases) {
		f := randomProblem(t, c, rand.New(rand.NewPCG(seed, 1)))
		if err := f.check(c); err != nil {
			t.Errorf("seed %d: %v\n%v", seed, err, f)
		}
		f.free()
	}
	n, err := c.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if n.Pipelines > 40 || n.BytesCopied != 0 || n.Buffers != 0 || n.Calls != uint64(cases) {
		t.Errorf("counters %+v, expected %d calls, at most 40 pipelines, no copies, no buffers left", n, cases)
	}
	t.Logf("%+v", n)
}
