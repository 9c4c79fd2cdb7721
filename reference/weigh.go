package reference

import "math"

// weigh turns the products and probabilities of every row into the weights of
// the bound and of the sharp line, in place.
func (b *block) weigh() {
	span := b.span()
	if b.sharp {
		b.prob2 = resize(b.prob2, len(b.rows)*span)
	}
	for i := range b.rows {
		r := &b.rows[i]
		if r.state != rowFinite {
			clear(of(b.dotAbs, i, span))
			if b.sharp {
				clear(of(b.dotSq, i, span))
				clear(of(b.prob2, i, span))
			}
			continue
		}
		w := b.weigher(i, r)
		w.all()
	}
}

// weigher is one row at work.
type weigher struct {
	*lines
	b              *block
	i              int
	r              *row
	s, p, a, c, s2 []float64 // scores, probabilities, |q|.|k|, q^2.k^2; room for p^2
	bias, normK    []float64
	likeQ          elements
	likeK          []elements
	growth         rowGrowth
	am, limit      float64
	fixed          float64 // part of the error of every weight
	topBias        float64

	// Constants of the row that each key needs.
	gapBound, gapUsual float64 // of a weight's error, over the gap to the largest score
	tripled            float64 // 3*u
	stored             float64 // unit roundoff of stored scores
	softcap            float64
}

func (b *block) weigher(i int, r *row) *weigher {
	span, l := b.span(), &b.lines
	w := &b.weighing
	*w = weigher{lines: l, b: b, i: i, r: r,
		s: of(b.score, i, span), p: of(b.prob, i, span), a: of(b.dotAbs, i, span), c: of(b.dotSq, i, span),
		bias: b.biasOf(i), normK: b.keys.normK[b.lo:b.hi], likeK: b.keys.likeK[b.lo:b.hi],
		am: math.Abs(r.m), limit: l.accLimit / max(1, l.scale)}
	clear(w.a[:r.first])
	clear(w.a[r.last:])
	if b.sharp {
		w.s2 = of(b.prob2, i, span)
		for _, x := range [][]float64{w.c, w.s2} {
			clear(x[:r.first])
			clear(x[r.last:])
		}
	}
	var normQ float64
	w.likeQ, normQ = elementsOf(of(b.q, i, b.keys.dim), l.u, &b.seen)
	w.gapBound, w.gapUsual, w.tripled = gapUnits*l.u+l.expB, gapSharpUnits*l.u+l.expB, 3*l.u
	w.stored, w.softcap = l.a.Scores.Unit, b.problem.Softcap
	w.fixed = l.expA + l.passes + l.merging + l.inSum + l.etaTerm*(normQ+float64(b.keys.dim)+1) + l.etaScore
	return w
}

// errors returns the bound of the relative error of the weight of key j, and the
// size that it usually has.
func (w *weigher) errors(j int) (eps, sigma float64) {
	sj := w.s[j]
	size, gap := math.Abs(sj), w.r.m-sj
	dot, rounded, usual := w.score(j)
	stored := 0.0
	if us := w.stored; us != 0 {
		stored = us * size
		if w.bias != nil {
			stored += us * dot
		}
		if dot > w.scoreLimit || sj > w.scoreLimit {
			w.r.wild = true
		}
	}
	if w.a[j] > w.limit {
		w.r.wild = true
	}
	eps = rounded + stored + w.gapBound*gap + w.fixed + w.etaTerm*w.normK[j]
	sigma = usual + stored + w.gapUsual*gap + w.u*size + w.expA + w.inSum
	if w.bias != nil {
		bj := math.Abs(w.bias[j])
		eps += w.u*(2*size+bj) + w.tripled*math.Abs(w.bias[j]-w.topBias)
		sigma += w.u * bj
		if w.r.slope != 0 {
			// The product is rounded, and the sum with another bias, whose parts may
			// be larger than what it comes to.
			linear := math.Abs(w.r.slope * float64(w.r.place-w.b.lo-j))
			eps += w.u * (3*linear + bj)
			sigma += 2 * w.u * linear
		}
	}
	if w.blocks > 1 {
		eps += w.u * max(size, w.am)
	}
	if w.splits > 0 {
		eps += w.tripled*max(size, w.am) + w.expB*gap
	}
	return eps, sigma
}

