package relation

import (
	"fmt"
	"sort"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// future: under a causal mask, or a window that is bounded on its right, what stands after the last key that a row may
// see changes no bit of that row or of any before it. Bit for bit, on paths that promise FutureBits. The new keys and
// values are ordinary numbers: what NaN in a masked slot does is another law's.
var future = Law{
	Name:      "future",
	places:    true,
	Statement: "keys after the last that a row may see change no bit of it or of an earlier row",
	Bits:      true,
	Runs:      1,
	applies: func(c *cases.Case, p paths.Promises) bool {
		bounded := c.Mask.IsCausal() || c.Mask.IsWindow() && c.Mask.Right >= 0
		return p.FutureBits && bounded && !c.Ragged() && rowsWithFuture(c) > 0
	},
	check: func(a *application) error {
		row := a.dice.below(rowsWithFuture(&a.Case))
		last := horizon(&a.Case, row)
		t := a.copy()
		for b := range a.Case.Batch {
			for h := range a.Case.KVHeads {
				for key := last; key < a.Case.KVLen; key++ {
					fillRow(&t.K, b, h, key, a.dice.ordinary)
					fillRow(&t.V, b, h, key, a.dice.ordinary)
				}
			}
		}
		if err := a.attend(t); err != nil {
			return err
		}
		return a.keepBits(t, func(p place) bool { return p.row <= row },
			fmt.Sprintf("keys and values from %d on, which rows up to %d may not see, were changed", last, row))
	},
}

// rowsWithFuture counts the rows, which are the first ones, that together leave some key unseen at the end.
func rowsWithFuture(c *cases.Case) int {
	return sort.Search(c.QLen, func(row int) bool { return horizon(c, row) == c.KVLen })
}

// horizon is the first key from which on a row, and every row before it, sees nothing. The mask's end moves on by one key a
// row until it reaches kv_len; rows past that see all, or nothing where a window has left the keys behind.
func horizon(c *cases.Case, row int) int {
	return min(max(row+c.Diagonal(0)+c.Mask.Right+1, 0), c.KVLen) // Right is 0 but for a window
}
