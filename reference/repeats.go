package reference

import (
	"cmp"
	"math"
	"slices"
)

// sketch tells vectors apart by two sums, each element times a number drawn for its place, and by the root of the sum of
// squares, which is about what such a sum comes to.
type sketch struct {
	sums [2]float64
	size float64
}

// add takes in an element; size is the sum of squares until root ends it.
func (s *sketch) add(x float64, drawn [2]float64) {
	s.sums[0] += x * drawn[0]
	s.sums[1] += x * drawn[1]
	s.size += x * x
}

func (s *sketch) root() { s.size = math.Sqrt(s.size) }

// alike reports whether two vectors of nearly the same first sum are the same but for what rounding hides.
func (s *sketch) alike(o *sketch, near float64) bool {
	return math.Abs(s.sums[1]-o.sums[1]) <= near && math.Abs(s.size-o.size) <= near
}

// query tells rows apart by their scores before the mask: by q, and by one sum of all that the row's k holds.
type query struct {
	sketch
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
			r.add(x, drawn[d])
		}
		r.root()
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
	weights := func(row int) *sketch { return &l.weights[row] }
	rows = l.unlike(rows, weights, func(int, int) bool { return true })
	queries := func(row int) *sketch { return &l.queries[row].sketch }
	rows = l.unlike(rows, queries, func(a, b int) bool { return l.queries[a].keys == l.queries[b].keys })
	for _, row := range rows {
		repeats[row] = false
	}
	return repeats
}

// unlike keeps one of rows whose sketches are alike and for which also holds.
func (l *leaning) unlike(rows []int, look func(row int) *sketch, also func(row, other int) bool) []int {
	near := func(row int) float64 { return l.near(look(row)) }
	return oneOfEach(rows, func(row int) float64 { return look(row).sums[0] }, near, func(a, b int) bool {
		return also(a, b) && look(a).alike(look(b), near(a))
	})
}

// near is what rounding hides of the sums of a sketch.
func (l *leaning) near(s *sketch) float64 { return 8 * l.arith.Acc.Unit * s.size }

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
