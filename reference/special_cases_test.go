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

// rows takes rows [first, last) of every head of a problem, with their rows of a dense bias.
func (p *Problem) rows(first, last int, window Window) *Problem {
	some := *p
	some.QLen, some.Q = last-first, nil
	for h := range p.Batch * p.Heads {
		some.Q = append(some.Q, p.Q[(h*p.QLen+first)*p.HeadDim:(h*p.QLen+last)*p.HeadDim]...)
	}
	window.Offset += first
	some.Mask = nil
	if p.Mask != nil {
		m := p.Mask.(Additive)
		if m.QLen > 1 {
			cut := m
			cut.QLen, cut.Bias = last-first, nil
			for h := range m.Batch * m.Heads {
				cut.Bias = append(cut.Bias, m.Bias[(h*m.QLen+first)*m.KVLen:(h*m.QLen+last)*m.KVLen]...)
			}
			m = cut
		}
		some.Mask = m
	}
	return some.under(window)
}

// offsetIsPlace: the rows of a problem whose window begins at an offset are the last rows of a longer q, whose window
// begins where row 0 stands at key 0.
func offsetIsPlace(g general) error {
	g.Biased, g.Offset = false, max(g.Offset, 0)
	long := g
	long.QLen += g.Offset
	whole := long.problem()
	a, b, err := both(whole.under(Window{0, g.Left, g.Right}), whole.rows(g.Offset, long.QLen, Window{0, g.Left, g.Right}))
	if err != nil {
		return err
	}
	if w := b.Mask.(Window); w.Offset != g.Offset {
		return fmt.Errorf("the rows have an offset of %d, want %d", w.Offset, g.Offset)
	}
	for batch := range g.Batch {
		if err := a.keeps(b, part{batch, g.Offset, long.QLen, batch, 0}, true); err != nil {
			return err
		}
	}
	return nil
}

// chunksEqualOnePass cuts the rows, as a prompt is cut that is computed in chunks.
func chunksEqualOnePass(g general) error {
	p := g.problem()
	whole, err := solution(p.under(g.window()))
	if err != nil {
		return err
	}
	rng := g.rng(24)
	for first := 0; first < g.QLen; {
		last := min(g.QLen, first+1+rng.IntN(1+g.QLen/g.Parts))
		chunk, err := solution(p.rows(first, last, g.window()))
		if err != nil {
			return err
		}
		for batch := range g.Batch {
			if err := whole.keeps(chunk, part{batch, first, last, batch, 0}, true); err != nil {
				return fmt.Errorf("a chunk from row %d: %w", first, err)
			}
		}
		first = last
	}
	return nil
}

// entry is the rows and keys that one entry of a ragged batch uses, and the mask of these, whose own first row and key are
// 0.
type entry struct {
	batch, qBegin, qEnd, kvBegin, kvEnd int
	mask                                Mask
}

// ragged is the mask of a ragged batch: no row sees a key of another entry, or one that no entry uses.
type ragged []entry

func (m ragged) Row(batch, head, row int, bias []float64) (first, last int) {
	for _, e := range m {
		if e.batch == batch && e.qBegin <= row && row < e.qEnd {
			first, last = e.mask.Row(0, head, row-e.qBegin, bias[e.kvBegin:e.kvEnd])
			return first + e.kvBegin, last + e.kvBegin
		}
	}
	return 0, 0
}

// alone is the problem of an entry.
func (p *Problem) alone(e entry) *Problem {
	own := *p
	own.Batch, own.QLen, own.KVLen, own.Mask, own.Q, own.K, own.V = 1, e.qEnd-e.qBegin, e.kvEnd-e.kvBegin, e.mask, nil, nil, nil
	cut := func(to *[]float64, from []float64, heads, rows, columns, first, last int) {
		for h := range heads {
			at := (e.batch*heads + h) * rows
			*to = append(*to, from[(at+first)*columns:(at+last)*columns]...)
		}
	}
	cut(&own.Q, p.Q, p.Heads, p.QLen, p.HeadDim, e.qBegin, e.qEnd)
	cut(&own.K, p.K, p.KVHeads, p.KVLen, p.HeadDim, e.kvBegin, e.kvEnd)
	cut(&own.V, p.V, p.KVHeads, p.KVLen, p.vDim(), e.kvBegin, e.kvEnd)
	return &own
}

