package diagnose

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/reference"
)

// plane is one of the two outputs: elements [batch, heads, rows, columns], those of the logsumexp with one column.
type plane struct {
	name                        string // "out" or "lse"
	batch, heads, rows, columns int
	got, want, bound            []float64
	bad                         []bool
	wrong                       []int // the indices that bad marks
	spread                      float64
	unwritten                   bool // every wrong element still holds what was there before the call
	truth                       *reference.Result
}

// planeOf is the output that holds wrong elements; of both, the attention output. nil: neither does.
func planeOf(s *Subject) *plane {
	t := s.Truth
	out := &plane{name: "out", batch: t.Batch, heads: t.Heads, rows: t.QLen, columns: t.HeadDim,
		got: s.Tensors.Out.Dense(), want: t.Output, bound: t.Bound, truth: t}
	if out.mark(t.OutputAt) {
		out.unwritten = out.poisoned(&s.Tensors.Out)
		return out
	}
	if s.Tensors.LSE == nil {
		return nil
	}
	lse := &plane{name: "lse", batch: t.Batch, heads: t.Heads, rows: t.QLen, columns: 1,
		got: s.Tensors.LSE.Dense(), want: t.LSE, bound: t.LSEBound, truth: t}
	if lse.mark(t.LSEAt) {
		lse.unwritten = lse.poisoned(s.Tensors.LSE)
		return lse
	}
	return nil
}

// poisoned reports whether every wrong element holds the bits that outputs are filled with. A NaN that is computed has others.
func (p *plane) poisoned(t *cases.Tensor) bool {
	size := t.Format.Size()
	for _, i := range p.wrong {
		row := i / p.columns
		head := row / p.rows
		at := t.Index(head/p.heads, head%p.heads, row%p.rows, i%p.columns) * size
		if !cases.IsPoison(t.Data[at : at+size]) {
			return false
		}
	}
	return true
}

// mark finds the wrong elements: those past their bounds, or, where there are none, those past their sharp lines.
func (p *plane) mark(at func(int, float64) reference.Place) bool {
	worst := reference.Suspicious
	low, high := math.Inf(1), math.Inf(-1)
	verdicts := make([]reference.Verdict, len(p.got))
	for i, x := range p.got {
		verdicts[i] = at(i, x).Verdict
		if verdicts[i] >= reference.Numeric {
			worst = reference.Numeric
		}
		for _, y := range []float64{x, p.want[i]} {
			if finite(y) {
				low, high = min(low, y), max(high, y)
			}
		}
	}
	p.bad = make([]bool, len(p.got))
	for i, v := range verdicts {
		if v == worst || worst == reference.Numeric && v == reference.Special {
			p.bad[i] = true
			p.wrong = append(p.wrong, i)
		}
	}
	p.spread = high - low
	return len(p.wrong) > 0
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// place takes an index apart.
func (p *plane) place(i int) (b, h, r, d int) {
	d = i % p.columns
	r = i / p.columns % p.rows
	h = i / p.columns / p.rows % p.heads
	return i / p.columns / p.rows / p.heads, h, r, d
}

func (p *plane) index(b, h, r, d int) int {
	return ((b*p.heads+h)*p.rows+r)*p.columns + d
}

// evidence adds up what elements that agree are worth.
type evidence struct {
	p     *plane
	agree int
	bits  float64
	seen  map[float64]bool
}

func (p *plane) evidence() *evidence { return &evidence{p: p, seen: map[float64]bool{}} }

// maxBits bounds what one element may be worth: past it the value was hardly drawn at random.
const maxBits = 20

// element holds what came at i against the value that an explanation asks for, and counts it where they agree within
// tolerance. The same number again is no further evidence.
func (e *evidence) element(i int, value, tolerance float64) bool {
	got := e.p.got[i]
	if !finite(got) || !finite(value) {
		same := got == value || math.IsNaN(got) && math.IsNaN(value)
		if same {
			e.agree++
			if !e.seen[math.Inf(1)] {
				e.seen[math.Inf(1)] = true
				e.bits++
			}
		}
		return same
	}
	if !(math.Abs(got-value) <= tolerance) {
		return false
	}
	e.agree++
	if !e.seen[got] {
		e.seen[got] = true
		e.bits += e.p.worth(tolerance)
	}
	return true
}

// worth is how unlikely a number within tolerance is among those of the output.
func (p *plane) worth(tolerance float64) float64 {
	if p.spread <= 0 {
		return 0
	}
	if tolerance <= 0 {
		return maxBits
	}
	return min(max(math.Log2(p.spread/(2*tolerance)), 0), maxBits)
}

// explain makes an explanation of the evidence; free is what choosing its parameters took off. One that leaves a tenth
// of the wrong elements unexplained is possible at most, one that leaves half is none. So is one that a single number
// speaks for: it takes two different ones to be likely, and three to be shown.
func (e *evidence) explain(kind, words string, free float64) Explanation {
	x := Explanation{Kind: kind, Summary: words, Bits: e.bits - triedBits - free, Agree: e.agree, Wrong: len(e.p.wrong)}
	if 2*x.Agree < x.Wrong {
		return x
	}
	for _, sure := range []Sure{Possible, Likely, Shown} {
		if x.Bits >= bitsOf[sure] && (sure == Possible || 10*x.Agree >= 9*x.Wrong && len(e.seen) >= int(sure)) {
			x.Sure = sure.String()
		}
	}
	return x
}
