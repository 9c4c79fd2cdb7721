package reference

import "math"

// This file is the way from a product q.k to a score: its value, how far rounding puts it off before the mask is added,
// and what that means for lines that several rows share. The package's documentation has the formulas.

// score is the score of a product q.k, before the mask is added.
func (p *Problem) score(dot float64) float64 { return p.Scale * dot }

// scaleScores applies scale and bias, and finds the largest score of the row.
func (b *block) scaleScores(i int, r *row, s []float64) {
	bias, badK := b.biasOf(i), b.keys.badK
	negInf := math.Inf(-1)
	r.m = negInf
	for j := range s {
		if j < r.first || j >= r.last {
			s[j] = negInf
			continue
		}
		x := s[j]
		if r.badQ || badK != nil && badK[b.lo+j] {
			dim, key := b.keys.dim, b.lo+j
			x = carefulScore(of(b.queries(), i, dim), of(b.keys.k, key, dim))
		}
		x = b.problem.score(x)
		if bias != nil {
			if bias[j] == negInf {
				s[j] = negInf
				continue
			}
			x += bias[j]
		}
		r.allowed++
		s[j] = x
		if x > r.m {
			r.m, r.top = x, j
		}
		if !(x <= math.MaxFloat64) {
			if math.IsNaN(x) {
				r.state = rowNaN
			} else if r.state != rowNaN {
				r.state = rowPosInf
			}
		}
	}
}

// score gives, of the score of key j before the mask is added, its size, the bound of its absolute error, and the size
// that this usually has.
func (w *weigher) score(j int) (dot, rounded, usual float64) {
	sj, size := w.s[j], math.Abs(w.s[j])
	sum := w.scale * w.a[j] // |scale|*sum|q||k|
	dot = size
	if w.bias != nil {
		if dot = math.Abs(sj-w.bias[j]) + 0x1p-52*size; dot > sum || math.Abs(w.bias[j]) > 0x1p30 {
			dot = sum // the bias has swallowed it
		}
	}
	ofSum, ofDot, alike := dotGrowth(w.likeQ, w.likeK[j])
	worst := float64(min(w.likeQ.nonzero, w.likeK[j].nonzero) + 2)
	rounded = w.u * min(worst*sum, ofSum*sum+ofDot*dot)
	usual = w.u * (math.Sqrt(worst*w.c[j])*w.scale + 0.6*math.Sqrt(worst)*dot)
	// Products of one size make a sum of squares as small as it can be. Partial
	// sums of n such terms come to half of n times the sum, and those of terms that
	// differ by a sixth to little more.
	even := w.a[j]*w.a[j] > 0.97*(worst-2)*w.c[j]
	if even {
		rounded = min(rounded, w.u*(0.62*worst+3)*sum)
	}
	if alike || even {
		usual = max(usual, 0.2*w.u*worst*sum)
	}
	return dot, rounded, usual
}

// scoresLean says whether errors of scores may lean one way in a correct implementation: stored ones are rounded twice.
func scoresLean(_ *Problem, a Arithmetic) bool { return a.Scores != (Format{}) }
