package reference

import (
	"math"
	"sync"
)

// workspace is the memory of one worker, kept between blocks and calls.
type workspace struct {
	rows []row
	bias []float64 // [rows, kv_len]
	q    []float64 // [rows, head_dim], 0 in rows that are not finite
	absQ []float64
	sqQ  []float64

	// [rows, span of the block's keys]
	score  []float64 // scores; later which keys are allowed, as 0 and 1
	prob   []float64 // probabilities
	prob2  []float64 // their squares
	dotAbs []float64 // |q|.|k|; later the weights of the bound
	dotSq  []float64 // q^2.k^2; later the weights of the sharp line

	tileAbs, tileSq []float64 // of the tile of k or v that is being multiplied

	// [rows, head_dim of v]
	sumA, sumQ   []float64 // p|v|, p v^2
	sumH         []float64 // p h |v|
	sumC1, sumC2 []float64 // c v, c v^2, c the weights of the sharp line
	sumP2        []float64 // p^2 v^2
	sumV         []float64 // |v| of allowed keys
	marks        []columnMark

	weighing weigher
	drawing  element

	seen  variety
	often occurrences
}

var workspacePool = sync.Pool{New: func() any { return new(workspace) }}

// row is one query of one head.
type row struct {
	head, query int
	index       int // of the row in [batch, heads, q_len]
	first, last int // the keys it may see, counted from the block's first
	badQ        bool
	state       rowState
	allowed     int
	top         int     // the key with the largest score
	m, l        float64 // that score, or the sink where it is larger; sum of exp(score - m)
	sink        sink
	slope       float64 // of the linear bias that an implementation computes for itself
	place       int     // the key that it counts from
	rowBounds
}

// block is one task at work.
type block struct {
	*engine
	*workspace
	task
	keys   *operands
	lo, hi int // keys that at least one row may see lie in [lo, hi)
}

func (b *block) span() int { return b.hi - b.lo }

// of returns row i of a [rows, width] slice.
func of(x []float64, i, width int) []float64 { return x[i*width : (i+1)*width] }

// compute fills the result's rows of this block.
func (b *block) compute() error {
	if err := b.readMask(); err != nil {
		return err
	}
	if b.span() > 0 {
		b.scores()
		for i := range b.rows {
			b.softmax(i)
		}
		out := b.output()
		b.valueProducts(b.keys.vDim, weighted{out, b.prob, asStored})
		if b.bounds {
			b.weigh()
		}
		b.markColumns()
		if b.bounds {
			b.sumWeights()
		}
	}
	for i := range b.rows {
		b.finish(i)
	}
	return nil
}

// output is the block's rows of the result: they are contiguous.
func (b *block) output() []float64 {
	return b.r.Output[b.rows[0].index*b.keys.vDim:][:len(b.rows)*b.keys.vDim]
}

// readMask sets up the rows and finds the range of keys that they see.
func (b *block) readMask() error {
	p, n := b.problem, b.keys.n
	count := b.task.last - b.task.first
	if cap(b.rows) < count {
		b.rows = make([]row, count)
	}
	b.rows = b.rows[:count]
	if p.Mask != nil {
		b.bias = resize(b.bias, count*n)
	}
	b.lo, b.hi = n, 0
	sloped, _ := p.Mask.(Sloped)
	for i := range b.rows {
		r := &b.rows[i]
		at := b.task.first + i
		*r = row{head: b.kvHead*p.group() + at/p.QLen, query: at % p.QLen, last: n}
		r.index = (b.batch*p.Heads+r.head)*p.QLen + r.query
		r.sink = p.sinkOf(r.head)
		if p.Mask != nil {
			var err error
			r.first, r.last, err = rowOf(p.Mask, b.batch, r.head, r.query, of(b.bias, i, n))
			if err != nil {
				return err
			}
			if sloped != nil {
				r.slope, r.place = sloped.Slope(b.batch, r.head, r.query)
			}
		}
		if r.first < r.last {
			b.lo, b.hi = min(b.lo, r.first), max(b.hi, r.last)
		}
	}
	b.lo = min(b.lo, b.hi)
	for i := range b.rows {
		r := &b.rows[i]
		if r.first < r.last {
			r.first, r.last = r.first-b.lo, r.last-b.lo
		} else {
			r.first, r.last = 0, 0
		}
	}
	// Only now that the range is known: rows without a key need their q too.
	b.readQueries()
	return nil
}

// readQueries copies the rows of Q, with rows that are not finite as zeros.
func (b *block) readQueries() {
	dim := b.keys.dim
	q := b.queries()
	b.q = append(b.q[:0], q...)
	if b.numbers {
		return
	}
	for i := range b.rows {
		if row := of(b.q, i, dim); !allFinite(row) {
			b.rows[i].badQ = true
			clear(row)
		}
	}
}

