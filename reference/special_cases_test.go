package reference

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
)

// general is a problem that may have everything at once: grouped heads, a v of other columns, a cap, sinks, and a dense
// bias under a window. The laws below hold it against what it comes to where one of these is at its end: a cap of infinity,
// a batch of one entry, a window without limits.
type general struct {
	Batch, KVHeads, Group, QLen, KVLen, Dim, VDim int

	Softcap             float64
	Sinks, Biased       bool
	Offset, Left, Right int // of a window; -1: no limit on that side
	Parts               int // entries of a ragged batch, or chunks of rows
	Seed                int
}

func generals() gopter.Gen {
	return gen.Struct(reflect.TypeFor[general](), map[string]gopter.Gen{
		"Batch": gen.IntRange(1, 3), "KVHeads": gen.IntRange(1, 2), "Group": gen.IntRange(1, 3),
		"QLen": gen.OneGenOf(gen.IntRange(1, 9), gen.IntRange(60, 70)), "KVLen": gen.OneGenOf(gen.IntRange(0, 20), gen.IntRange(120, 140)),
		"Dim": gen.OneConstOf(1, 2, 3, 8, 17), "VDim": gen.OneConstOf(1, 2, 5, 8, 130),
		"Softcap": gen.OneConstOf(0.0, 0.0, 0.5, 3.0, 30.0), "Sinks": gen.Bool(), "Biased": gen.Bool(),
		"Offset": gen.IntRange(-9, 90), "Left": gen.OneGenOf(gen.Const(-1), gen.IntRange(0, 40)), "Right": gen.OneGenOf(gen.Const(-1), gen.IntRange(0, 9)),
		"Parts": gen.IntRange(1, 5), "Seed": gen.IntRange(0, 1<<20),
	})
}

func (g general) window() Window { return Window{Offset: g.Offset, Left: g.Left, Right: g.Right} }

func (g general) rng(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(uint64(g.Seed), stream)) }

// problem is the problem of a shape, whose mask is the bias alone, or none.
func (g general) problem() *Problem {
	p := randomProblem(uint64(g.Seed), g.Batch, g.KVHeads*g.Group, g.KVHeads, g.QLen, g.KVLen, g.Dim, nil)
	p.Softcap, p.VHeadDim = g.Softcap, g.VDim
	rng := g.rng(21)
	p.V = make([]float64, g.Batch*g.KVHeads*g.KVLen*g.VDim)
	for i := range p.V {
		p.V[i] = float64(float32(rng.NormFloat64()))
	}
	if g.Sinks {
		p.Sinks = make([]float64, p.Heads)
		for h := range p.Sinks {
			p.Sinks[h] = []float64{rng.NormFloat64(), 6, -20, negInf}[rng.IntN(4)]
		}
	}
	if g.Biased {
		p.Mask = g.bias()
	}
	return p
}

// bias is a dense mask, often of fewer dimensions: one key in four is forbidden, and a row in nine altogether.
func (g general) bias() Additive {
	rng := g.rng(22)
	m := Additive{Batch: []int{1, g.Batch}[rng.IntN(2)], Heads: []int{1, g.KVHeads * g.Group}[rng.IntN(2)], QLen: []int{1, g.QLen}[rng.IntN(2)], KVLen: g.KVLen}
	m.Bias = make([]float64, m.Batch*m.Heads*m.QLen*m.KVLen)
	for i := range m.Bias {
		m.Bias[i] = rng.NormFloat64()
		if rng.IntN(4) == 0 || i/m.KVLen%9 == 8 {
			m.Bias[i] = negInf
		}
	}
	return m
}

// under puts a mask under the problem's own.
func (p *Problem) under(m Mask) *Problem {
	q := *p
	q.Mask = m
	if p.Mask != nil {
		q.Mask = Both{p.Mask, m}
	}
	return &q
}

// solved is a problem and its result.
type solved struct {
	*Problem
	*Result
}

// inOnePass is the arithmetic of these problems. It has no blocks of keys: an entry of a ragged batch has fewer of them alone.
var inOnePass = Arithmetic{In: FP32, Acc: FP32, Out: FP32, Exp: ExpError{A: 4}, FlushSubnormals: true}

func solution(p *Problem) (solved, error) {
	r, err := Attend(ctx, p, inOnePass, Options{})
	return solved{p, r}, err
}

// part is a range of rows of one batch entry, and where the same rows lie in another problem. Heads are the same.
type part struct{ batch, first, last, toBatch, to int }

