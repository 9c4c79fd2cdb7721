package reference

import (
	"fmt"
	"math"
)

// This file is about sinks. The sink of a head is a logit c that enters the sum which weights are divided by, and nothing
// else:
//
//	p_j = exp(s_j - m)/l,  l = sum_j exp(s_j - m) + exp(c - m),  m the largest of the s_j and c
//	o = sum_j p_j*v_j,     logsumexp = m + log l
//
// So it is one more key, with the score c and a v of 0, whose weight p_c the output lacks: the p_j add up to 1 - p_c. With
// c to -Inf it is none. A row with no allowed key has p_c = 1, an output of 0 and the logsumexp c: nothing is divided by 0,
// whatever an implementation declares of such rows without a sink. A score of -Inf has the weight 0 as ever.
//
// All that the bound leans on holds for such a key. Its e_c is in C with the others', its part of sum p_j*(exp(e_j) - 1)*
// (v_j - o) has v = 0, and sd^2 = sum p_j*v_j^2 - o^2 is the variance over the keys and it. What differs is eps_c: c is
// no product, so nothing of a dot product is in it, but neither has it a share in the error that scale and log2(e) put on
// all other scores as one factor. That is 3*u of the largest score m_k of a key, on all keys alike, and of c itself where
// its product with log2(e) is rounded apart:
//
//	eps_c = (3.5*u + B)*(m - c) + A + 3*u*(|m_k| + 2*|c|) + u_s*|c|    and what several blocks, splitting and underflow add
//
// An implementation takes the sink in before the first key, after the last or among them: in a block of its own at most,
// so there is one more block, and one addition more in the sum alone. Of the logsumexp the bound gains 3*u*|m_k|.
type sink struct {
	there bool
	logit float64
	p     float64 // its weight
	top   bool    // it is the largest of its row's scores
	max   float64 // the largest score of a key
}

func (p *Problem) sinkOf(head int) sink {
	if p.Sinks == nil || math.IsInf(p.Sinks[head], -1) {
		return sink{}
	}
	return sink{there: true, logit: p.Sinks[head]}
}

func (p *Problem) checkSinks() error {
	if p.Sinks == nil {
		return nil
	}
	if len(p.Sinks) != p.Heads {
		return fmt.Errorf("reference: problem: sinks has %d elements: want one for each of %d heads", len(p.Sinks), p.Heads)
	}
	for h, c := range p.Sinks {
		if !(c <= math.MaxFloat32) || c < -math.MaxFloat32 && !math.IsInf(c, -1) {
			return fmt.Errorf("reference: problem: sinks[%d] is %v: want a finite number that fp32 holds, or -Inf", h, c)
		}
	}
	return nil
}

// terms is how many terms the sink adds to a sum.
func (s *sink) terms() float64 {
	if s.there {
		return 1
	}
	return 0
}

// keys is the size of the largest score of a key, 0 without a sink.
func (s *sink) keys() float64 {
	if s.there {
		return math.Abs(s.max)
	}
	return 0
}

// empty is the state of a row with no allowed key.
func (r *row) empty() rowState {
	switch {
	case r.sink.there && r.badQ:
		return rowSinkOrNaN
	case r.sink.there:
		return rowSink
	case r.badQ:
		return rowEmptyBadQ
	}
	return rowEmpty
}

// raise makes the sink the row's largest score where it is.
func (r *row) raise() {
	r.sink.max = r.m
	if r.sink.there && r.sink.logit > r.m {
		r.m, r.sink.top = r.sink.logit, true
	}
}

// addSink adds the sink's term to the sum.
func (r *row) addSink() {
	if r.sink.there {
		r.sink.p = math.Exp(r.sink.logit - r.m)
		r.l += r.sink.p
		r.sink.p /= r.l
	}
}

// sinkErrors returns the bound of the relative error of the sink's weight, and the size that it usually has.
func (w *weigher) sinkErrors() (eps, sigma float64) {
	s := &w.r.sink
	if !s.there {
		return 0, 0
	}
	size, gap := math.Abs(s.logit), w.r.m-s.logit
	rounded := 3*w.u*(math.Abs(s.max)+2*size) + w.lines.a.Scores.Unit*size
	eps = rounded + (gapUnits*w.u+w.expB)*gap + w.fixed + w.u*max(size, w.am)
	sigma = rounded + (gapSharpUnits*w.u+w.expB)*gap + w.expA + w.inSum
	if w.splits > 0 {
		eps += 3*w.u*max(size, w.am) + w.expB*gap
	}
	return eps, sigma
}

// finishSink writes a row that has its sink alone.
func (b *block) finishSink(r *row, out []float64) {
	clear(out)
	b.r.LSE[r.index] = r.sink.logit
	if !b.bounds {
		return
	}
	d := Value
	if r.state == rowSinkOrNaN {
		if d |= NaN; b.arith.FiniteMath {
			d = Anything
		}
	}
	demands := b.r.OutputDemand[r.index*b.keys.vDim:][:b.keys.vDim]
	for i := range demands {
		demands[i] = d
	}
	l := &b.lines
	b.r.LSEDemand[r.index] = d
	b.r.LSEBound[r.index] = 4*l.u + (6*l.u+l.a.Scores.Unit)*math.Abs(r.sink.logit) + l.expA + l.etaAcc + l.etaScore
	if c := math.Abs(r.sink.logit); c > l.accLimit || l.a.Scores.Unit != 0 && c > l.scoreLimit {
		b.r.LSEDemand[r.index] = Anything
	}
}
