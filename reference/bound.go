package reference

import "math"

// lines are the constants of the bound and of the sharp line, which hold for
// all rows of a problem. The package's documentation has the formulas and why
// they hold.
type lines struct {
	a      Arithmetic
	u      float64 // of accumulators
	scale  float64 // |scale|
	expA   float64 // relative error of the exponential ...
	expB   float64 // ... and what each unit of its argument (base e) adds
	blocks int     // traversal blocks
	splits int     // parts that are merged by their logsumexp; 0: none
	sinks  int     // terms that the sum has beyond those of the keys
	inSum  float64 // roundoff of stored probabilities that product and sum share ...
	inProd float64 // ... and that the product alone sees
	// of a part's stored output, for the sharp line: its terms are rounded together, not each by itself
	inParts float64

	unitK   float64 // of numbers of k that are rounded as they are dequantised
	outside bool    // some of these, or of v, are past their format's range

	passes   float64 // what rescaling adds to the relative error of a weight
	merging  float64 // and what merging adds, beside what depends on the score
	sharpRun float64 // what rescaling adds to the sharp line, over the spread of v

	etaAcc, etaProb float64 // underflow of accumulators and of probabilities
	etaOut, etaIn   float64 // of the output, of inputs that are flushed
	etaTerm         float64 // of a term of a score, over sum|q| + sum|k| + D + 1
	etaScore        float64 // of a stored score
	logEta          float64 // a weight below exp of this underflows
	logSure         float64 // a weight above exp of this does not
	accLimit        float64 // |score| that accumulators hold in base 2
	scoreLimit      float64 // and that stored scores do
}

const lambda = 6

// Of the gap between a row's largest score and another, in units roundoff: scale
// and log2(e) rounded, their product and the difference rounded, or the
// difference and its product with log2(e).
const (
	gapUnits      = 3.5
	gapSharpUnits = 2
)

func newLines(p *Problem, a Arithmetic) lines {
	flush, u := a.FlushSubnormals, a.Acc.Unit
	l := lines{a: a, u: u, scale: math.Abs(p.Scale)}
	l.expA = a.Exp.A * ulp32
	l.expB = a.Exp.B * ulp32 * math.Log2E
	l.blocks = a.blocks(p.KVLen)
	if p.Sinks != nil {
		l.blocks++ // the sink is taken in before the first keys, or after the last
		l.sinks = 1
	}
	if a.ProbsInSum {
		l.inSum = a.Probs.Unit
	} else {
		l.inProd = a.Probs.Unit
	}
	more := float64(l.blocks - 1)
	l.passes = growth(l.blocks-1, l.expA)
	l.sharpRun = math.Sqrt(more) * (l.expA + 2*u)
	if a.SplitKV > 1 {
		l.splits = a.SplitKV
		l.merging = 8*u*(1+math.Log(float64(max(p.KVLen, 1)))) + 2*l.expA
		l.sharpRun += l.merging
	}

	l.etaAcc = a.Acc.underflow(flush)
	l.etaProb = a.Probs.underflow(flush)
	l.etaOut = a.Out.underflow(flush)
	if l.splits > 0 && a.Parts != (Format{}) { // of a part's output, at most the sum of its terms' sizes, this much is lost
		parts := float64(min(l.splits, max(p.KVLen, 1)))
		l.inProd += a.Parts.Unit
		l.inParts = a.Parts.Unit * math.Sqrt(math.Ceil(float64(p.KVLen)/parts))
		l.etaOut += parts * a.Parts.underflow(flush) // each weighs at most 1 when they are merged
	}
	if in := a.In.underflow(flush); in == a.In.MinNormal {
		l.etaIn = in
	}
	l.dequantising(p)
	l.etaTerm = max(l.etaAcc, l.etaIn) * (1 + l.scale)
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

// sums are the relative errors of the sum over v and of the sum of weights that
// a row of n keys cannot share between the two, rounding of probabilities left
// out: probabilistic growth, or the worst case where that is less.
func (l *lines) sums(n int, lost, alikeV, alikeP float64) (product, sum float64) {
	normalized := 0
	if l.a.NormalizedProbs {
		normalized = 1
	}
	inProduct := max(n+l.blocks-1+normalized, 0) + 3*l.splits
	inSum := max(n+l.blocks-2, 0) + l.splits + l.sinks
	product = min(growth(inProduct, l.u)+lost+alikeV, float64(inProduct)*l.u)
	sum = min(growth(inSum, l.u)+lost+alikeP, float64(inSum)*l.u)
	return product, sum
}

// rowBounds is what the weights of a row add up to.
type rowBounds struct {
	maxEps float64 // largest relative error of a weight
	cond   float64 // K: see the package's documentation
	sumPE  float64 // sum_j p_j*eps_j
	sumPH  float64 // sum_j p_j*h_j
	sumPS2 float64 // sum_j (p_j*sigma_j)^2
	mean   float64 // of the scores, less the largest, under the weights
	spread float64 // and their standard deviation
	rest   float64 // weight of all keys but the one with the largest score
	topFor float64 // |bias| of the largest score
	alike  alike
	like   bool    // few different weights: errors of keys may be alike too
	eta    float64 // absolute error of a weight by underflow
	// fewTerms: the dot product of a key that counts has few different terms, so that its error follows the score.
	fewTerms bool
	wild     bool // scores leave the range of the implementation
}

// surviving reports whether the weight of a key of row r with score s cannot
// underflow to zero.
func (l *lines) surviving(r *row, s float64) bool {
	x := s - r.m
	if l.a.NormalizedProbs {
		x -= math.Log(r.l)
	}
	return r.maxEps <= 0.5 && x > l.logSure
}

// expm1 is exp(x)-1 for x >= 0, or a little more.
func expm1(x float64) float64 {
	if x < 0.02 {
		return x * (1 + x*(0.5+0.168*x))
	}
	return largeExpm1(x)
}

// largeExpm1 is apart, so that expm1 of what nearly every key has is compiled in place.
//
//go:noinline
func largeExpm1(x float64) float64 { return math.Expm1(x) }
