package reference

import "math"

// lines are the constants of the bound and of the sharp line, which hold for
// all rows of a problem. Writing u for unit roundoffs and g for growth, a row
// with scores s_j, their maximum m, probabilities p_j and output o has
//
//	delta_j = g(D+2, u_acc)*|scale|*sum_d|q_d||k_jd| + u_s*|s_j| + 3*u_acc*(|s_j| + |m|)
//	eps_j   = delta_j + exp error + g(blocks, 2*(u_acc + exp error))
//	T1 = sum_j p_j*eps_j*|v_jd|  +  |o_d|*sum_j p_j*eps_j
//	T2 = (g(n, u_acc) + u_p)*sum_j p_j*|v_jd|  +  g(n, u_acc)*|o_d|
//	T3 = (u_o + 3*u_acc)*|o_d| + underflow
//	bound = (T1 + T2)*exp(2*min(max_j eps_j, 1))*(1 + u_o) + T3
//
// with n the number of allowed keys: adding a zero rounds nothing. Both lines are wider where terms are alike, see
// variety.go. Where there is
// a bias, u_s counts for the score before it too: it may be stored twice. eps_j
// is the relative error of the weight of key j. The sharp line, lambda = 6:
//
//	sigma_j = u_acc*sqrt(D+2)*|scale|*sqrt(sum_d (q_d*k_jd)^2) + u_acc*(|s_j| + |m|) + u_s*|s_j| + exp error
//	S1 = lambda*sqrt( sum_j (p_j*sigma_j*v_jd)^2 + o_d^2*sum_j (p_j*sigma_j)^2 )
//	S2 = lambda*sqrt(n)*u_acc*( sqrt(sum_j (p_j*v_jd)^2) + 0.3*|o_d| )
//	S3 = 0.6*lambda*u_p*sqrt(sum_j (p_j*v_jd)^2)
//	S4 = 8*u_acc*sqrt(blocks)*|o_d|*max(1, A/4)
//	sharp = min(bound, S1 + S2 + S3 + S4 + T3)
//
// Underflow: a weight below the range of the accumulators, or of stored
// probabilities, has an absolute error instead of a relative one. That error,
// summed over |v_j|, and those of products are in T3.
type lines struct {
	a      Arithmetic
	u      float64 // of accumulators
	dot    float64 // g(D+2, u_acc)*|scale|
	dotRMS float64 // u_acc*sqrt(D+2)*|scale|
	expA   float64 // relative error of the exponential ...
	expB   float64 // ... and what each unit of its argument (base e) adds
	passes float64 // g(blocks, 2*(u_acc + exp error))
	sharp4 float64 // S4 over |o_d|

	etaAcc, etaProb float64 // underflow of accumulators and of probabilities
	etaOut, etaIn   float64 // of the output, of inputs that are flushed
	etaTerm         float64 // of a term of a score, over sum|q| + sum|k| + D + 1
	etaScore        float64 // of a stored score
	logEta          float64 // a weight below exp of this underflows
	logSure         float64 // a weight above exp of this does not
	blocks          float64
	accLimit        float64 // |score| that accumulators hold in base 2
	scoreLimit      float64 // and that stored scores do
}

const lambda = 6

func newLines(p *Problem, a Arithmetic) lines {
	flush, u, scale := a.FlushSubnormals, a.Acc.Unit, math.Abs(p.Scale)
	l := lines{a: a, u: u}
	l.dot = growth(p.HeadDim+2, u) * scale
	l.dotRMS = u * math.Sqrt(float64(p.HeadDim+2)) * scale
	l.expA = a.Exp.A * ulp32
	l.expB = a.Exp.B * ulp32 * math.Log2E
	blocks := a.blocks(p.KVLen)
	l.blocks = float64(blocks)
	l.passes = growth(blocks, 2*(u+l.expA))
	l.sharp4 = 8 * u * math.Sqrt(l.blocks) * max(1, a.Exp.A/4)

	l.etaAcc = a.Acc.underflow(flush)
	l.etaProb = a.Probs.underflow(flush)
	l.etaOut = a.Out.underflow(flush)
	if in := a.In.underflow(flush); in == a.In.MinNormal {
		l.etaIn = in
	}
	l.etaTerm = max(l.etaAcc, l.etaIn) * (1 + scale)
	l.etaScore = a.Scores.underflow(flush)
	l.logEta = math.Log(l.etaAcc)
	if l.etaAcc == 0 {
		l.logEta = -746
	}
	l.logSure = math.Log(max(a.Acc.MinNormal, a.Probs.MinNormal, FP32.MinNormal)) + 2
	// Kernels scale scores by log2(e) to use exp2, so that much less fits.
	l.accLimit = a.Acc.Max / (1.01 * math.Log2E)
	l.scoreLimit = a.Scores.Max / (1.01 * math.Log2E)
	return l
}

