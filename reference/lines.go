package reference

import "math"

// sumWeights runs the products of the weights with V.
func (b *block) sumWeights() {
	k, rows := b.keys, len(b.rows)
	size := rows * k.vDim
	for _, sum := range []*[]float64{&b.sumA, &b.sumQ, &b.sumH} {
		*sum = resize(*sum, size)
	}
	products := []weighted{{b.sumA, b.prob, magnitude}, {b.sumH, b.dotAbs, magnitude}, {b.sumQ, b.prob, square}}
	if b.sharp {
		for _, sum := range []*[]float64{&b.sumC1, &b.sumC2, &b.sumP2} {
			*sum = resize(*sum, size)
		}
		products = append(products, weighted{b.sumC1, b.dotSq, asStored}, weighted{b.sumC2, b.dotSq, square}, weighted{b.sumP2, b.prob2, square})
	}
	b.valueProducts(k.vDim, products...)
	b.tilts()
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
			sum := of(b.sumV, i, k.vDim)
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
	b.valueProducts(k.vDim, weighted{b.sumV, b.score, magnitude})
}

// least is the largest share of a sum that may be lost and the row still judged.
const least = 0.75

// drawLines computes bound, sharp line and demand of a finite row.
func (b *block) drawLines(i int) {
	r, l, dim := &b.rows[i], &b.lines, b.keys.vDim
	demand := b.r.OutputDemand[r.index*dim:][:dim]
	lse := b.drawLSE(r)
	e := b.element(i, r, lse)
	e.any = e.convex(i)
	sharp := of(b.r.Sharp, r.index, dim)
	bound := of(b.r.Bound, r.index, dim)
	for d, o := range of(b.r.Output, r.index, dim) {
		var absolute float64
		bound[d], sharp[d], absolute = e.lines(d, o)
		if l := b.r.leaning; l != nil && d < l.columns {
			l.may[r.index*l.columns+d] = absolute + (r.alike.lost+r.alike.worst)*(math.Abs(o)+e.a[d])
		}
		demand[d] = outputDemand(o, bound[d], l.a.Out)
	}
	b.r.Condition[r.index] = e.cond
	// A row with nearly all its weight on one key is rounded to that key's v, scores
	// that differ by little beside their size are rounded to one, and sums of few
	// different terms err the more the larger they are, as another scale would.
	if u := max(l.a.Out.Unit, l.a.Probs.Unit, l.a.Parts.Unit, l.u); b.r.leaning != nil && e.cond <= 0.5 && !r.wild && !r.fewTerms &&
		r.rest >= 64*u && r.spread >= 8*max(l.a.Probs.Unit, l.a.Parts.Unit, 64*l.u*(1+math.Abs(r.m))) {
		b.r.leaning.spread[r.index] = r.spread
	}
	b.judgeable(i, r, e, demand)
}

// element draws the lines of one row, element by element.
type element struct {
	b          *block
	r          *row
	l          *lines
	n          float64 // allowed keys
	cond, expE float64
	sum        float64 // relative error of the sum of weights
	product    float64 // and of the sum over v, where its column has many values
	lse        float64 // bound of the logsumexp where weights are computed twice
	coherent   float64 // of the sharp line, over the spread of v
	underflow  float64
	any        convex // where nothing is known of the weights
	a, q, h, v []float64
	c1, c2, p2 []float64
	s2, s3     float64

	// What every column needs of these and of the row.
	lost   float64 // what float64 may lose of a difference of squares, twice
	rest   float64 // one over what is left of the sum of weights at least
	stored float64 // of the division and of the store
	tiny   float64 // what underflows of weights, over the size of v and o
	sumPH  float64
	ofSum  float64 // of the sharp line: what terms alike add to the sum
}

func (b *block) element(i int, r *row, lse float64) *element {
	l, dim := &b.lines, b.keys.vDim
	e := &b.drawing
	*e = element{b: b, r: r, l: l, n: float64(r.allowed), cond: r.cond, expE: math.Exp(min(r.sumPE, 700)),
		a: of(b.sumA, i, dim), q: of(b.sumQ, i, dim), h: of(b.sumH, i, dim), v: of(b.sumV, i, dim)}
	if b.sharp {
		e.c1, e.c2, e.p2 = of(b.sumC1, i, dim), of(b.sumC2, i, dim), of(b.sumP2, i, dim)
	}
	e.n += r.sink.terms()
	e.product, e.sum = l.sums(r.allowed, r.alike.lost, 0, r.alike.worst)
	if l.a.RecomputedWeights {
		e.lse = math.Expm1(lse)
		e.cond = max(e.cond, e.lse)
	}
	if 1-e.sum < 1-least {
		e.cond = math.Inf(1)
	}
	e.coherent = 3*l.u*r.spread + l.sharpRun
	if l.blocks > 1 || l.splits > 0 {
		e.coherent += l.u * math.Abs(r.m)
	}
	accTerms := (e.n + float64(2*l.blocks) + 2) * l.etaAcc
	if !l.a.NormalizedProbs {
		accTerms /= r.l
	}
	e.underflow = l.etaOut + l.etaIn + l.etaAcc + accTerms
	e.s2 = lambda * math.Sqrt(e.n+float64(l.blocks)) * l.u
	e.s3 = 0.6 * lambda * (max(l.inProd-l.a.Parts.Unit-l.unitK, 0) + l.inParts)
	e.lost = (e.n + 8) * 0x1p-52
	e.rest = 1 / (1 - min(e.sum, least))
	e.stored = l.a.stored()
	e.tiny = r.eta * e.expE * e.rest
	e.sumPH = r.sumPH
	e.ofSum = min(r.alike.worst, e.sum)
	return e
}