// queries is the block's rows of Q as stored.
func (b *block) queries() []float64 {
	return b.problem.Q[b.rows[0].index*b.keys.dim:][:len(b.rows)*b.keys.dim]
}

// scores runs the products of Q and K.
func (b *block) scores() {
	size := len(b.rows) * b.span()
	b.score, b.prob = resize(b.score, size), resize(b.prob, size)
	if !b.bounds {
		b.scoreProducts(scored{b.score, b.q, asStored})
		return
	}
	b.dotAbs, b.dotSq = resize(b.dotAbs, size), resize(b.dotSq, size)
	b.absQ, b.sqQ = magnitudes(b.absQ, b.sqQ, b.q)
	b.scoreProducts(scored{b.score, b.q, asStored}, scored{b.dotAbs, b.absQ, magnitude}, scored{b.dotSq, b.sqQ, square})
}

// biasOf is the bias of row i over the block's keys; nil without a mask.
func (b *block) biasOf(i int) []float64 {
	if b.problem.Mask == nil {
		return nil
	}
	return of(b.bias, i, b.keys.n)[b.lo:b.hi]
}

// softmax turns the products of row i into scores, -Inf where a key is not
// allowed, and these into probabilities.
func (b *block) softmax(i int) {
	r, span := &b.rows[i], b.span()
	s, p := of(b.score, i, span), of(b.prob, i, span)
	b.scaleScores(i, r, s)
	clear(p)
	switch {
	case r.state != rowFinite:
	case r.allowed == 0:
		r.state = r.empty()
	case math.IsInf(r.m, -1):
		r.state = rowNegInf
		if r.sink.there {
			r.state = rowSinkOrNaN
		}
	}
	if r.state != rowFinite {
		return
	}
	r.raise()
	const underflow = -746 // exp gives 0 in float64
	for j := r.first; j < r.last; j++ {
		if x := s[j] - r.m; x > underflow {
			p[j] = math.Exp(x)
			r.l += p[j]
		}
	}
	r.addSink()
	inv := 1 / r.l
	for j := r.first; j < r.last; j++ {
		p[j] *= inv
	}
}

// markColumns notes the columns of each row that an allowed v which is not
// finite reaches.
func (b *block) markColumns() {
	if len(b.keys.badV) == 0 {
		return
	}
	dim, span := b.keys.vDim, b.span()
	if size := len(b.rows) * dim; cap(b.marks) < size {
		b.marks = make([]columnMark, size)
	} else {
		b.marks = b.marks[:size]
		clear(b.marks)
	}
	for i := range b.rows {
		r := &b.rows[i]
		if r.state != rowFinite {
			continue
		}
		s, bias := of(b.score, i, span), b.biasOf(i)
		known, allowed := -1, false // elements lie in the order of their keys
		for _, e := range b.keys.badV {
			j := e.key - b.lo
			if e.key != known {
				known, allowed = e.key, j >= r.first && j < r.last && (bias == nil || !math.IsInf(bias[j], -1))
			}
			if allowed {
				b.marks[i*dim+e.col] |= markOf(e.value, b.lines.surviving(r, s[j]))
			}
		}
	}
}

// finish writes what the row's state and marks demand over the numbers.
func (b *block) finish(i int) {
	r, dim := &b.rows[i], b.keys.vDim
	if r.state == rowFinite && b.span() == 0 {
		r.state = r.empty()
	}
	out := of(b.r.Output, r.index, dim)
	if r.state == rowSink || r.state == rowSinkOrNaN {
		b.finishSink(r, out)
		return
	}
	if r.state != rowFinite {
		v, lse, d, dl := b.arith.rowDemand(r.state)
		for j := range out {
			out[j] = v
		}
		b.r.LSE[r.index] = lse
		if b.bounds {
			demands := b.r.OutputDemand[r.index*dim:][:dim]
			for j := range demands {
				demands[j] = d
			}
			b.r.LSEDemand[r.index] = dl
		}
		return
	}
	b.r.LSE[r.index] = r.m + math.Log(r.l)
	if b.bounds {
		b.drawLines(i)
	}
	if len(b.keys.badV) == 0 {
		return
	}
	for j, m := range b.marks[i*dim : (i+1)*dim] {
		if m == 0 {
			continue
		}
		at := r.index*dim + j
		want, d := b.arith.columnDemand(m)
		b.r.Output[at] = want
		if b.bounds {
			if b.r.OutputDemand[at]&AnyNonFinite != 0 {
				d = Anything
			}
			b.r.OutputDemand[at] = d
			b.r.Bound[at], b.r.Sharp[at] = 0, 0
		}
	}
}
