package cases

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRangeEnds holds RangeEnds and KeysSeen against the rows of the mask as it is filled.
func TestRangeEnds(t *testing.T) {
	seen, counts := map[[2]bool]int{}, map[int]int{}
	for _, shape := range []string{"111k", "11qk", "11q1", "bhqk", "b11k", "1h1k"} {
		for _, m := range []Mask{
			{Kind: BoolMask, Shape: shape, Fill: RandomFill, Density: 20},
			{Kind: BoolMask, Shape: shape, EmptyLead: 1},
			{Kind: AdditiveMask, Shape: shape, Fill: PaddingFill},
			{Kind: AdditiveMask, Shape: shape, Fill: RandomFill, Density: 30, Floor: LowestFloor},
			{Kind: BoolMask, Shape: shape, Fill: RandomFill, Density: 20, EmptyRows: 1},
			{Kind: BoolMask, Shape: shape, Fill: RandomFill, Density: 20, EmptyRows: 2},
			{}, {Kind: CausalMask, Align: BottomRight}, {Kind: WindowMask, Left: 1, Right: 1},
		} {
			for seed := range uint64(4) {
				c := Case{Version: Version, Batch: 2, Heads: 2, KVHeads: 2, QLen: 3, KVLen: 5, HeadDim: 2, Mask: m, Values: Values{Seed: seed + 1}}
				require.NoError(t, FieldNamed("input").Set(&c, "fp32"))
				require.NoError(t, c.Repair())
				first, last, most := endsByRows(&c)
				gotFirst, gotLast := c.RangeEnds()
				require.Equal(t, [2]bool{first, last}, [2]bool{gotFirst, gotLast}, "%s, seed %d", Describe(c), seed)
				for _, limit := range []int{2, 3, 100} {
					require.Equal(t, min(most, limit), c.KeysSeen(limit), "%s, seed %d", Describe(c), seed)
				}
				seen[[2]bool{first, last}]++
				counts[most]++
			}
		}
	}
	require.Len(t, seen, 4, "not every answer came up: %v", seen)
	require.Len(t, counts, 6, "not every number of keys came up: %v", counts)
}

// endsByRows reports whether some row of the mask as it is filled may see the first key of its range, and the last, and the
// most keys that a row may see.
func endsByRows(c *Case) (first, last bool, most int) {
	tensors, bias := Materialize(*c), make([]float64, c.KVLen)
	for b := range c.Batch {
		for h := range c.Heads {
			for r := range c.QLen {
				begin, end := c.Span(b, r)
				if rows := c.Rows(tensors); rows != nil {
					begin, end = rows.Row(b, h, r, bias)
				}
				allowed := allowedKeys(c, bias, begin, end)
				first = first || len(allowed) > 0 && allowed[0] == begin
				last = last || len(allowed) > 0 && allowed[len(allowed)-1] == end-1
				most = max(most, len(allowed))
			}
		}
	}
	return first, last, most
}

// allowedKeys are those of a range that a mask in memory, if there is one, allows.
func allowedKeys(c *Case, bias []float64, begin, end int) (keys []int) {
	for key := begin; key < end; key++ {
		if !c.Mask.IsArray() || bias[key] != c.Mask.Floor.Value(c.Mask.Format) {
			keys = append(keys, key)
		}
	}
	return keys
}
