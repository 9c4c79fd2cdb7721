package reference

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
)

// shape is what the properties are generated over; tensors follow from it.
type shape struct {
	Batch, KVHeads, Group, QLen, KVLen, Dim int
	Mask                                    int // 0 none, 1 causal, 2 window, 3 random holes
	Seed                                    int
}

func shapes() gopter.Gen {
	return gen.Struct(reflect.TypeFor[shape](), map[string]gopter.Gen{
		"Batch": gen.IntRange(1, 2), "KVHeads": gen.IntRange(1, 3), "Group": gen.IntRange(1, 3),
		"QLen": gen.OneGenOf(gen.IntRange(1, 9), gen.IntRange(60, 70)), "KVLen": gen.OneGenOf(gen.IntRange(1, 20), gen.IntRange(120, 140)),
		"Dim": gen.OneConstOf(1, 2, 3, 8, 17, 130), "Mask": gen.IntRange(0, 3), "Seed": gen.IntRange(0, 1<<20),
	})
}

// problem is the problem of a shape. Its mask is dense, so that relations can
// take it apart; masks by range are equal to it.
func (s shape) problem() *Problem {
	p := randomProblem(uint64(s.Seed), s.Batch, s.KVHeads*s.Group, s.KVHeads, s.QLen, s.KVLen, s.Dim, nil)
	rng := rand.New(rand.NewPCG(uint64(s.Seed), 2))
	m := Additive{Batch: s.Batch, Heads: p.Heads, QLen: s.QLen, KVLen: s.KVLen, Bias: make([]float64, s.Batch*p.Heads*s.QLen*s.KVLen)}
	for i := range m.Bias {
		row := i / s.KVLen % s.QLen
		j := i % s.KVLen
		hide := false
		switch s.Mask {
		case 1:
			hide = j > row+s.KVLen-s.QLen
		case 2:
			hide = j > row+2 || j < row-5
		case 3:
			hide = rng.IntN(4) == 0
			m.Bias[i] = float64(rng.IntN(5))
		}
		if hide {
			m.Bias[i] = negInf
		}
	}
	p.Mask = m
	return p
}

func (p *Problem) bias() []float64 { return p.Mask.(Additive).Bias }

// clone copies everything a relation may change.
func (p *Problem) clone() *Problem {
	c := *p
	c.Q, c.K, c.V = append([]float64(nil), p.Q...), append([]float64(nil), p.K...), append([]float64(nil), p.V...)
	m := p.Mask.(Additive)
	m.Bias = append([]float64(nil), m.Bias...)
	c.Mask = m
	return &c
}

func solve(p *Problem) (*Result, error) { return Attend(ctx, p, inFP32, Options{}) }

