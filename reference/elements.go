package reference

import "math"

// elements is what the elements of one row of q or k are like, as far as the
// rounding of a dot product depends on it.
type elements struct {
	nonzero  int // zeros round nothing
	distinct int // values, as a dot product tells them apart, up to what few asks for
	// small counts elements so far below the largest that a product with them
	// may vanish in the sum, always to the same side.
	small int
}

// elementsOf looks at a row and adds up its magnitudes; u is the unit roundoff of the accumulators.
//
// A term q_d*k_d is safe from being lost where it is at least 2u times the sum
// of all |q_d*k_d|, which n terms hold that are at least sqrt(2u*n) times the
// largest of q and as much of k: the sum is at most n times the largest of both.
func elementsOf(x []float64, u float64, seen *variety) (e elements, norm float64) {
	top := 0.0
	for _, v := range x {
		size := math.Abs(v)
		norm += size
		if size > top {
			top = size
		}
		if v != 0 {
			e.nonzero++
		}
	}
	if !finite(norm) {
		return e, norm
	}
	n := float64(e.nonzero)
	// Partial sums of both signs seldom pass a few times the largest term; those
	// of one sign do, and have half a unit of the sum for each addition.
	floor, quantum := top*math.Sqrt(2*u*n), top*16*u
	if e.nonzero < shortSum {
		floor = 0
	}
	seen.reset()
	wanted := min(enough, (e.nonzero+1)/2) // as many as make no dot product of the row few
	for _, v := range x {
		if seen.count == wanted {
			break
		}
		if v != 0 {
			seen.add(v / quantum)
		}
	}
	e.distinct = seen.count
	if floor > 0 {
		for _, v := range x {
			if v != 0 && math.Abs(v) < floor {
				e.small++
			}
		}
	}
	return e, norm
}

// shortSum is the number of terms below which a sum is held to the worst case whatever they are.
const shortSum = 15

// fewTerms reports whether the products of two rows are few different numbers, however many products there are: then the
// additions err the same way, and more the larger the sum is.
func fewTerms(q, k elements) bool { return few(max(q.distinct, k.distinct), min(q.nonzero, k.nonzero)) }

// dotGrowth returns how far the rounding of a dot product of two rows, of its
// scaling and of a factor that is multiplied into one of them may go, in units
// roundoff of sum|q_d*k_d| and of |q.k|: the worst case where terms are few,
// alike or lost, else the probabilistic growth of variety.go, with what small
// terms lose, and half a unit of the sum for each addition, which products that
// are alike although neither row is would err by.
func dotGrowth(q, k elements) (ofSum, ofDot float64, alike bool) {
	n := min(q.nonzero, k.nonzero)
	worst := float64(n + 2)
	if n < shortSum {
		return worst, 0, false
	}
	if fewTerms(q, k) {
		return worst, 0, true
	}
	likely := 4*math.Sqrt(worst) + float64(q.small+k.small)
	if likely >= worst {
		return worst, 0, false
	}
	return likely, worst / 2, false
}

// rowGrowth is dotGrowth of one row of q and the last k row that was asked about: most are like the one before.
type rowGrowth struct {
	of           elements
	known        bool
	ofSum, ofDot float64
	alike, few   bool
	worst, root  float64 // the number of roundings at most, and its square root
}

func (g *rowGrowth) look(q, k elements) {
	g.of, g.known = k, true
	g.ofSum, g.ofDot, g.alike = dotGrowth(q, k)
	g.few = fewTerms(q, k)
	g.worst = float64(min(q.nonzero, k.nonzero) + 2)
	g.root = math.Sqrt(g.worst)
}
