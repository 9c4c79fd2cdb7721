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
				tensors := Materialize(c)
				var first, last bool
				most := 0
				bias, forbidden := make([]float64, c.KVLen), c.Mask.Floor.Value(c.Mask.Format)
				for b := range c.Batch {
					for h := range c.Heads {
						for r := range c.QLen {
							begin, end := c.Span(b, r)
							if rows := c.Rows(tensors); rows != nil {
								begin, end = rows.Row(b, h, r, bias)
							}
							array := c.Mask.IsArray()
							first = first || begin < end && (!array || bias[begin] != forbidden)
							keys := 0
							for key := begin; key < end; key++ {
								if !array || bias[key] != forbidden {
									keys++
								}
							}
							most = max(most, keys)
							last = last || begin < end && (!array || bias[end-1] != forbidden)
						}
					}
				}
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
