package reference

import "math"

// Rounding errors of a sum are as good as random where the terms vary: the bound and the sharp line lean on that.
// Where many terms are alike, each addition errs the same way, and the errors of n additions add up to n times one:
// a sum of 2,000 weights of 0.99998, of a mask's few distinct biases, of one-hot rows. So two amounts are added to
// both lines.
//
//   - A term below half a unit of the sum is lost whole, whatever its bits: the sum of min(p_j, u) over weights below
//     2u, always.
//   - Where few distinct values occur among the weights, as the accumulator tells them apart, the worst case: G = sum_j min(p_j, u),
//     for an addition to a sum of at most 1 errs by no more than u, nor by more than what is added.
//   - Where there are many values, but some occur again and again, as those of keys whose quantised numbers have a scale of
//     0, the same over the weights of these values.
//
// What is one value is what an implementation makes one of: exact weights may differ where their scores, rounded beside a
// large bias, do not (told).
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
	distinct int     // values among the weights, at most enough; of many, those that occur again and again
	terms    int     // weights above 0
	mixed    bool    // there are others beside them
}

// told is how an implementation tells the weights of a row apart: as a sum of about 1 does, by 2u, or more coarsely, by their
// scores, which are rounded where they are as large as the largest. Beside a bias of -65504 scores are multiples of 2^-8 in
// fp32, and a thousand different weights are three.
type told struct {
	s       []float64 // scores
	u       float64   // unit roundoff of sums
	quantum float64   // of scores: what two differ by at least, if they do
}

// number is the same for weights that may be the same: weight x is that of key j.
func (t told) number(j int, x float64) float64 {
	if x*t.quantum > 2*t.u {
		return math.Trunc(t.s[j] / t.quantum)
	}
	return math.Trunc(x/(2*t.u)) + 0x1p48 // no score's
}

// alikeOf looks at the weights of a row, which sum to 1; forbidden ones are 0.
func alikeOf(p []float64, t told, seen *variety, often *occurrences) alike {
	var a alike
	u := t.u
	seen.reset()
	looking := true
	for j, x := range p {
		if x == 0 {
			continue
		}
		a.terms++
		if x < 2*u {
			size := x
			if size > u {
				size = u
			}
			a.lost += size
			a.all += size
		} else {
			a.all += u
		}
		looking = looking && seen.add(t.number(j, x))
	}
	a.distinct = seen.count
	if few(a.distinct, a.terms) {
		a.worst = a.all
	} else if a.terms > enough {
		if worst, values := often.among(p, a.terms, t); values > 0 {
			a.worst, a.distinct, a.mixed = worst, values, true
		}
	}
	return a
}

// occurrences counts weights by a hash of their value.
type occurrences [1024]int32

// among is G over the weights whose values occur so often, much more than the root of the number of weights, that their
// roundings are no match for independent ones; and how many such values there are.
func (o *occurrences) among(p []float64, terms int, t told) (worst float64, values int) {
	clear(o[:])
	largest := int32(0)
	for j, x := range p {
		if x >= 2*t.u {
			n := &o[slot(t.number(j, x))]
			*n++
			largest = max(largest, *n)
		}
	}
	mean := float64(terms) / float64(len(o)) // which hash to one slot by chance
	most := int32(mean + 8*math.Sqrt(mean+1) + math.Sqrt(float64(terms))/2 + 8)
	if largest <= most {
		return 0, 0
	}
	for _, n := range o {
		if n > most {
			values++
		}
	}
	for j, x := range p {
		if x >= 2*t.u && o[slot(t.number(j, x))] > most {
			worst += min(x, t.u)
		}
	}
	return worst, values
}

// slot is that of a value by its number.
func slot(number float64) uint64 { return math.Float64bits(number) * 0x9e3779b97f4a7c15 >> 54 }

// column is what the values of one column of v are like.
type column struct {
	distinct int // values, at most enough, as a sum over n keys tells them apart
	nonzero  int
}

// column returns what column d of v is like; u is the unit roundoff of the accumulators.
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
