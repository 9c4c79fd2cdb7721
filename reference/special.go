package reference

import "math"

// This file is the one place that holds what special values demand.
//
// A key is allowed for a row where its bias is not -Inf. Nothing that belongs
// to a key that is not allowed may reach the row, whatever its k and v hold.
//
//	no batch, or no query            no row, so nothing is demanded
//	a row with no allowed key        0 and logsumexp -Inf, or NaN, as declared; so
//	                                 is every row where there is no key at all
//	... and NaN or Inf in its q      as above, or NaN: bias -Inf added to NaN
//	a row with no allowed key and a  0, whatever is declared, and the sink as
//	sink                             logsumexp; or NaN with NaN or Inf in its q
//	an allowed score of NaN or +Inf  NaN in every column: Inf-Inf in the softmax.
//	                                 It comes from NaN or Inf in q or k (Inf*0
//	                                 too), or from a bias of NaN or +Inf;
//	                                 logsumexp NaN, or +Inf where no NaN is in it
//	an allowed score of -Inf         weight exactly 0
//	... and no other allowed key     as a row with no allowed key, or NaN
//	NaN in an allowed v              NaN in that column, whatever the weight
//	Inf in an allowed v              Inf of that sign in that column; NaN where
//	                                 both signs meet; NaN accepted as well where
//	                                 the weight may underflow to 0 (0*Inf)
//	output past its format           where the interval that the bound allows
//	                                 leaves the finite range: Inf or the largest
//	                                 finite value, of that sign
//	scores past the accumulators     the row cannot be judged
//	weighted sums past them          NaN and Inf cannot be judged, a number can
//	ill-conditioned row              a number between the least and the largest v
//	                                 that the row may see (convex.go); NaN and
//	                                 Inf are still wrong
//	subnormals                       inside the bound, kept or flushed as declared
//	arithmetic without NaN and Inf   whatever would depend on them cannot be judged

// Demand is what an element may be: any of the classes whose bit is set.
type Demand uint8

const (
	// Value accepts a number within the bound of the reference.
	Value Demand = 1 << iota
	// NaN, PosInf and NegInf accept that value.
	NaN
	PosInf
	NegInf
	// AnyFinite means that a number cannot be judged, AnyNonFinite that NaN and
	// infinities cannot.
	AnyFinite
	AnyNonFinite

	// Anything means that nothing can be judged.
	Anything = AnyFinite | AnyNonFinite
)

// rowState is what the scores of a row come to.
type rowState uint8

const (
	rowFinite    rowState = iota // an allowed finite score, and none of NaN or +Inf
	rowEmpty                     // no allowed key
	rowEmptyBadQ                 // no allowed key, NaN or Inf in q
	rowNegInf                    // allowed keys, all with a score of -Inf
	rowPosInf                    // an allowed score of +Inf, none of NaN
	rowNaN                       // an allowed score of NaN
	rowSink                      // no allowed key, but a sink
	rowSinkOrNaN                 // the same with NaN or Inf in q, or with allowed keys whose scores are all -Inf
)

// rowDemand returns what every element of a row that is not rowFinite must be.
func (a Arithmetic) rowDemand(s rowState) (out, lse float64, outDemand, lseDemand Demand) {
	nan, negInf := math.NaN(), math.Inf(-1)
	outDemand, lseDemand = Value, NegInf
	lse = negInf
	if a.Empty == EmptyNaN {
		out, outDemand, lseDemand = nan, NaN, NaN|NegInf
	}
	switch s {
	case rowEmptyBadQ, rowNegInf:
		outDemand |= NaN
		lseDemand |= NaN
	case rowPosInf:
		out, lse, outDemand, lseDemand = nan, nan, NaN, NaN|PosInf
	case rowNaN:
		out, lse, outDemand, lseDemand = nan, nan, NaN, NaN
	}
	if a.FiniteMath && s != rowEmpty {
		outDemand, lseDemand = Anything, Anything
	}
	return out, lse, outDemand, lseDemand
}

// columnMark is what an allowed v that is not finite does to its column. Sure
// means that its weight cannot underflow to zero in the implementation.
type columnMark uint8

const (
	sawNaN columnMark = 1 << iota
	surePosInf
	sureNegInf
	maybePosInf
	maybeNegInf
)

// markOf returns the mark of one value that is not finite.
func markOf(v float64, sure bool) columnMark {
	switch {
	case math.IsNaN(v):
		return sawNaN
	case v > 0 && sure:
		return surePosInf
	case v > 0:
		return maybePosInf
	case sure:
		return sureNegInf
	}
	return maybeNegInf
}

// columnDemand returns what an element must be whose column has a mark.
func (a Arithmetic) columnDemand(m columnMark) (want float64, d Demand) {
	sure := m & (surePosInf | sureNegInf)
	maybe := m & (maybePosInf | maybeNegInf)
	if m&sawNaN != 0 || sure == surePosInf|sureNegInf {
		d = NaN
	} else {
		if sure == surePosInf || sure == 0 && maybe&maybePosInf != 0 {
			d |= PosInf
		}
		if sure == sureNegInf || sure == 0 && maybe&maybeNegInf != 0 {
			d |= NegInf
		}
		if maybe != 0 {
			d |= NaN // 0*Inf, or both signs
		}
	}
	pos := m&(surePosInf|maybePosInf) != 0
	neg := m&(sureNegInf|maybeNegInf) != 0
	switch {
	case m&sawNaN != 0, pos && neg:
		want = math.NaN()
	case pos:
		want = math.Inf(1)
	default:
		want = math.Inf(-1)
	}
	if a.FiniteMath {
		d = Anything
	}
	return want, d
}

// outputDemand adds to what a finite element may be the infinities that the
// output's format rounds the ends of its interval to.
func outputDemand(want, bound float64, out Format) Demand {
	d := Value
	if want+bound >= out.Max {
		d |= PosInf
	}
	if want-bound <= -out.Max {
		d |= NegInf
	}
	return d
}

// carefulScore is q.k in IEEE arithmetic, in which NaN and infinities count.
// gonum's products skip factors of zero, so 0*NaN is lost in them.
func carefulScore(q, k []float64) float64 {
	var s float64
	for d, x := range q {
		s += x * k[d]
	}
	return s
}

func finite(x float64) bool { return math.Abs(x) <= math.MaxFloat64 }