// solveAll computes several problems.
func solveAll(problems ...*Problem) (results []*Result, err error) {
	for _, p := range problems {
		r, err := solve(p)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// closeTo compares within float64's rounding of values of ordinary size.
func closeTo(what string, got, want []float64) error {
	for i := range want {
		if got[i] != want[i] && !(math.Abs(got[i]-want[i]) <= 1e-11*(1+math.Abs(want[i]))) {
			return fmt.Errorf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
	return nil
}

// sameBits compares the elements that keep selects.
func sameBits(what string, got, want []float64, keep func(i int) bool) error {
	for i := range want {
		if keep(i) && math.Float64bits(got[i]) != math.Float64bits(want[i]) {
			return fmt.Errorf("%s: element %d is %v, was %v", what, i, got[i], want[i])
		}
	}
	return nil
}

func all(int) bool { return true }

// TestRelations: the reference satisfies every law that it is used to judge.
func TestRelations(t *testing.T) {
	satisfied(t, 7, 40, shapes(), []law[shape]{
		{"keys in another order", keyOrder},
		{"a constant on every logit", shiftedLogits},
		{"output inside the hull of v", hull},
		{"linear in v", linear},
		{"v = 1 gives 1", onesGiveOne},
		{"q = 0 gives the mean", zeroGivesMean},
		{"the future changes nothing", future},
		{"masked values change nothing", poisoned},
		{"batches, heads and rows are apart", apart},
		{"shared heads equal copied heads", copiedHeads},
		{"two halves merge to the whole", halves},
		{"twice the same bits", twice},
		{"scale moves into q", scaleIntoQ},
		{"a mask by range equals a dense one", rangeMask},
	})
}

func keyOrder(s shape) error {
	p := s.problem()
	q := p.clone()
	order := rand.New(rand.NewPCG(uint64(s.Seed), 3)).Perm(s.KVLen)
	for h := range s.Batch * s.KVHeads {
		for to, from := range order {
			copy(of(q.K, h*s.KVLen+to, s.Dim), of(p.K, h*s.KVLen+from, s.Dim))
			copy(of(q.V, h*s.KVLen+to, s.Dim), of(p.V, h*s.KVLen+from, s.Dim))
		}
	}
	for row := range len(p.bias()) / s.KVLen {
		for to, from := range order {
			q.bias()[row*s.KVLen+to] = p.bias()[row*s.KVLen+from]
		}
	}
	r, err := solveAll(p, q)
	if err != nil {
		return err
	}
	if err := closeTo("logsumexp", r[1].LSE, r[0].LSE); err != nil {
		return err
	}
	if err := closeTo("bound", r[1].Bound, r[0].Bound); err != nil {
		return err
	}
	return closeTo("output", r[1].Output, r[0].Output)
}

func shiftedLogits(s shape) error {
	p := s.problem()
	q := p.clone()
	for i := range q.bias() {
		q.bias()[i] += 3
	}
	r, err := solveAll(p, q)
	if err != nil {
		return err
	}
	for i := range r[0].LSE {
		r[0].LSE[i] += 3
	}
	if err := closeTo("logsumexp", r[1].LSE, r[0].LSE); err != nil {
		return err
	}
	return closeTo("output", r[1].Output, r[0].Output)
}

func hull(s shape) error {
	p := s.problem()
	r, err := solve(p)
	if err != nil {
		return err
	}
	for i, o := range r.Output {
		row, d := i/s.Dim, i%s.Dim
		low, high := posInf, negInf
		for j, b := range of(p.bias(), row, s.KVLen) {
			if !math.IsInf(b, -1) {
				x := p.V[(s.kvHead(row)*s.KVLen+j)*s.Dim+d]
				low, high = min(low, x), max(high, x)
			}
		}
		if low > high {
			low, high = 0, 0
		}
		if !(o >= low-1e-12 && o <= high+1e-12) {
			return fmt.Errorf("element %d is %v, outside [%v, %v]", i, o, low, high)
		}
	}
	return nil
}

// kvHead is the head of K and V, counted over batches, of a row of the output.
func (s shape) kvHead(row int) int { return row / s.QLen / s.Group }

func linear(s shape) error {
	a := s.problem()
	b, sum := a.clone(), a.clone()
	rng := rand.New(rand.NewPCG(uint64(s.Seed), 4))
	for i := range a.V {
		b.V[i] = rng.NormFloat64()
		sum.V[i] = 2*a.V[i] - 3*b.V[i]
	}
	r, err := solveAll(a, b, sum)
	if err != nil {
		return err
	}
	for i := range r[0].Output {
		r[0].Output[i] = 2*r[0].Output[i] - 3*r[1].Output[i]
	}
	return closeTo("output", r[2].Output, r[0].Output)
}

func onesGiveOne(s shape) error {
	p := s.problem()
	for i := range p.V {
		p.V[i] = 1
	}
	r, err := solve(p)
	if err != nil {
		return err
	}
	want := make([]float64, len(r.Output))
	for i := range want {
		if !math.IsInf(r.LSE[i/s.Dim], -1) {
			want[i] = 1
		}
	}
	return closeTo("output", r.Output, want)
}

func zeroGivesMean(s shape) error {
	p := s.problem()
	clear(p.Q)
	for i, b := range p.bias() {
		if !math.IsInf(b, -1) {
			p.bias()[i] = 0
		}
	}
	r, err := solve(p)
	if err != nil {
		return err
	}
	want := make([]float64, len(r.Output))
	for i := range want {
		n := 0.0
		for j, b := range of(p.bias(), i/s.Dim, s.KVLen) {
			if b == 0 {
				n++
				want[i] += p.V[(s.kvHead(i/s.Dim)*s.KVLen+j)*s.Dim+i%s.Dim]
			}
		}
		want[i] /= max(n, 1)
	}
	return closeTo("output", r.Output, want)
}

func future(s shape) error {
	p := s.problem()
	p.Mask = Causal(0)
	row := s.Seed % s.QLen
	changed := *p
	changed.K, changed.V = append([]float64(nil), p.K...), append([]float64(nil), p.V...)
	for h := range s.Batch * s.KVHeads {
		for j := row + 1; j < s.KVLen; j++ {
			for d := range s.Dim {
				at := (h*s.KVLen+j)*s.Dim + d
				changed.K[at], changed.V[at] = []float64{7, nan, posInf, -1e30}[s.Seed%4], []float64{nan, 8, -1e38, negInf}[s.Seed%4]
			}
		}
	}
	r, err := solveAll(p, &changed)
	if err != nil {
		return err
	}
	past := func(i int) bool { return i%s.QLen <= row }
	if err := sameBits("logsumexp", r[1].LSE, r[0].LSE, past); err != nil {
		return err
	}
	return sameBits("output", r[1].Output, r[0].Output, func(i int) bool { return past(i / s.Dim) })
}

// poisoned fills the keys that one random set of columns masks from all rows.
func poisoned(s shape) error {
	p := s.problem()
	hidden := make([]bool, s.KVLen)
	rng := rand.New(rand.NewPCG(uint64(s.Seed), 5))
	for j := range hidden {
		hidden[j] = rng.IntN(3) == 0
	}
	for i := range p.bias() {
		if hidden[i%s.KVLen] {
			p.bias()[i] = negInf
		}
	}
	q := p.clone()
	for i := range q.K {
		if hidden[i/s.Dim%s.KVLen] {
			q.K[i] = []float64{nan, posInf, negInf, math.MaxFloat32}[rng.IntN(4)]
			q.V[i] = []float64{nan, posInf, negInf, math.MaxFloat32}[rng.IntN(4)]
		}
	}
	r, err := solveAll(p, q)
	if err != nil {
		return err
	}
	if err := sameBits("logsumexp", r[1].LSE, r[0].LSE, all); err != nil {
		return err
	}
	return sameBits("output", r[1].Output, r[0].Output, all)
}

// apart changes one query row, and one head of K and V.
func apart(s shape) error {
	p := s.problem()
	rows := len(p.Q) / s.Dim
	row, head := s.Seed%rows, s.Seed%(s.Batch*s.KVHeads)
	q := p.clone()
	for i := range of(q.Q, row, s.Dim) {
		of(q.Q, row, s.Dim)[i] = nan
	}
	for i := range of(q.V, head, s.KVLen*s.Dim) {
		of(q.K, head, s.KVLen*s.Dim)[i] += 1
		of(q.V, head, s.KVLen*s.Dim)[i] = 1e30
	}
	r, err := solveAll(p, q)
	if err != nil {
		return err
	}
	otherRow := func(i int) bool { return i != row && s.kvHead(i) != head }
	if err := sameBits("logsumexp", r[1].LSE, r[0].LSE, otherRow); err != nil {
		return err
	}
	return sameBits("output", r[1].Output, r[0].Output, func(i int) bool { return otherRow(i / s.Dim) })
}

func copiedHeads(s shape) error {
	p := s.problem()
	q := p.clone()
	q.KVHeads = p.Heads
	q.K, q.V = nil, nil
	for h := range s.Batch * p.Heads {
		q.K = append(q.K, of(p.K, h/s.Group, s.KVLen*s.Dim)...)
		q.V = append(q.V, of(p.V, h/s.Group, s.KVLen*s.Dim)...)
	}
	r, err := solveAll(p, q)
	if err != nil {
		return err
	}
	if err := closeTo("sharp line", r[1].Sharp, r[0].Sharp); err != nil {
		return err
	}
	return closeTo("output", r[1].Output, r[0].Output)
}

// halves hides the upper keys, then the lower, and merges by logsumexp.
func halves(s shape) error {
	p := s.problem()
	lower, upper := p.clone(), p.clone()
	cut := s.Seed % (s.KVLen + 1)
	for i := range p.bias() {
		if i%s.KVLen < cut {
			upper.bias()[i] = negInf
		} else {
			lower.bias()[i] = negInf
		}
	}
	r, err := solveAll(p, lower, upper)
	if err != nil {
		return err
	}
	merged := make([]float64, len(r[0].Output))
	for i := range merged {
		a, b := r[1].LSE[i/s.Dim], r[2].LSE[i/s.Dim]
		if m := max(a, b); !math.IsInf(m, -1) {
			wa, wb := math.Exp(a-m), math.Exp(b-m)
			merged[i] = (wa*r[1].Output[i] + wb*r[2].Output[i]) / (wa + wb)
		}
	}
	return closeTo("output", merged, r[0].Output)
}

func twice(s shape) error {
	r, err := solveAll(s.problem(), s.problem())
	if err != nil {
		return err
	}
	if d := differs(r[0], r[1], 0); d != "" {
		return fmt.Errorf("%s differs", d)
	}
	return nil
}

func scaleIntoQ(s shape) error {
	p := s.problem()
	q := p.clone()
	for i := range q.Q {
		q.Q[i] *= -p.Scale
	}
	q.Scale = -1
	r, err := solveAll(p, q)
	if err != nil {
		return err
	}
	return closeTo("output", r[1].Output, r[0].Output)
}

func rangeMask(s shape) error {
	if s.Mask == 0 || s.Mask == 3 {
		s.Mask = 1
	}
	p := s.problem()
	q := *p
	q.Mask = Causal(s.KVLen - s.QLen)
	if s.Mask == 2 {
		q.Mask = Both{Window{Left: 5, Right: -1}, Window{Left: -1, Right: 2}}
	}
	r, err := solveAll(p, &q)
	if err != nil {
		return err
	}
	if err := closeTo("sharp line", r[1].Sharp, r[0].Sharp); err != nil {
		return err
	}
	return closeTo("output", r[1].Output, r[0].Output)
}