// rowBounds is what the weights of a row add up to.
type rowBounds struct {
	maxEps float64
	sumPE  float64 // sum_j p_j*eps_j
	sumPS2 float64 // sum_j (p_j*sigma_j)^2
	growth float64 // g(n, u_acc) + alike.lost
	alike  alike
	eta    float64 // absolute error of a weight by underflow
	wild   bool    // scores leave the range of the implementation
}

// surviving says whether the weight of a key of row r with score s cannot
// underflow to zero.
func (l *lines) surviving(r *row, s float64) bool {
	x := s - r.m
	if l.a.NormalizedProbs {
		x -= math.Log(r.l)
	}
	return r.maxEps <= 0.5 && x > l.logSure
}

// weigh turns the products and probabilities of every row into the weights of
// the bound and of the sharp line, in place.
func (b *block) weigh() {
	span := b.span()
	for i := range b.rows {
		r := &b.rows[i]
		s, p, a, c := of(b.score, i, span), of(b.prob, i, span), of(b.dotAbs, i, span), of(b.dotSq, i, span)
		if r.state != rowFinite {
			clear(a)
			clear(c)
			continue
		}
		clear(a[:r.first])
		clear(c[:r.first])
		clear(a[r.last:])
		clear(c[r.last:])
		b.weighRow(i, r, s, p, a, c)
	}
}

func (b *block) weighRow(i int, r *row, s, p, a, c []float64) {
	l := &b.lines
	scale := math.Abs(b.problem.Scale)
	normQ := 0.0
	for _, x := range of(b.absQ, i, b.keys.dim) {
		normQ += x
	}
	normK := b.keys.normK[b.lo:b.hi]
	us, bias := l.a.Scores.Unit, b.biasOf(i)
	r.alike = alikeOf(p[r.first:r.last], l.u, &b.seen)
	r.growth = growth(r.allowed, l.u) + r.alike.lost
	etaFixed := l.etaTerm*(normQ+float64(b.keys.dim)+1) + l.etaScore
	fixed := l.expA + l.passes + etaFixed
	tail := r.growth + l.a.Probs.Unit
	am := math.Abs(r.m)
	wide := max(1, scale)
	limit := l.accLimit / wide
	r.wild = am > l.accLimit
	var sumPE, sumPS2, maxEps float64
	for j := r.first; j < r.last; j++ {
		sj := s[j]
		if math.IsInf(sj, -1) {
			a[j], c[j] = 0, 0
			if bias == nil || bias[j] != sj {
				// An infinite score, of an infinite q or k. The finite terms may
				// overflow to the other infinity before they meet it.
				r.wild = r.wild || b.finiteTerms(i, j) > limit
			}
			continue
		}
		size := math.Abs(sj)
		stored := us * size
		if us != 0 {
			qk := size
			if bias != nil {
				if qk = math.Abs(sj - bias[j]); math.Abs(bias[j]) > 0x1p30 {
					qk = scale * a[j] // the bias has swallowed it
				}
				stored += us * qk
			}
			if qk > l.scoreLimit || sj > l.scoreLimit {
				r.wild = true
			}
		}
		if a[j] > limit {
			r.wild = true
		}
		both := l.u * (size + am)
		exp := l.expB * (r.m - sj)
		eps := l.dot*a[j] + stored + 3*both + exp + fixed + l.etaTerm*normK[j]
		sigma := l.dotRMS*math.Sqrt(c[j]) + both + stored + exp + l.expA
		if eps > 0.5 {
			if sj-r.m+eps <= l.logEta {
				// Whatever its rounding, this weight underflows: r.eta has it.
				a[j], c[j], p[j] = 0, 0, 0
				continue
			}
			if eps > maxEps {
				maxEps = eps
			}
			eps, sigma = min(eps, 1), min(sigma, 1)
		} else if eps > maxEps {
			maxEps = eps
		}
		pj := p[j]
		a[j] = pj * (eps + tail)
		sumPE += pj * eps
		t := pj * sigma
		t *= t
		c[j] = t
		sumPS2 += t
		p[j] = pj * pj
	}
	r.sumPE, r.sumPS2, r.maxEps = sumPE, sumPS2, maxEps
	r.eta = 3*l.etaAcc/r.l + l.etaProb/r.l
	if l.a.NormalizedProbs {
		r.eta += l.etaProb + l.etaAcc
	}
	if r.l > l.accLimit {
		r.wild = true
	}
}

// finiteTerms is the sum of the finite |q_d*k_jd| of row i and the block's key j.
func (b *block) finiteTerms(i, j int) (sum float64) {
	dim := b.keys.dim
	k := of(b.keys.k, b.lo+j, dim)
	for d, q := range of(b.queries(), i, dim) {
		if t := math.Abs(q * k[d]); finite(t) {
			sum += t
		}
	}
	return sum
}
