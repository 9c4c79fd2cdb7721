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
	if f == (Format{}) || x == 0 || !finite(x) {
		return x
	}
	_, exp := math.Frexp(x) // |x| in [2^(exp-1), 2^exp)
	quantum := max(math.Ldexp(2*f.Unit, exp-1), f.MinSubnormal)
	r := math.RoundToEven(x/quantum) * quantum
	switch {
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
	dim, unit := len(q), 1.0
	if s.wrongScale != 0 {
		scale *= s.wrongScale
	}
	if s.base2 {
		unit = roundTo(s.a.Acc, false, math.Log2E)
	}
	factor := s.acc(scale * unit)
	if s.foldScale {
		folded := make([]float64, dim)
		for d := range q {
			folded[d] = s.acc(q[d] * factor)
		}
		q = folded
	}
	block := s.a.Block
	if block == 0 || s.naive {
		block = len(bias)
	}
	scores := make([]float64, last)
	m, l := math.Inf(-1), 0.0
	acc := make([]float64, dim)
	logit := roundTo(s.a.Scores, s.a.FlushSubnormals, s.acc(sink.logit*unit))
	before := sink.there && s.sinkFirst && !s.naive
	if before {
		m, l = logit, 1
	}
	for start := first; start < last; start += block {
		end := min(start+block, last)
		top := m
		if s.naive && sink.there {
			top = logit
		}
		for j := start; j < end; j++ {
			if scores[j] = bias[j]; math.IsInf(bias[j], -1) {
				continue // not allowed: k is not looked at
			}
			x := s.dot(q, of(k, j, dim))
			if !s.foldScale {
				x = s.acc(x * factor)
			}
			x = roundTo(s.a.Scores, s.a.FlushSubnormals, x)
			if softcap > 0 {
				x = s.cap(x, softcap)
			}
			x = s.acc(x + s.acc(bias[j]*unit))
			scores[j] = roundTo(s.a.Scores, s.a.FlushSubnormals, x)
			top = max(top, scores[j])
		}
		if math.IsInf(top, -1) {
			continue
		}
		keep := s.exp(s.acc(m - top))
		if s.noRescale {
			keep = 1
		}
		m, l = top, s.acc(l*keep)
		for d := range acc {
			acc[d] = s.acc(acc[d] * keep)
		}
		for j := start; j < end; j++ {
			w := s.exp(s.acc(scores[j] - m))
			l = s.acc(l + w)
			scores[j] = w
		}
		if s.naive && sink.there {
			l = s.acc(l + s.exp(s.acc(logit-m)))
		}
		for j := start; j < end; j++ {
			w := scores[j]
			if s.naive {
				w = s.acc(w / l)
			}
			if s.cutProbs != nil {
				w = s.cutProbs(s.a.Probs, w)
			}
			w = roundTo(s.a.Probs, s.a.FlushSubnormals, w)
			for d := range acc {
				if !math.IsInf(bias[j], -1) {
					acc[d] = s.acc(acc[d] + s.acc(w*v[j*dim+d]))
				}
			}
		}
	}
	if sink.there && !before && !(s.naive && l > 0) {
		top := max(m, logit)
		keep := s.exp(s.acc(m - top))
		m, l = top, s.acc(s.acc(l*keep)+s.exp(s.acc(logit-top)))
		for d := range acc {
			acc[d] = s.acc(acc[d] * keep)
		}
	}
	if l == 0 {
		return math.Inf(-1)
	}
	for d := range out {
		if s.naive {
			out[d] = acc[d]
		} else {
			out[d] = s.acc(acc[d] / l)
		}
		if s.cutOut != nil {
			out[d] = s.cutOut(s.a.Out, out[d])
		}
		out[d] = roundTo(s.a.Out, s.a.FlushSubnormals, out[d])
	}
	if s.base2 {
		m = s.acc(m * roundTo(s.a.Acc, false, math.Ln2))
	}
	return s.acc(m + s.acc(math.Log(l)))
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
