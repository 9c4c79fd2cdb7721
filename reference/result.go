package reference

// Result is the reference of one Problem. Per-element slices are laid out as
// the output, [Batch, Heads, QLen, HeadDim], where HeadDim is that of the output:
// the Problem's VHeadDim. Per-row slices are [Batch, Heads, QLen].
type Result struct {
	Batch, Heads, QLen, HeadDim int

	// Output is the exact output up to float64 rounding.
	Output []float64
	// LSE is the natural logarithm of the sum of exp(score) over the allowed
	// keys of each row.
	LSE []float64

	// The rest is nil where only outputs were asked for.

	// Bound is the largest |got - Output| of an implementation with the given
	// arithmetic; Sharp the statistical line, at most Bound, or Bound itself where only that was asked for.
	Bound, Sharp []float64
	// LSEBound is the bound of LSE.
	LSEBound []float64
	// Condition is how far the weights of a row may be off as a whole, once what
	// they share has cancelled: an output moves by at most Condition times the
	// spread of v under the weights. Above 1/2 the row is ill-conditioned.
	Condition []float64
	// OutputDemand and LSEDemand say which classes of value are accepted.
	OutputDemand, LSEDemand []Demand

	leaning        *leaning // what Lean needs; nil: it cannot tell
	outMax, lseMax float64  // the largest finite values of the two formats
}

func newResult(p *Problem, a Arithmetic, bounds, sharp bool) *Result {
	rows := p.Batch * p.Heads * p.QLen
	r := &Result{Batch: p.Batch, Heads: p.Heads, QLen: p.QLen, HeadDim: p.vDim(),
		outMax: a.Out.Max, lseMax: a.Acc.Max}
	r.Output = make([]float64, rows*r.HeadDim)
	r.LSE = make([]float64, rows)
	if bounds {
		r.Bound = make([]float64, len(r.Output))
		r.Sharp = r.Bound
		r.OutputDemand = make([]Demand, len(r.Output))
		r.LSEBound = make([]float64, rows)
		r.Condition = make([]float64, rows)
		r.LSEDemand = make([]Demand, rows)
	}
	if sharp {
		r.Sharp = make([]float64, len(r.Output))
		r.leaning = newLeaning(p, a)
	}
	return r
}
