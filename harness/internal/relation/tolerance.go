package relation

import (
	"math"

	"attest.example/attest/reference"
)

// rounding is what tolerances need of an arithmetic, in the reference's terms and symbols (see package reference, whose
// bound these parts belong to).
type rounding struct {
	u, uOut, uProb, uScore float64
	expA, expB             float64 // relative error of the exponential: expA + expB*|x|, x in base e
	blocks                 float64
	passes                 float64 // g(blocks, 2*(u_acc + expA)): what rescaling adds to the error of a weight

	etaAcc, etaProb, etaOut, etaIn, etaScore float64 // absolute errors from the end of the exponent range
}

func (s *Subject) rounding() rounding {
	a := s.Arithmetic
	const ulp32 = 0x1p-23
	r := rounding{u: a.Acc.Unit, uOut: a.Out.Unit, uProb: a.Probs.Unit, uScore: a.Scores.Unit,
		expA: a.Exp.A * ulp32, expB: a.Exp.B * ulp32 * math.Log2E}
	blocks := 1
	if a.Block > 0 {
		blocks = max(1, (s.Case.KVLen+a.Block-1)/a.Block)
	}
	r.blocks = float64(blocks)
	r.passes = growth(blocks, 2*(r.u+r.expA))
	flush := a.FlushSubnormals
	r.etaAcc, r.etaProb, r.etaOut = underflow(a.Acc, flush), underflow(a.Probs, flush), underflow(a.Out, flush)
	r.etaScore = underflow(a.Scores, flush)
	if flush && a.In.MinNormal < 0x1p-100 {
		r.etaIn = a.In.MinNormal
	}
	return r
}

// growth is the relative error of a sum of n terms: the worst case where it is short, the probabilistic bound of Higham
// and Mary (2019) with lambda = 4 where it is long.
func growth(n int, u float64) float64 { return min(float64(n), 4*math.Sqrt(float64(n))) * u }

// alike is how much more a derived run of n keys may err, relative to the largest |v| and to |o|, where its terms are
// alike and the base's are not: the reference then adds the worst case to the statistical growth, and once more what
// terms below the sum's last bit lose, each at most n*u.
func alike(n int, u float64) float64 { return 2 * float64(n) * u }

// underflow is the largest absolute error of a value stored below the normal range.
func underflow(f reference.Format, flush bool) float64 {
	if flush && f.MinNormal < 0x1p-100 {
		return f.MinNormal
	}
	return f.MinSubnormal / 2
}

// weightEta bounds the absolute error of a weight by underflow. The sum that weights are divided by is at least 1,
// since the largest term is exp(0).
func (r rounding) weightEta() float64 { return 4*r.etaAcc + 2*r.etaProb }

// outputEta bounds what underflow adds to an output of n keys, where sumV is the sum of |v| over them and o the largest
// |output|.
func (r rounding) outputEta(n int, sumV, o float64) float64 {
	return r.etaOut + r.etaIn + (float64(n)+2*r.blocks+3)*r.etaAcc + r.weightEta()*(sumV+float64(n)*o)
}

// roundedUp is how much more underflow the reference may allow an element of column c in one run than in another. It
// multiplies the error of a weight with the sum of |v|, or, where the product stays below 1e-20, with kv_len times the
// largest |v|.
func (r rounding) roundedUp(kvLen int, c column) float64 {
	return min(r.weightEta()*float64(kvLen)*c.everywhere, 1e-20)
}

// spread is the bound's factor for second-order terms: exp(2*eps)*(1 + u_o).
func (r rounding) spread(eps float64) float64 { return math.Exp(2*eps) * (1 + r.uOut) }