// start notes what a row's largest numbers alone decide, before its keys are weighed.
func (w *weigher) start() {
	r, l := w.r, w.lines
	r.fewTerms = false
	apart := told{w.s[r.first:r.last], l.u, 2 * max(l.u, l.a.Scores.Unit) * w.am}
	r.alike = alikeOf(w.p[r.first:r.last], apart, &w.b.seen, &w.b.often)
	// Keys of one score have one error, which cancels, or errors of their own. Keys
	// of a few scores may have an error each score.
	r.like = r.alike.worst > 0 && (r.alike.distinct > 1 || r.alike.mixed)
	r.wild = l.outside || w.am > l.accLimit || r.sink.there && math.Abs(r.sink.logit) > l.accLimit || l.a.Scores.Unit != 0 && w.am > l.scoreLimit
	if w.bias != nil {
		w.topBias = w.bias[r.top]
		r.topFor = math.Abs(w.topBias)
	}
}

// all fills a with p*h, for a sharp line c with (p*sigma)^2 and s2 with p^2, and the row's sums. It stays one loop: it runs
// once for each key of each row.
func (w *weigher) all() {
	r, l, sharp := w.r, w.lines, w.b.sharp
	w.start()
	first, _ := w.errors(r.top)
	ofSink, usualOfSink := w.sinkErrors()
	if r.sink.top {
		first = ofSink
	}
	var sumPE, sumPH, sumPH2, sumPE1, sumPH1, sumPS2, maxEps, mean, square float64
	for j := r.first; j < r.last; j++ {
		sj := w.s[j]
		if math.IsInf(sj, -1) {
			w.a[j] = 0
			if sharp {
				w.c[j], w.s2[j] = 0, 0
			}
			if w.bias == nil || w.bias[j] != sj {
				// An infinite score, of an infinite q or k. The finite terms may
				// overflow to the other infinity before they meet it.
				r.wild = r.wild || w.b.finiteTerms(w.i, j) > w.limit
			}
			continue
		}
		eps, sigma := w.errors(j)
		if sj-r.m+eps <= l.logEta {
			// Whatever its rounding, this weight underflows: r.eta has it.
			w.a[j], w.p[j] = 0, 0
			if sharp {
				w.c[j], w.s2[j] = 0, 0
			}
			continue
		}
		maxEps = max(maxEps, eps)
		pj := w.p[j]
		if pj == 0 {
			// Nothing in float64, and yet it may be something.
			sumPH = math.Inf(1)
		}
		h := expm1(eps)
		ph := pj * h
		sumPE += pj * eps
		sumPH += ph
		sumPH2 += ph * h
		if j != r.top || r.sink.top {
			eps1 := eps + first
			h1 := expm1(eps1)
			sumPE1 += pj * eps1
			sumPH1 += pj * h1 * h1
		}
		w.a[j] = ph
		if !sharp {
			continue
		}
		t := pj * min(sigma, 1)
		t *= t
		w.c[j] = t
		sumPS2 += t
		w.s2[j] = pj * pj
		x := sj - r.m
		mean += pj * x
		square += pj * x * x
	}
	r.rest = 1 - w.p[r.top]
	if r.sink.top {
		r.rest = 1 - r.sink.p
	}
	if r.sink.there && r.sink.logit-r.m+ofSink > l.logEta {
		p, h, x := r.sink.p, expm1(ofSink), r.sink.logit-r.m
		if p == 0 {
			sumPH = math.Inf(1)
		}
		maxEps = max(maxEps, ofSink)
		sumPE += p * ofSink
		sumPH += p * h
		sumPH2 += p * h * h
		if !r.sink.top {
			eps1 := ofSink + first
			h1 := expm1(eps1)
			sumPE1 += p * eps1
			sumPH1 += p * h1 * h1
		}
		t := p * min(usualOfSink, 1)
		sumPS2 += t * t
		mean += p * x
		square += p * x * x
	}
	r.sumPE, r.sumPH, r.sumPS2, r.maxEps = sumPE, sumPH, sumPS2, maxEps
	r.mean = mean
	r.spread = math.Sqrt(max(square-mean*mean, 0))
	r.cond = min(math.Exp(sumPE)*math.Sqrt(sumPH2), math.Exp(sumPE1)*math.Sqrt(sumPH1))
	if !(sumPH < math.Inf(1)) || r.cond != r.cond {
		r.cond, r.sumPH = math.Inf(1), math.Inf(1)
		clear(w.a)
	}
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
