package reference

import (
	"cmp"
	"math"
	"slices"
)

// weights tells rows apart by their probabilities, not by where they stand: two sums of these, each probability times a
// number drawn for its key, and the root of the sum of their squares, which is about what such a sum comes to.
type weights struct {
	sums [2]float64
	size float64
}

// query tells rows apart by their scores before the mask: two sums of q, each element times a number drawn for its column,
// the root of the sum of squares, and one such sum of all that the row's k holds.
type query struct {
	sums [2]float64
	size float64
	keys float64
}

func queriesOf(p *Problem, draw func() float64) []query {
	drawn := make([][2]float64, p.HeadDim)
	for d := range drawn {
		drawn[d] = [2]float64{draw(), draw()}
	}
	keys := make([]float64, p.Batch*p.KVHeads)
	for head := range keys {
		for j := range p.KVLen {
			at := (head*p.KVLen + j) * p.HeadDim
			sum := 0.0
			for d, x := range p.K[at : at+p.HeadDim] {
				if finite(x) {
					sum += x * drawn[d][0]
				}
			}
			keys[head] += sum * float64(j+1)
		}
	}
	queries := make([]query, p.Batch*p.Heads*p.QLen)
	for row := range queries {
		r := &queries[row]
		for d, x := range of(p.Q, row, p.HeadDim) {
			r.sums[0] += x * drawn[d][0]
			r.sums[1] += x * drawn[d][1]
			r.size += x * x
		}
		r.size = math.Sqrt(r.size)
		r.keys = keys[row/p.QLen*p.KVHeads/p.Heads]
	}
	return queries
}

// repeats are the rows, of whatever head, that are rounded as a row before them is, up to what rounding hides, so that both
// count once. Some have its weights: where q and k hardly matter beside a mask, every head does. Others have its q and k, and
// so its scores with the same errors, whatever masks make of them.
func (l *leaning) repeats() []bool {
	repeats := make([]bool, len(l.spread))
	var rows []int
	for row, spread := range l.spread {
		if spread > 0 {
			rows = append(rows, row)
			repeats[row] = true
		}
	}
	rows = oneOfEach(rows, func(row int) float64 { return l.weights[row].sums[0] }, l.near, func(a, b int) bool {
		x, y := &l.weights[a], &l.weights[b]
		return math.Abs(x.sums[1]-y.sums[1]) <= l.near(a) && math.Abs(x.size-y.size) <= l.near(a)
	})
	near := func(row int) float64 { return 8 * l.arith.Acc.Unit * l.queries[row].size }
	rows = oneOfEach(rows, func(row int) float64 { return l.queries[row].sums[0] }, near, func(a, b int) bool {
		x, y := &l.queries[a], &l.queries[b]
		return x.keys == y.keys && math.Abs(x.sums[1]-y.sums[1]) <= near(a) && math.Abs(x.size-y.size) <= near(a)
	})
	for _, row := range rows {
		repeats[row] = false
	}
	return repeats
}

// near is what rounding hides of a row's sums of weights.
func (l *leaning) near(row int) float64 { return 8 * l.arith.Acc.Unit * l.weights[row].size }

// oneOfEach keeps one of rows that are alike. Those whose keys are further apart than near(row) are not, so that in the order
// of the keys a row has few others to be held against.
func oneOfEach(rows []int, key, near func(row int) float64, alike func(row, other int) bool) (kept []int) {
	slices.SortFunc(rows, func(a, b int) int { return cmp.Or(cmp.Compare(key(a), key(b)), a-b) })
next:
	for _, row := range rows {
		for k := len(kept) - 1; k >= 0 && key(row)-key(kept[k]) <= near(row); k-- {
			if alike(row, kept[k]) {
				continue next
			}
		}
		kept = append(kept, row)
	}
	return kept
}
