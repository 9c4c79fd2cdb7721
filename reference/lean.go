package reference

import (
	"math"
	"math/rand/v2"
)

// leanRows is how many rows a sum needs to pass LeanLine at all: T is at most
// the root of their number.
const leanRows = 50

// leanColumns is how many columns of a row are asked: the test costs a product of
// V with as many.
const leanColumns = 16

// leaning is what Lean needs of a result beside its lines; nil where too few rows
// or stored scores, which are rounded twice and so lean lawfully, rule it out.
type leaning struct {
	arith   Arithmetic
	columns int          // that are asked
	tilt    []float64    // [rows, columns] sum_j p_j*(s_j - mean)*v_j
	may     []float64    // [rows, columns] what an element may lean by beside common factors
	spread  []float64    // [rows] of the scores; 0: the row is left out
	weights []sketch     // [rows] of their probabilities, not of where they stand
	queries []query      // [rows]
	drawn   [][2]float64 // [keys] two numbers between -1 and 1 for each
	across  []float64    // [columns] the same, one for each
}

func newLeaning(p *Problem, a Arithmetic) *leaning {
	rows := p.Batch * p.Heads * p.QLen
	if rows < leanRows || p.QLen < 2 || scoresLean(p, a) || p.Sinks != nil {
		return nil
	}
	l := &leaning{arith: a, columns: min(p.vDim(), leanColumns)}
	l.tilt = make([]float64, rows*l.columns)
	l.may = make([]float64, rows*l.columns)
	l.spread = make([]float64, rows)
	l.weights = make([]sketch, rows)
	l.drawn, l.across = make([][2]float64, p.KVLen), make([]float64, l.columns)
	dice := rand.New(rand.NewPCG(1, 2))
	draw := func() float64 { return 2*dice.Float64() - 1 }
	for j := range l.drawn {
		l.drawn[j] = [2]float64{draw(), draw()}
	}
	for d := range l.across {
		l.across[d] = draw()
	}
	l.queries = queriesOf(p, draw)
	return l
}

// tilts fills the block's rows of tilt. It needs scores and probabilities, and
// leaves prob2 behind.
func (b *block) tilts() {
	l := b.r.leaning
	if l == nil {
		return
	}
	span := b.span()
	for i := range b.rows {
		r := &b.rows[i]
		w := of(b.prob2, i, span)
		clear(w)
		if r.state != rowFinite {
			continue
		}
		s, p := of(b.score, i, span), of(b.prob, i, span)
		sum := &l.weights[r.index]
		for j := r.first; j < r.last; j++ {
			if p[j] > 0 {
				w[j] = p[j] * (s[j] - r.m - r.mean)
				sum.add(p[j], l.drawn[j])
			}
		}
		sum.root()
	}
	dst := l.tilt[b.rows[0].index*l.columns:][:len(b.rows)*l.columns]
	b.valueProducts(l.columns, weighted{dst, b.prob2, asStored})
}

// Lean looks for errors of got, laid out as r.Output, that lean one way. It returns
// the zero Lean where the result cannot tell: fewer than 50 rows, one row a head,
// stored scores, or a reference without bounds.
func (r *Result) Lean(got []float64) Lean {
	var sum Lean
	l := r.leaning
	if l == nil || len(got) != len(r.Output) {
		return sum
	}
	repeats := l.repeats()
	for head := range r.Batch * r.Heads {
		rows := r.leanRows(head, got, repeats)
		if len(rows) < 2 {
			continue
		}
		columns := r.varied(rows)
		sum.Rows += len(rows)
		for _, row := range rows {
			l.row(r, row, columns, got, &sum)
		}
	}
	if sum.Rows < leanRows {
		return Lean{}
	}
	return sum
}

