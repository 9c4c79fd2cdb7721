package reference

import "math"

// Rounding errors of a sum are as good as random where the terms vary: the bound and the sharp line lean on that.
// Where many terms are alike, each addition errs the same way, and the errors of n additions add up to n times one:
// a sum of 2,000 weights of 0.99998, of a mask's few distinct biases, of one-hot rows. So two amounts are added to
// both lines.
//
//   - A term below half a unit of the sum is lost whole, whatever its bits: the sum of min(p_j, u) over weights below
//     2u, always.
//   - Where few distinct values occur among the weights, as the accumulator tells them apart, the worst case: G = sum_j min(p_j, u), for an addition to a sum of at most 1 errs by no more than u, nor by more than what
//     is added.
//
// The same holds for the sums over v where both the weights and the column of v have few distinct values, in
// proportion to |v| and to the sum itself.

// enough distinct values make errors as good as independent; of few terms, half as many values as terms do.
const enough = 64

func few(distinct, terms int) bool { return distinct < min(enough, (terms+1)/2) }

// variety counts distinct values up to enough. The zero value has seen none.
type variety struct {
	slots [4 * enough]uint64
	count int
}

func (v *variety) reset() { *v = variety{} }

// add takes in a value as a whole number of quanta; false: it has seen enough.
func (v *variety) add(quanta float64) bool {
	key := math.Float64bits(math.Trunc(quanta) + 0.5) // the same for x and -x but for the sign, and never 0
	at := key * 0x9e3779b97f4a7c15 >> 56
	for v.slots[at] != 0 {
		if v.slots[at] == key {
			return true
		}
		at = (at + 1) % uint64(len(v.slots))
	}
	v.slots[at] = key
	v.count++
	return v.count < enough
}

// alike is what a row's weights do beyond independent rounding, relative to their sum.
type alike struct {
	lost     float64 // sum of min(p_j, u) over weights below 2u
	worst    float64 // G where the weights have few distinct values, else 0
	all      float64 // G in any case
	distinct int     // values among the weights, at most enough
	terms    int     // weights above 0
}

// alikeOf looks at the weights of a row, which sum to 1; forbidden ones are 0.
func alikeOf(p []float64, u float64, seen *variety) alike {
	var a alike
	seen.reset()
	looking := true
	for _, x := range p {
		if x == 0 {
			continue
		}
		a.terms++
		a.all += min(x, u)
		if x < 2*u {
			a.lost += min(x, u)
		}
		looking = looking && seen.add(x/(2*u))
	}
	a.distinct = seen.count
	if few(a.distinct, a.terms) {
		a.worst = a.all
	}
	return a
}

// column is what the values of one column of v are like.
type column struct {
	distinct int // values, at most enough, as a sum over n keys tells them apart
	nonzero  int
}

// column says what column d of v is like; u is the unit roundoff of the accumulators.
func (o *operands) column(d int, u float64) column {
	o.columnsOnce.Do(func() {
		o.columns = make([]column, o.vDim)
		var seen variety
		for d := range o.columns {
			o.columns[d] = columnOf(of(o.vt, d, o.n), o.maxV[d], u, &seen)
		}
	})
	return o.columns[d]
}

func columnOf(v []float64, largest, u float64, seen *variety) column {
	var c column
	seen.reset()
	quantum := largest * 2 * u * float64(len(v))
	looking := true
	for _, x := range v {
		if x == 0 {
			continue
		}
		c.nonzero++
		looking = looking && seen.add(x/quantum)
	}
	c.distinct = max(seen.count, 1)
	return c
}
