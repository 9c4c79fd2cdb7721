package cases

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLeavesARowNoKey holds it, and Visible().None, against the rows of the mask as it is filled.
func TestLeavesARowNoKey(t *testing.T) {
	seen := map[bool]int{}
	for _, m := range []Mask{
		{}, {Kind: CausalMask}, {Kind: CausalMask, Align: BottomRight}, {Kind: WindowMask, Left: 1, Right: 1},
		{Kind: BoolMask, Shape: "bhqk", Fill: RandomFill, Density: 30}, {Kind: BoolMask, Shape: "11q1", Fill: RandomFill, Density: 80},
		{Kind: BoolMask, Shape: "b11k", Fill: PaddingFill}, {Kind: AdditiveMask, Shape: "1hqk", Fill: RandomFill, Density: 30},
		{Kind: AdditiveMask, Shape: "11qk", Fill: RandomFill, Density: 30, Floor: LowestFloor},
		{Kind: BoolMask, Shape: "111k", Fill: RandomFill, Density: 60, Align: TopLeft},
	} {
		for _, lengths := range []Lengths{{}, {Q: RandomLengths, KV: RandomLengths}} {
			for seed := range uint64(6) {
				c := Case{Version: Version, Batch: 3, Heads: 2, KVHeads: 2, QLen: 6, KVLen: 5, HeadDim: 2, Mask: m, Lengths: lengths, Values: Values{Seed: seed + 1}}
				require.NoError(t, FieldNamed("input").Set(&c, "fp32"))
				require.NoError(t, c.Repair())
				want := rowWithoutKeys(&c)
				require.Equal(t, want, c.LeavesARowNoKey(), "%s, seed %d", Describe(c), seed)
				require.Equal(t, want, c.Visible().None, "%s, seed %d", Describe(c), seed)
				seen[want]++
			}
		}
	}
	require.Greater(t, seen[false], 15)
	require.Greater(t, seen[true], 15)
}

// A row far down in a large mask counts as those at its top do: the last of these sees no key.
func TestTheLastRowOfALargeMaskMaySeeNoKey(t *testing.T) {
	c := Case{Version: Version, Batch: 1, Heads: 1, KVHeads: 1, QLen: 2000, KVLen: 900, HeadDim: 2,
		Mask: Mask{Kind: BoolMask, Shape: "11qk", Fill: RandomFill, Density: 2, EmptyRows: 2000}, Values: Values{Seed: 1}}
	require.NoError(t, FieldNamed("input").Set(&c, "fp32"))
	require.NoError(t, c.Repair())
	require.True(t, rowWithoutKeys(&c))
	require.True(t, c.LeavesARowNoKey())
	require.False(t, c.Visible().None, "Visible looks at the first rows of a large mask only; this one is not large enough to show it")
	c.Mask.EmptyRows = 0
	require.False(t, rowWithoutKeys(&c))
	require.False(t, c.LeavesARowNoKey())
}

func rowWithoutKeys(c *Case) bool {
	tensors, bias := Materialize(*c), make([]float64, c.KVLen)
	for b := range c.Batch {
		for h := range c.Heads {
			for r := range c.QLen {
				begin, end := c.Span(b, r)
				if rows := c.Rows(tensors); rows != nil {
					begin, end = rows.Row(b, h, r, bias)
				}
				sees := false
				for key := begin; key < end; key++ {
					sees = sees || !c.Mask.IsArray() || !math.IsInf(bias[key], -1)
				}
				if !sees {
					return true
				}
			}
		}
	}
	return false
}