// lines returns bound and sharp line of column d, where the output is o, and what
// underflow has of both.
func (e *element) lines(d int, o float64) (bound, sharp, absolute float64) {
	if e.any.holds {
		bound = e.any.bound(e, d, o)
		return bound, bound, 0
	}
	if !(e.cond <= 0.5) {
		return math.Inf(1), math.Inf(1), 0
	}
	l, r := e.l, e.r
	a, q, weights := e.a[d], e.q[d], e.h[d]
	signed := o
	sd, rms := math.Sqrt(max(q-o*o, 0)+e.lost*q), math.Sqrt(q)
	o = math.Abs(o)

	shared := min(r.cond*sd, e.expE*(weights+o*e.sumPH))
	if l.a.RecomputedWeights {
		shared = (1+e.lse)*e.expE*weights + e.lse*o
	}
	alike := 0.0
	if r.alike.worst > 0 {
		if col := e.b.keys.column(d, l.u); few(r.alike.distinct*col.distinct, min(r.alike.terms, col.nonzero)) {
			alike = min(float64(col.nonzero), e.n) * l.u
		}
	}
	product := e.product
	if alike != 0 {
		product, _ = l.sums(r.allowed, r.alike.lost, alike, 0)
	}
	unshared := ((product+l.inProd)*(a+min(r.cond*rms, e.expE*(weights+a*e.sumPH))) + e.sum*(o+shared)) * e.rest
	absolute = e.underflow + e.tiny*(e.v[d]+e.n*(o+shared))
	bound = (shared+unshared)*(1+e.stored) + e.stored*o + absolute
	if !e.b.sharp {
		return bound, bound, absolute
	}

	root := math.Sqrt(e.p2[d])
	first := shared
	if !r.like && !l.a.RecomputedWeights {
		c := e.c2[d] + o*o*r.sumPS2
		first = lambda*math.Sqrt(max(c-2*e.c1[d]*signed, 0)+4*e.lost*c) + e.coherent*sd
	}
	sharp = first + e.s2*(root+0.3*o) + e.s3*root + e.stored*o + absolute +
		r.alike.lost*(a+o) + e.ofSum*o + alike*a
	sharp += l.unitK * a
	return bound, min(bound, sharp), absolute
}

// drawLSE computes the bound of the row's logsumexp. A weight's relative error
// is an absolute one of the logarithm of the sum, in proportion to the weight.
// Here nothing cancels: what is common to all weights, that is the rounding of
// scale and log2(e) and of the maximum's unit, is in proportion to the maximum.
// The logarithm itself may be off by 4 units, near 1 by as much absolutely.
func (b *block) drawLSE(r *row) float64 {
	l := &b.lines
	logL := math.Abs(math.Log(r.l))
	_, sum := l.sums(r.allowed, r.alike.lost, 0, r.alike.worst)
	bound := r.sumPH + sum/(1-min(sum, least)) + 4*l.u*(1+logL) + 6*l.u*math.Abs(r.m) + 3*l.u*(r.topFor+r.sink.keys()) +
		(float64(r.allowed)+r.sink.terms())*r.eta*math.Exp(min(r.sumPE, 700)) + l.etaAcc
	b.r.LSEBound[r.index] = bound
	b.r.LSEDemand[r.index] = outputDemand(b.r.LSE[r.index], bound, l.a.Acc)
	if !(r.sumPH+sum <= 0.5) {
		b.r.LSEDemand[r.index] = AnyFinite
	}
	return bound
}

// judgeable takes back the demands that no implementation of this arithmetic
// can be held to.
func (b *block) judgeable(i int, r *row, e *element, demand []Demand) {
	l := &b.lines
	switch {
	case r.wild:
		for d := range demand {
			demand[d] = Anything
		}
		b.r.LSEDemand[r.index] = Anything
		return
	case !(e.cond <= 0.5) && !e.any.holds: // and its lines are infinite
		for d := range demand {
			demand[d] = AnyFinite
			if b.keys.maxV[d] >= l.a.Out.Max*0.99 {
				demand[d] = Anything
			}
		}
	}
	// Sums of exp(s-m)*v before they are divided by l may leave the range of
	// the accumulators while the output is well inside its own.
	total := r.l
	if l.a.NormalizedProbs {
		total = 1
	}
	limit := 0.9 * l.a.Acc.Max
	for d, v := range b.keys.maxV {
		if v*total > limit && e.a[d]*total > limit {
			demand[d] |= AnyNonFinite
		}
	}
}