// keeps compares rows of s with the same rows of other, within float64's rounding. Scores are below 100 here, and sums have at most
// 140 terms: errors of 2^-52 of each stay below 1e-11. lines adds the bound and the sharp line, for other problems that
// round as often.
func (s solved) keeps(other solved, rows part, lines bool) error {
	dim := s.vDim()
	for h := range s.Problem.Heads {
		a, b := ((rows.batch*s.Problem.Heads+h)*s.Problem.QLen + rows.first), ((rows.toBatch*s.Problem.Heads+h)*other.Problem.QLen + rows.to)
		n := rows.last - rows.first
		compare := func(what string, got, want []float64, columns int) error {
			return closeTo(fmt.Sprintf("%s of batch %d, head %d, rows %d to %d", what, rows.batch, h, rows.first, rows.last-1),
				got[b*columns:(b+n)*columns], want[a*columns:(a+n)*columns])
		}
		err := errors.Join(compare("output", other.Output, s.Output, dim), compare("logsumexp", other.LSE, s.LSE, 1))
		if lines {
			err = errors.Join(err, compare("bound", other.Bound, s.Bound, dim), compare("sharp line", other.Sharp, s.Sharp, dim),
				compare("bound of the logsumexp", other.LSEBound, s.LSEBound, 1))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepsAll compares all rows.
func (s solved) keepsAll(other solved, lines bool) error {
	for b := range s.Problem.Batch {
		if err := s.keeps(other, part{b, 0, s.Problem.QLen, b, 0}, lines); err != nil {
			return err
		}
	}
	return nil
}

// TestSpecialCases holds general problems against the special cases that they come to.
func TestSpecialCases(t *testing.T) {
	satisfied(t, 11, 60, generals(), []law[general]{
		{"softcap to infinity is none", softcapFar},
		{"a sink of minus infinity is none", sinkGone},
		{"a window to infinity is none", windowFar},
		{"a slope of 0 is none", slopeGone},
		{"columns of v are apart", columnsApart},
		{"an offset is a place in a longer q", offsetIsPlace},
		{"chunks of rows equal one pass", chunksEqualOnePass},
		{"a ragged batch equals its entries one by one", raggedEqualsEntries},
		{"a packed batch equals its entries one by one", packedEqualsEntries},
	})
}

// both solves two problems.
func both(a, b *Problem) (x, y solved, err error) {
	if x, err = solution(a); err != nil {
		return x, y, err
	}
	y, err = solution(b)
	return x, y, err
}

// softcapFar: c*tanh(s/c) is s but for a part (s/c)^2 of it. Lines are wider, by what capping rounds.
func softcapFar(g general) error {
	g.Softcap = 0
	p := g.problem().under(g.window())
	capped := *p
	capped.Softcap = 0x1p60
	none, far, err := both(p, &capped)
	if err != nil {
		return err
	}
	return errors.Join(noTighter(far, none, all), none.keepsAll(far, false))
}

// noTighter reports lines of a that are below those of b in the rows that keep selects, where an implementation rounds more
// often to get at a.
func noTighter(a, b solved, keep func(row int) bool) error {
	for what, pair := range map[string][2][]float64{"bound": {a.Bound, b.Bound}, "bound of the logsumexp": {a.LSEBound, b.LSEBound}} {
		for i, want := range pair[1] {
			if keep(i*len(b.LSE)/len(pair[1])) && !(pair[0][i] >= want) {
				return fmt.Errorf("%s %d is %g, below %g", what, i, pair[0][i], want)
			}
		}
	}
	return nil
}

// sinkGone: heads whose sink is -Inf have the bits that they have without one, whatever the others have; but for the lines,
// as an implementation that has sinks takes one in, if of no weight. The others' weights are divided by one more term.
func sinkGone(g general) error {
	g.Sinks = false
	p := g.problem().under(g.window())
	g.Sinks = true
	sunk := *p
	sunk.Sinks = g.problem().Sinks
	none, some, err := both(p, &sunk)
	if err != nil {
		return err
	}
	gone := func(row int) bool { return math.IsInf(sunk.Sinks[row/g.QLen%p.Heads], -1) }
	if err := errors.Join(sameBits("output", some.Output, none.Output, func(i int) bool { return gone(i / g.VDim) }),
		sameBits("logsumexp", some.LSE, none.LSE, gone), noTighter(some, none, gone)); err != nil {
		return err
	}
	for row, lse := range none.LSE {
		sink := sunk.Sinks[row/g.QLen%p.Heads]
		if gone(row) {
			continue
		}
		top := max(lse, sink)
		want := top + math.Log(math.Exp(lse-top)+math.Exp(sink-top))
		outputs := append([]float64(nil), of(none.Output, row, g.VDim)...)
		for d := range outputs {
			outputs[d] *= math.Exp(lse - want)
		}
		if err := errors.Join(closeTo("logsumexp", some.LSE[row:row+1], []float64{want}), closeTo("output", of(some.Output, row, g.VDim), outputs)); err != nil {
			return fmt.Errorf("row %d with a sink of %g: %w", row, sink, err)
		}
	}
	return nil
}

// windowFar: bit for bit, but for the lines, as a window on its own is a bias of zeros.
func windowFar(g general) error {
	p := g.problem()
	for _, w := range []Window{{g.Offset, -1, -1}, {g.Offset, 1 << 20, 1 << 20}, {g.Offset, -1, 1 << 20}} {
		none, far, err := both(p, p.under(w))
		if err != nil {
			return err
		}
		if err := errors.Join(sameBits("output", far.Output, none.Output, all), sameBits("logsumexp", far.LSE, none.LSE, all), noTighter(far, none, all)); err != nil {
			return fmt.Errorf("%+v: %w", w, err)
		}
	}
	return nil
}

// linearBias adds a linear bias to a mask.
type linearBias struct {
	Mask
	slope float64
	at    int // the key of row 0
}

func (m linearBias) Row(batch, head, row int, bias []float64) (first, last int) {
	first, last = 0, len(bias)
	if m.Mask == nil {
		clear(bias)
	} else {
		first, last = m.Mask.Row(batch, head, row, bias)
	}
	slope, place := m.Slope(batch, head, row)
	for j := first; j < last; j++ {
		bias[j] -= slope * math.Abs(float64(place-j))
	}
	return first, last
}

func (m linearBias) Slope(_, head, row int) (slope float64, place int) {
	return m.slope * float64(head+1), row + m.at
}

// slopeGone: bit for bit, and a slope that is not 0 equals the dense bias of its numbers, in value.
func slopeGone(g general) error {
	p := g.problem().under(g.window())
	for _, slope := range []float64{0, 0.3} {
		sloped, dense := *p, *p
		sloped.Mask = linearBias{p.Mask, slope, g.Offset}
		if slope != 0 {
			m := Additive{Batch: 1, Heads: p.Heads, QLen: p.QLen, KVLen: p.KVLen}
			for h := range p.Heads {
				for r := range p.QLen {
					for j := range p.KVLen {
						m.Bias = append(m.Bias, -slope*float64(h+1)*math.Abs(float64(r+g.Offset-j)))
					}
				}
			}
			dense.Mask = Both{p.Mask, m}
		}
		a, b, err := both(&sloped, &dense)
		if err != nil {
			return err
		}
		if err := a.keepsAll(b, slope == 0); err != nil {
			return fmt.Errorf("a slope of %g: %w", slope, err)
		}
		if slope == 0 {
			if d := differs(a.Result, b.Result, 0); d != "" {
				return fmt.Errorf("a slope of 0: %s differs", d)
			}
		}
	}
	return nil
}

// columnsApart takes some columns of v alone, in another order, with NaN beside them in the whole.
func columnsApart(g general) error {
	p := g.problem().under(g.window())
	order := g.rng(23).Perm(g.VDim)
	taken := 1 + g.Seed%g.VDim
	few := *p
	few.VHeadDim, few.V = taken, nil
	p.V = append([]float64(nil), p.V...)
	for row := range len(p.V) / g.VDim {
		for i, d := range order {
			if i < taken {
				few.V = append(few.V, p.V[row*g.VDim+d])
			} else if row%5 == 0 {
				p.V[row*g.VDim+d] = []float64{nan, posInf}[row%2]
			}
		}
	}
	whole, some, err := both(p, &few)
	if err != nil {
		return err
	}
	if err := closeTo("logsumexp", some.LSE, whole.LSE); err != nil {
		return err
	}
	for row := range whole.LSE {
		for i, d := range order[:taken] {
			x, y := row*g.VDim+d, row*taken+i
			for what, pair := range map[string][2][]float64{"output": {some.Output, whole.Output}, "bound": {some.Bound, whole.Bound}, "sharp line": {some.Sharp, whole.Sharp}} {
				if err := closeTo(fmt.Sprintf("%s of row %d, column %d alone", what, row, d), pair[0][y:y+1], pair[1][x:x+1]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
