package reference

import (
	"math"
	"math/rand/v2"
)

// simulation is an attention implementation with the declared arithmetic, every
// operation rounded to its format, in one of the orders that kernels use.
type simulation struct {
	a         Arithmetic
	naive     bool // all scores, softmax, then the product; else online
	foldScale bool // the scale multiplied into q
	base2     bool // exp2 of scores that hold log2(e) already
	sinkFirst bool // the running maximum begins at the sink; else it is taken in after the last key
	pairwise  bool // dot products as four interleaved sums, as a simdgroup does
	rng       *rand.Rand

	// Planted faults.
	leak       int  // so many keys past the range that the mask allows
	noRescale  bool // accumulators keep the old maximum
	wrongScale float64
	cutProbs   func(Format, float64) float64 // instead of rounding
	cutOut     func(Format, float64) float64
}

// roundTo is the value that a format stores for x, to nearest even.
func roundTo(f Format, flush bool, x float64) float64 {
	r := f.nearest(x)
	switch {
	case f == (Format{}):
	case math.Abs(r) > f.Max:
		return math.Inf(int(math.Copysign(1, x)))
	case flush && math.Abs(r) < f.MinNormal && f.MinNormal < 0x1p-100:
		return 0
	}
	return r
}

func (s *simulation) acc(x float64) float64 { return roundTo(s.a.Acc, s.a.FlushSubnormals, x) }

// exp is the exponential with the largest error declared, in a random direction.
func (s *simulation) exp(x float64) float64 {
	y := math.Exp(x)
	arg := x * math.Log2E
	if s.base2 {
		y, arg = math.Exp2(x), x
	}
	if x != 0 && y != 0 {
		y *= 1 + (2*s.rng.Float64()-1)*(s.a.Exp.A+s.a.Exp.B*math.Abs(arg)-1)*ulp32
	}
	return s.acc(y)
}

// cap is c*tanh(x/c) by a reciprocal, with a tanh of the largest error declared, in a random direction.
func (s *simulation) cap(x, c float64) float64 {
	t := math.Tanh(s.acc(x * s.acc(1/c)))
	t *= 1 + (2*s.rng.Float64()-1)*(s.a.tanhError()-2*s.a.Acc.Unit)
	return s.acc(c * s.acc(t))
}

func (s *simulation) dot(q, k []float64) float64 {
	var lanes [4]float64
	for d := range q {
		lane := 0
		if s.pairwise {
			lane = d % 4
		}
		lanes[lane] = s.acc(lanes[lane] + s.acc(q[d]*k[d]))
	}
	return s.acc(s.acc(lanes[0]+lanes[1]) + s.acc(lanes[2]+lanes[3]))
}

// attend runs the simulation over a whole problem.
func (s *simulation) attend(p *Problem) (output, lse []float64) {
	output = make([]float64, len(p.Q))
	lse = make([]float64, p.Batch*p.Heads*p.QLen)
	bias := make([]float64, p.KVLen)
	for i := range lse {
		row, head, batch := i%p.QLen, i/p.QLen%p.Heads, i/p.QLen/p.Heads
		first, last := 0, p.KVLen
		if p.Mask != nil {
			first, last = p.Mask.Row(batch, head, row, bias)
		}
		for range s.leak {
			if last < p.KVLen {
				bias[last] = 0
				last++
			}
		}
		kv := (batch*p.KVHeads + head/p.group()) * p.KVLen * p.HeadDim
		size := p.KVLen * p.HeadDim
		lse[i] = s.row(of(output, i, p.HeadDim), of(p.Q, i, p.HeadDim), p.K[kv:kv+size], p.V[kv:kv+size], bias, first, last, p.Scale, p.Softcap, p.sinkOf(head))
	}
	return output, lse
}

func (s *simulation) row(out, q, k, v, bias []float64, first, last int, scale, softcap float64, sink sink) float64 {
	if s.wrongScale != 0 {
		scale *= s.wrongScale
	}
	unit := 1.0
	if s.base2 {
		unit = roundTo(s.a.Acc, false, math.Log2E)
	}
	x := &running{simulation: s, q: q, k: k, bias: bias, unit: unit, factor: s.acc(scale * unit), softcap: softcap,
		scores: make([]float64, last), max: math.Inf(-1), acc: make([]float64, len(q))}
	if s.foldScale {
		x.q = make([]float64, len(q))
		for d := range q {
			x.q[d] = s.acc(q[d] * x.factor)
		}
	}
	block := s.a.Block
	if block == 0 || s.naive {
		block = len(bias)
	}
	logit := roundTo(s.a.Scores, s.a.FlushSubnormals, s.acc(sink.logit*unit))
	before, within := sink.there && s.sinkFirst && !s.naive, sink.there && s.naive
	if before {
		x.max, x.sum = logit, 1
	}
	for start := first; start < last; start += block {
		end, top := min(start+block, last), x.max
		if within {
			top = logit
		}
		if top = x.score(start, end, top); math.IsInf(top, -1) {
			continue
		}
		keep := s.exp(s.acc(x.max - top))
		if s.noRescale {
			keep = 1
		}
		x.rescale(top, keep)
		x.weigh(start, end)
		if within {
			x.sum = s.acc(x.sum + s.exp(s.acc(logit-x.max)))
		}
		x.add(v, start, end)
	}
	if sink.there && !before && !(within && x.sum > 0) {
		top := max(x.max, logit)
		x.rescale(top, s.exp(s.acc(x.max-top)))
		x.sum = s.acc(x.sum + s.exp(s.acc(logit-top)))
	}
	if x.sum == 0 {
		return math.Inf(-1)
	}
	x.write(out)
	if s.base2 {
		x.max = s.acc(x.max * roundTo(s.a.Acc, false, math.Ln2))
	}
	return s.acc(x.max + s.acc(math.Log(x.sum)))
}

