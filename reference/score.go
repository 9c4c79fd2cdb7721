package reference

import "math"

// This file is the way from a product q.k to a score: its value, how far rounding puts it off before the mask is added,
// and what that means for lines that several rows share. The package's documentation has the formulas.

// A softcap c makes s = c*tanh(x/c) of x = scale*q.k. Its derivative is 1 - (s/c)^2, between 0 and 1, so an error of x
// comes out as no more than itself, and as next to nothing where the cap is reached. With t = s/c and an error e of x the
// largest derivative on the way from x to x+e is at most (1 - t^2)*exp(2*|e|/c), since cosh(y)/cosh(y-h) is at most
// exp(h). On the way four things are rounded: x by the product with the scale, x/c or x times the reciprocal (5 units at
// most, Metal's fast division), tanh, and the product with c. A relative error d of x is an error of s of
// x*(1 - t^2)*d, and |x|*(1 - t^2) is at most |s|, for y/cosh(y)^2 is at most tanh(y). So all of them together are at
// most 7*u*|s| and the tanh's own.

// capped is the score of x, a product with its scale, where there is a softcap and before the mask is added. An infinite
// product is at the cap.
func (p *Problem) capped(x float64) float64 { return p.Softcap * math.Tanh(x/p.Softcap) }

// capUnits is what capping rounds, in units roundoff of the score, but for the tanh itself.
const capUnits = 7

// tanhError is the relative error of a tanh.
func (a Arithmetic) tanhError() float64 {
	if a.Tanh > 0 {
		return a.Tanh * ulp32
	}
	return 10 * a.Acc.Unit
}

// uncapped is an upper bound of |x| where |s| = c*tanh(|x|/c) is size, give or take slack.
func uncapped(size, slack, c float64) float64 {
	return c * math.Atanh(min((size+slack)/c+0x1p-52, 1)) * (1 + 0x1p-50)
}

// slope is the largest derivative of capping between x and x with an error, where |s| is size, give or take slack.
func slope(size, slack, err, c float64) float64 {
	t := max(0, (size-slack)/c-0x1p-52)
	return min(1, (max(0, 1-t*t)+0x1p-51)*math.Exp(2*err/c))
}

// scaleScores applies scale and bias, and finds the largest score of the row.
func (b *block) scaleScores(i int, r *row, s []float64) {
	bias, badK := b.biasOf(i), b.keys.badK
	negInf := math.Inf(-1)
	for j := range r.first {
		s[j] = negInf
	}
	for j := r.last; j < len(s); j++ {
		s[j] = negInf
	}
	careful := r.badQ || badK != nil
	scale, softcap := b.problem.Scale, b.problem.Softcap > 0
	m, top, allowed := negInf, r.top, 0
	for j := r.first; j < r.last; j++ {
		if bias != nil && bias[j] == negInf {
			s[j] = negInf
			continue
		}
		x := s[j]
		if careful && (r.badQ || badK[b.lo+j]) {
			dim, key := b.keys.dim, b.lo+j
			x = carefulScore(of(b.queries(), i, dim), of(b.keys.k, key, dim))
		}
		if x *= scale; softcap {
			x = b.problem.capped(x)
		}
		if bias != nil {
			x += bias[j]
		}
		allowed++
		s[j] = x
		if x > m {
			m, top = x, j
		}
		if !(x <= math.MaxFloat64) {
			if math.IsNaN(x) {
				r.state = rowNaN
			} else if r.state != rowNaN {
				r.state = rowPosInf
			}
		}
	}
	r.m, r.top, r.allowed = m, top, allowed
}

// score returns, of the score of key j before the mask is added, its size, the bound of its absolute error, and the size
// that this usually has.
func (w *weigher) score(j int) (dot, rounded, usual float64) {
	sj, aj := w.s[j], w.a[j]
	size := math.Abs(sj)
	sum := w.scale * aj // |scale|*sum|q||k|
	dot = size
	slack := 0.0
	if w.bias != nil {
		slack = 0x1p-52 * size
		dot = math.Abs(sj - w.bias[j])
	}
	limit, before := w.softcap, dot
	if limit > 0 {
		before = min(before, limit)
		dot = uncapped(before, slack, limit)
	} else {
		dot += slack
	}
	if w.bias != nil && math.Abs(w.bias[j]) > 0x1p30 {
		dot, slack = sum, limit // the bias has swallowed it
	}
	if w.bias != nil || limit > 0 {
		dot = min(dot, sum)
	}
	if like := &w.likeK[j]; !w.growth.known || w.growth.of != *like {
		w.growth.look(w.likeQ, *like)
	}
	if w.growth.few {
		w.r.fewTerms = true
	}
	ofSum, ofDot, alike, worst := w.growth.ofSum, w.growth.ofDot, w.growth.alike, w.growth.worst
	rounded = w.u * min(worst*sum, ofSum*sum+ofDot*dot)
	usual = w.u * (math.Sqrt(worst*w.c[j])*w.scale + 0.6*w.growth.root*dot)
	// Products of one size make a sum of squares as small as it can be. Partial
	// sums of n such terms come to half of n times the sum, and those of terms that
	// differ by a sixth to little more.
	even := aj*aj > 0.97*(worst-2)*w.c[j]
	if even {
		rounded = min(rounded, w.u*(0.62*worst+3)*sum)
	}
	if alike || even {
		usual = max(usual, 0.2*w.u*worst*sum)
	}
	if w.unitK > 0 { // in k' before anything is summed
		own := w.unitK * sum
		rounded, usual = rounded*(1+w.unitK)+own, usual+own
	}
	if limit > 0 {
		if bad := w.b.keys.badK; (w.r.badQ || bad != nil && bad[w.b.lo+j]) && w.b.finiteTerms(w.i, j) > w.limit {
			w.r.wild = true // infinite and yet at the cap; the finite terms may overflow to the other infinity first
		}
		by := slope(before, slack, rounded, limit)
		own := (capUnits*w.u + w.lines.a.tanhError()) * min(before+slack, limit)
		own += 3 * limit * w.lines.etaAcc // x/c, tanh and x*(1/c) may underflow
		if us := w.stored; us != 0 {
			own += us * min(before+slack, limit) // stored before it is capped as well
		}
		rounded, usual = by*rounded+own, by*usual+own
	}
	return dot, rounded, usual
}

// scoresLean reports whether errors of scores may lean one way in a correct implementation: stored ones are rounded twice,
// and the error of a tanh follows its argument.
//
// So does the rounding of a linear bias, which is the same for keys at the same distance, and that of dequantised numbers,
// which is the same for all rows.
func scoresLean(p *Problem, a Arithmetic) bool {
	if m, ok := p.Mask.(Sloped); ok {
		for h := range p.Heads {
			if slope, _ := m.Slope(0, h, 0); slope != 0 {
				return true
			}
		}
	}
	return a.Scores != (Format{}) || a.Dequantised != (Format{}) || p.Softcap > 0
}
