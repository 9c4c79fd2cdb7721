package reference

import "math"

// This file is what quantised k and v add. An element of them is (i - z)*s, i and z small integers and s a scale; K and V of
// a Problem hold that number, exactly. Where i - z has 9 bits and s no more than 15, or is an fp16 number beside an i of 8
// bits, the product has at most 24 bits: an implementation that multiplies in fp32 rounds nothing, and nothing need be
// declared.
//
// One that keeps the product in a format with the unit roundoff u_q has (i - z)*s*(1 + e), |e| <= u_q, and what underflows
// there. Write k' for k with these errors. Then q.k' is off by at most u_q*sum |q_d*k_d|, so that
//
//	x_j is off by u_q*S_j, and the other errors of the dot product are those of k', at most 1 + u_q times as large
//
// which goes into eps_j beside dot_j. An error of v is one relative error of a term of the product that the sum of weights
// does not have, as the rounding of a probability is: u_q joins u_p in a. An underflow of at most eta_q is an absolute
// error of a term of a score, and of an output of which weights that add up to 1 take a mean.
//
// On the sharp line errors count whole, u_q*S_j and u_q*sum p_j*|v_j|: equal integers of one scale have equal errors, and
// few different integers are the rule. For that reason, and since all rows read the same errors, errors may lean one way.
//
// Subnormal scales of fp32 that are flushed take with them a number of up to 255 times the smallest normal one.

// largestInteger is what i - z is at most, in magnitude.
const largestInteger = 255

// dequantising fills in what quantised k and v lose.
func (l *lines) dequantising(p *Problem) {
	a := l.a
	if f := a.Dequantised; f != (Format{}) {
		l.unitK = f.Unit
		l.inProd += f.Unit
		l.etaIn = max(l.etaIn, f.underflow(a.FlushSubnormals))
		l.outside = past(p.K, f.Max) || past(p.V, f.Max)
	}
	if f := a.QuantScales; f != (Format{}) && a.FlushSubnormals && f.underflow(true) == f.MinNormal {
		l.etaIn = max(l.etaIn, largestInteger*f.MinNormal)
	}
}

// past reports whether a finite number is past the largest of a format.
func past(x []float64, most float64) bool {
	for _, v := range x {
		if math.Abs(v) > most && finite(v) {
			return true
		}
	}
	return false
}