// ownMask is one of an entry's size: a window whose diagonal is where its last row meets its last key, and a bias of its own.
func (g general) ownMask(q, kv, i int) Mask {
	window := Window{Offset: kv - q, Left: g.Left, Right: g.Right}
	if !g.Biased {
		return window
	}
	own := g
	own.Batch, own.QLen, own.KVLen, own.Seed = 1, q, kv, g.Seed+i
	return Both{own.bias(), window}
}

// raggedEqualsEntries: every batch entry uses some of the rows and keys, from the first on or up to the last.
func raggedEqualsEntries(g general) error {
	rng := g.rng(25)
	var list ragged
	for b := range g.Batch {
		e := entry{batch: b, qEnd: rng.IntN(g.QLen + 1), kvEnd: rng.IntN(g.KVLen + 1)}
		if g.Parts%2 == 0 {
			e.qBegin, e.qEnd, e.kvBegin, e.kvEnd = g.QLen-e.qEnd, g.QLen, g.KVLen-e.kvEnd, g.KVLen
		}
		e.mask = g.ownMask(e.qEnd-e.qBegin, e.kvEnd-e.kvBegin, b)
		list = append(list, e)
	}
	return g.equalEntries(list)
}

// packedEqualsEntries: entries lie one behind the other in every batch, some of them without a row or a key. Some batches
// have the keys of the last rows first, as no cumulative lengths do, but pages may.
func packedEqualsEntries(g general) error {
	rng := g.rng(26)
	var list ragged
	for b := range g.Batch {
		q, kv := 0, 0
		for i := range g.Parts {
			e := entry{batch: b, qBegin: q, qEnd: q + rng.IntN(g.QLen-q+1), kvBegin: kv, kvEnd: kv + rng.IntN(g.KVLen-kv+1)}
			if i == g.Parts-1 {
				e.qEnd, e.kvEnd = g.QLen, g.KVLen
			}
			q, kv = e.qEnd, e.kvEnd
			if b%2 == g.Seed%2 {
				e.kvBegin, e.kvEnd = g.KVLen-e.kvEnd, g.KVLen-e.kvBegin
			}
			e.mask = g.ownMask(e.qEnd-e.qBegin, e.kvEnd-e.kvBegin, 7*b+i)
			list = append(list, e)
		}
	}
	return g.equalEntries(list)
}

// equalEntries holds a ragged batch against the problems of its entries. Rows that no entry uses are rows without a key.
func (g general) equalEntries(list ragged) error {
	g.Biased = false
	p := g.problem()
	whole, err := solution(p.under(list))
	if err != nil {
		return err
	}
	used := make([]bool, g.Batch*g.QLen)
	for _, e := range list {
		own, err := solution(p.alone(e))
		if err != nil {
			return err
		}
		for row := e.qBegin; row < e.qEnd; row++ {
			used[e.batch*g.QLen+row] = true
		}
		if err := whole.keeps(own, part{e.batch, e.qBegin, e.qEnd, 0, 0}, true); err != nil {
			return fmt.Errorf("%+v alone: %w", e, err)
		}
	}
	for i, x := range whole.Output {
		row := i / g.VDim
		if !used[row/g.QLen/p.Heads*g.QLen+row%g.QLen] && x != 0 {
			return fmt.Errorf("element %d, of a row that no entry uses, is %g, want 0", i, x)
		}
	}
	for i, x := range whole.LSE {
		want := negInf
		if p.Sinks != nil {
			want = p.Sinks[i/g.QLen%p.Heads]
		}
		if !used[i/g.QLen/p.Heads*g.QLen+i%g.QLen] && x != want {
			return fmt.Errorf("logsumexp %d, of a row that no entry uses, is %g, want %g", i, x, want)
		}
	}
	return nil
}