// leanRows are the rows of a head that count: numbers all, with scores that differ
// by more than rounding does, none that repeats another's weights or scores, and no two of
// nearly the same output. They would be rounded alike.
func (r *Result) leanRows(head int, got []float64, repeats []bool) []int {
	l := r.leaning
	var rows []int
rows:
	for row := head * r.QLen; row < (head+1)*r.QLen; row++ {
		if !(l.spread[row] > 0) || repeats[row] {
			continue
		}
		at := row * r.HeadDim
		for d := range r.HeadDim {
			if r.OutputDemand[at+d] != Value || !(math.Abs(got[at+d]) < r.outMax) {
				continue rows
			}
		}
		rows = append(rows, row)
	}
	near := make([]float64, l.columns) // what tells two outputs of a column apart
	for _, row := range rows {
		for d := range near {
			near[d] = max(near[d], 8*l.unit()*math.Abs(r.Output[row*r.HeadDim+d]))
		}
	}
	reach := 0.0
	for d, x := range l.across {
		reach += math.Abs(x) * near[d]
	}
	output := func(row int) []float64 { return r.Output[row*r.HeadDim:][:l.columns] }
	key := func(row int) (sum float64) {
		for d, o := range output(row) {
			sum += l.across[d] * o
		}
		return sum
	}
	return oneOfEach(rows, key, func(int) float64 { return reach }, func(a, b int) bool { return within(output(a), output(b), near) })
}

// unit is the coarsest roundoff of an output.
func (l *leaning) unit() float64 { return max(l.arith.Out.Unit, l.arith.Acc.Unit) }

func within(x, y, near []float64) bool {
	for i := range x {
		if math.Abs(x[i]-y[i]) > near[i] {
			return false
		}
	}
	return true
}

// varied are the columns whose outputs vary by more than their format rounds:
// others are rounded the same way in every row.
func (r *Result) varied(rows []int) []int {
	unit := r.leaning.unit()
	var columns []int
	for d := range r.leaning.columns {
		var mean, square, top float64
		for _, row := range rows {
			o := r.Output[row*r.HeadDim+d]
			mean += o
			top = max(top, math.Abs(o))
		}
		mean /= float64(len(rows))
		for _, row := range rows {
			x := r.Output[row*r.HeadDim+d] - mean
			square += x * x
		}
		if deviation := math.Sqrt(square / float64(len(rows))); top > 0 && deviation >= 8*unit*top {
			columns = append(columns, d)
		}
	}
	return columns
}

// row adds a row to both sums. An element counts in proportion to the square of
// its sharp line, and every row as much as any other. Its error is the distance from
// what the format of the output holds nearest, not from the exact output: how far those
// two are apart depends on the value alone, and where values recur, as shares k/n of
// a one-hot v do under a window, every row would be off by the same.
func (l *leaning) row(r *Result, row int, columns []int, got []float64, sum *Lean) {
	at, u := row*r.HeadDim, l.arith.Acc.Unit
	// The temperature may be off by the rounding of scale and log2(e), and by what an
	// exponential whose error follows its argument makes of it.
	bend := gapUnits*u + l.arith.Exp.A*ulp32/4/l.spread[row] + l.arith.Exp.B*ulp32*math.Log2E
	var size, tilt direction
	for _, d := range columns {
		w := r.Sharp[at+d]
		if !(w > 0) {
			continue
		}
		o, t, may := r.Output[at+d], l.tilt[row*l.columns+d], l.may[row*l.columns+d]
		off := got[at+d] - l.arith.Out.nearest(o)
		size.add(o, off, o, t, may, 1/(w*w))
		tilt.add(t, off, o, t, may, 1/(w*w))
	}
	size.into(&sum.Size, u, bend)
	tilt.into(&sum.Tilt, u, bend)
}

// direction is one row's share of Sums.
type direction struct {
	square, along, factor, bent, may float64 // sums of x^2, x*off, x*o, x*tilt, |x|*may
}

// add takes in an element: x is the direction there, off the error, weight what
// the element counts.
func (a *direction) add(x, off, o, tilt, may, weight float64) {
	a.square += x * x * weight
	a.along += x * off * weight
	a.factor += x * o * weight
	a.bent += x * tilt * weight
	a.may += math.Abs(x) * may * weight
}

// into adds the row to the sums: a factor common to all outputs may be off by u.
func (a *direction) into(s *Sums, u, bend float64) {
	if !(a.square > 0) || math.IsInf(a.square, 0) {
		return
	}
	k := 1 / math.Sqrt(a.square)
	xi, lawful := k*a.along, k*(u*math.Abs(a.factor)+bend*math.Abs(a.bent)+a.may)
	s.Errors += xi
	s.Squares += xi * xi
	s.Lawful += lawful
	s.LawfulSquares += lawful * lawful
	s.Along += a.along
	s.Size += a.square
}