// running is one row on the way: the maximum, the sum of the weights and the accumulators after some blocks of keys.
type running struct {
	*simulation
	q, k, bias            []float64
	unit, factor, softcap float64

	scores   []float64 // and then the weights
	max, sum float64
	acc      []float64
}

// score fills in the scores of a block, and returns the largest of them and of top.
func (x *running) score(start, end int, top float64) float64 {
	s := x.simulation
	for j := start; j < end; j++ {
		if x.scores[j] = x.bias[j]; math.IsInf(x.bias[j], -1) {
			continue // not allowed: k is not looked at
		}
		y := s.dot(x.q, of(x.k, j, len(x.q)))
		if !s.foldScale {
			y = s.acc(y * x.factor)
		}
		y = roundTo(s.a.Scores, s.a.FlushSubnormals, y)
		if x.softcap > 0 {
			y = s.cap(y, x.softcap)
		}
		y = s.acc(y + s.acc(x.bias[j]*x.unit))
		x.scores[j] = roundTo(s.a.Scores, s.a.FlushSubnormals, y)
		top = max(top, x.scores[j])
	}
	return top
}

// rescale moves what was added up to another maximum.
func (x *running) rescale(top, keep float64) {
	s := x.simulation
	x.max, x.sum = top, s.acc(x.sum*keep)
	for d := range x.acc {
		x.acc[d] = s.acc(x.acc[d] * keep)
	}
}

// weigh makes weights of the scores of a block and adds them up.
func (x *running) weigh(start, end int) {
	s := x.simulation
	for j := start; j < end; j++ {
		x.scores[j] = s.exp(s.acc(x.scores[j] - x.max))
		x.sum = s.acc(x.sum + x.scores[j])
	}
}

// add adds the weighted rows of v of a block.
func (x *running) add(v []float64, start, end int) {
	s := x.simulation
	for j := start; j < end; j++ {
		w := x.scores[j]
		if s.naive {
			w = s.acc(w / x.sum)
		}
		if s.cutProbs != nil {
			w = s.cutProbs(s.a.Probs, w)
		}
		w = roundTo(s.a.Probs, s.a.FlushSubnormals, w)
		if math.IsInf(x.bias[j], -1) {
			continue
		}
		for d := range x.acc {
			x.acc[d] = s.acc(x.acc[d] + s.acc(w*v[j*len(x.acc)+d]))
		}
	}
}

// write normalizes and stores.
func (x *running) write(out []float64) {
	s := x.simulation
	for d, y := range x.acc {
		if !s.naive {
			y = s.acc(y / x.sum)
		}
		if s.cutOut != nil {
			y = s.cutOut(s.a.Out, y)
		}
		out[d] = roundTo(s.a.Out, s.a.FlushSubnormals, y)
	}
}

// values fills x with one of the value distributions, rounded to a format.
func values(kind string, f Format, rng *rand.Rand, x []float64, dim int) {
	big := 1.0
	for i := range x {
		v := rng.NormFloat64()
		switch kind {
		case "uniform":
			v = rng.Float64()
		case "constant":
			v = 0.7
		case "outliers":
			if rng.IntN(50) == 0 {
				v *= 100
			}
		case "sink":
			if i/dim == 0 {
				v = 3
			}
		case "large":
			v *= 30
		case "spread":
			if i%dim == 0 {
				big = math.Exp(4 * rng.NormFloat64())
			}
			v *= big
		case "tiny":
			v *= f.MinNormal * 2
		case "zero":
			v = 0
		}
		x[i] = roundTo(f, false, v)
	}
}

// simulated is a problem of the given distributions, in the format's values.
func simulated(q, k, v string, f Format, rng *rand.Rand, shape [4]int, mask Mask) *Problem {
	p := &Problem{Batch: 1, Heads: shape[0], KVHeads: 1, QLen: shape[1], KVLen: shape[2], HeadDim: shape[3],
		Scale: 1 / math.Sqrt(float64(shape[3])), Mask: mask}
	p.Q = make([]float64, shape[0]*shape[1]*shape[3])
	p.K = make([]float64, shape[2]*shape[3])
	p.V = make([]float64, shape[2]*shape[3])
	values(q, f, rng, p.Q, p.HeadDim)
	values(k, f, rng, p.K, p.HeadDim)
	values(v, f, rng, p.V, p.HeadDim)
	return p
}
