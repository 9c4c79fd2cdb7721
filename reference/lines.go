package reference

import "math"

// sumWeights runs the products of the weights with V.
func (b *block) sumWeights() {
	k, rows := b.keys, len(b.rows)
	size := rows * k.dim
	b.sumW, b.sumC, b.sumP2 = resize(b.sumW, size), resize(b.sumC, size), resize(b.sumP2, size)
	valueProduct(b.sumW, b.dotAbs, k.absVt, rows, k.dim, k.n, b.lo, b.hi)
	valueProduct(b.sumC, b.dotSq, k.sqVt, rows, k.dim, k.n, b.lo, b.hi)
	valueProduct(b.sumP2, b.prob, k.sqVt, rows, k.dim, k.n, b.lo, b.hi)
	b.sumV = resize(b.sumV, size)
	b.sumAllowed()
}

// sumAllowed fills sumV with the sum of |v| over the allowed keys of each row.
// It is multiplied with the tiny error of weights that underflow, so unless
// that product can be seen at all, n times the largest |v| does instead.
func (b *block) sumAllowed() {
	k, span := b.keys, b.span()
	var eta, top float64
	for i := range b.rows {
		eta = max(eta, b.rows[i].eta*float64(b.rows[i].allowed))
	}
	for _, v := range k.maxV {
		top = max(top, v)
	}
	if eta*top < 1e-20 {
		for i := range b.rows {
			sum := of(b.sumV, i, k.dim)
			for d, v := range k.maxV {
				sum[d] = float64(b.rows[i].allowed) * v
			}
		}
		return
	}
	for i := range b.rows {
		s := of(b.score, i, span)
		for j, x := range s {
			if math.IsInf(x, -1) || b.rows[i].state != rowFinite {
				s[j] = 0
			} else {
				s[j] = 1
			}
		}
	}
	valueProduct(b.sumV, b.score, k.absVt, len(b.rows), k.dim, k.n, b.lo, b.hi)
}

// drawLines computes bound, sharp line and demand of a finite row.
func (b *block) drawLines(i int) {
	r, l, dim := &b.rows[i], &b.lines, b.keys.dim
	out := of(b.r.Output, r.index, dim)
	bound, sharp := of(b.r.Bound, r.index, dim), of(b.r.Sharp, r.index, dim)
	demand := b.r.OutputDemand[r.index*dim:][:dim]
	w, c, p2, v := of(b.sumW, i, dim), of(b.sumC, i, dim), of(b.sumP2, i, dim), of(b.sumV, i, dim)

	n := float64(r.allowed)
	uOut := l.a.Out.Unit
	spread := math.Exp(2*min(r.maxEps, 1)) * (1 + uOut)
	perOut := r.sumPE + r.growth
	accTerms := (n + 2*l.blocks + 2) * l.etaAcc
	if !l.a.NormalizedProbs {
		accTerms /= r.l
	}
	underflow := l.etaOut + l.etaIn + l.etaAcc + accTerms
	s2 := lambda * math.Sqrt(n) * l.u
	s3 := 0.6 * lambda * l.a.Probs.Unit
	tail := r.growth + l.a.Probs.Unit
	for d, o := range out {
		o = math.Abs(o)
		root := math.Sqrt(p2[d])
		absolute := min(w[d]/tail, math.Sqrt(n)*root) // at least sum_j p_j*|v_jd|
		same := r.alike.worst * o
		if r.alike.worst > 0 {
			if col := b.keys.column(d, l.u); few(r.alike.distinct*col.distinct, min(r.alike.terms, col.nonzero)) {
				same += min(float64(col.nonzero), n) * l.u * b.absoluteSum(i, d)
			}
		}
		t3 := (uOut+3*l.u)*o + underflow + r.eta*(v[d]+n*o)
		bound[d] = (w[d]+o*perOut+same)*spread + t3
		line := lambda*math.Sqrt(c[d]+o*o*r.sumPS2) + s2*(root+0.3*o) + s3*root + l.sharp4*o + t3 + same + r.alike.lost*(absolute+o)
		sharp[d] = min(bound[d], line)
		demand[d] = outputDemand(out[d], bound[d], l.a.Out)
	}
	b.drawLSE(r)
	b.r.MaxEps[r.index] = r.maxEps
	b.judgeable(i, r, demand)
}

// drawLSE computes the bound of the row's logsumexp. A weight's relative error
// is an absolute one of the logarithm of the sum, in proportion to the weight.
// The logarithm itself may be off by 4 units, near 1 by as much absolutely.
func (b *block) drawLSE(r *row) {
	l := &b.lines
	logL := math.Abs(math.Log(r.l))
	spread := math.Exp(2 * min(r.maxEps, 1))
	b.r.LSEBound[r.index] = (r.sumPE+r.growth+r.alike.worst)*spread + 4*l.u*(1+logL) + 3*l.u*math.Abs(r.m) +
		float64(r.allowed)*r.eta + l.etaAcc
	b.r.LSEDemand[r.index] = outputDemand(b.r.LSE[r.index], b.r.LSEBound[r.index], l.a.Acc)
}

// judgeable takes back the demands that no implementation of this arithmetic
// can be held to.
func (b *block) judgeable(i int, r *row, demand []Demand) {
	l := &b.lines
	switch {
	case r.wild:
		for d := range demand {
			demand[d] = Anything
		}
		b.r.LSEDemand[r.index] = Anything
		return
	case r.maxEps > 0.5:
		for d := range demand {
			demand[d] = AnyFinite
			if b.keys.maxV[d] >= l.a.Out.Max*0.99 {
				demand[d] = Anything
			}
		}
		b.r.LSEDemand[r.index] = AnyFinite
	}
	// Sums of exp(s-m)*v before they are divided by l may leave the range of
	// the accumulators while the output is well inside its own.
	total := r.l
	if l.a.NormalizedProbs {
		total = 1
	}
	limit := 0.9 * l.a.Acc.Max
	for d, v := range b.keys.maxV {
		if v*total > limit && b.absoluteSum(i, d)*total > limit {
			demand[d] |= AnyNonFinite
		}
	}
}

// absoluteSum is sum_j p_j*|v_jd| of row i, from the squares that weigh left.
func (b *block) absoluteSum(i, d int) float64 {
	var sum float64
	v := of(b.keys.absVt, d, b.keys.n)[b.lo:b.hi]
	for j, p2 := range of(b.prob, i, b.span()) {
		if p2 > 0 {
			sum += math.Sqrt(p2) * v[j]
		}
	}
	return sum
}
