package relation

import (
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// element is what one element is held to.
type element struct {
	want, allowed float64
	// demand is reference.Value for a number within allowed of want, one of NaN, PosInf and NegInf for just that.
	// Anything else leaves the element out.
	demand reference.Demand
}

var leftOut = element{demand: reference.Anything}

// tally collects the comparisons of one law.
type tally struct {
	a         *application
	detail    string
	worst     float64 // ratio
	violation *Violation
}

func (a *application) tally(detail string) *tally { return &tally{a: a, detail: detail} }

// hold compares one element; d is its column, output "" or "lse".
func (t *tally) hold(p place, d int, output string, got float64, e element) {
	diff, ok := math.Abs(got-e.want), false
	switch e.demand {
	case reference.Value:
		ok = diff <= e.allowed || t.a.overflows(got, e, output)
	case reference.NegInf, reference.PosInf, reference.NaN:
		if !t.a.Promises.NaN && (output == "" || e.demand != reference.NegInf) {
			return // what an allowed NaN or Inf leads to is not promised
		}
		ok = classOf(got) == e.demand
		e.want = map[reference.Demand]float64{
			reference.NaN: math.NaN(), reference.PosInf: math.Inf(1), reference.NegInf: math.Inf(-1)}[e.demand]
		e.allowed = 0
	default:
		return
	}
	t.a.Compared++
	if ok {
		return
	}
	ratio := math.Inf(1)
	if diff <= math.MaxFloat64 && e.allowed > 0 {
		ratio = diff / e.allowed
	}
	where := verdict.Place{Batch: p.batch, Head: p.head, Row: p.row, Column: d, Output: output}
	first := t.violation == nil
	if first {
		t.violation = &Violation{Law: t.a.law.Name, Kind: t.a.law.kind(), Detail: t.detail}
	}
	if first || ratio > t.worst {
		t.worst = ratio
		t.violation.Where, t.violation.Got, t.violation.Want, t.violation.Allowed = where, got, e.want, e.allowed
	}
	t.violation.add(where)
}

// overflows reports whether got is an infinity that the interval around what is wanted reaches: the end of it lies
// outside what the format holds, and the oracle takes that infinity from the second run. The base may be far from such
// an end itself, for most laws allow several times its bound.
func (a *application) overflows(got float64, e element, output string) bool {
	format := a.Arithmetic.Out
	if output == "lse" {
		format = a.Arithmetic.Acc
	}
	return math.IsInf(got, 1) && e.want+e.allowed >= format.Max || math.IsInf(got, -1) && e.want-e.allowed <= -format.Max
}

func (t *tally) err() error {
	if t.violation == nil {
		return nil
	}
	return t.violation
}

func classOf(x float64) reference.Demand {
	switch {
	case math.IsNaN(x):
		return reference.NaN
	case math.IsInf(x, 1):
		return reference.PosInf
	case math.IsInf(x, -1):
		return reference.NegInf
	}
	return reference.Value
}

// outputs holds every element of an output of the base's shape. index is the element's place in the reference's
// slices, row that of its row.
func (t *tally) outputs(got *cases.Tensors, expect func(p place, row, d, index int) element) {
	dim := t.a.Case.VDim()
	values := make([]float64, dim)
	for row := range t.a.rowCount() {
		p := t.a.placeOf(row)
		got.Out.Row(p.batch, p.head, p.row, values)
		for d, x := range values {
			if e := expect(p, row, d, row*dim+d); e.demand != reference.Anything {
				t.hold(p, d, "", x, e)
			}
		}
	}
}

// logsumexps holds every logsumexp, where both runs gave them.
func (t *tally) logsumexps(got *cases.Tensors, expect func(p place, row int) element) {
	if t.a.Tensors.LSE == nil || got.LSE == nil {
		return
	}
	for row := range t.a.rowCount() {
		p := t.a.placeOf(row)
		if e := expect(p, row); e.demand != reference.Anything {
			t.hold(p, 0, "lse", got.LSE.At(p.batch, p.head, p.row, 0), e)
		}
	}
}

// base returns the base run's output.
func (a *application) base(p place, d int) float64 {
	if a.outputsOnce == nil {
		a.outputsOnce = a.Tensors.Out.Dense()
	}
	return a.outputsOnce[a.row(p)*a.Case.VDim()+d]
}

func (a *application) baseLSE(p place) float64 {
	return a.Tensors.LSE.At(p.batch, p.head, p.row, 0)
}

// agree holds a run of the same problem, stated otherwise, against the base. Both runs are within the bound of the same
// truth, so they are within twice the bound of each other: |a-b| <= |a-truth| + |truth-b|. factor is that 2, or more
// where the derived case has larger bounds. o maps the elements of the run.
func (a *application) agree(got *cases.Tensors, o order, factor func(row int) float64, detail string) error {
	t := a.tally(detail)
	moved := func(p place) (place, int) {
		p = place{at(o.batches, p.batch), at(o.heads, p.head), at(o.rows, p.row)}
		return p, a.row(p)
	}
	t.outputs(got, func(p place, _, d, _ int) element {
		from, row := moved(p)
		i := row*a.Case.VDim() + d
		return element{a.base(from, d), factor(row) * a.Truth.Bound[i], a.Truth.OutputDemand[i]}
	})
	t.logsumexps(got, func(p place, _ int) element {
		from, row := moved(p)
		return element{a.baseLSE(from), factor(row) * a.Truth.LSEBound[row], a.Truth.LSEDemand[row]}
	})
	return t.err()
}

func at(order []int, i int) int {
	if order == nil {
		return i
	}
	return order[i]
}

// double is agree's factor for two runs under the same bound.
func double(int) float64 { return 2 }
