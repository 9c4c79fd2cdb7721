package relation

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// The laws of a cache state what happens when a text grows: its rows are computed in chunks, each at its place among the
// keys (kv_offset), and the cache behind them gets longer. Neither changes what a row sees.

// chunks: some rows one after the other, alone and at their position, have the bits that they have among all. Bit for bit,
// on paths that promise Independent and AnyRows, as a prompt is that is computed in chunks.
var chunks = Law{
	Name:      "chunks",
	Statement: "a chunk of the rows of a causal mask or window, at its position in the cache, keeps the bits of those rows",
	Bits:      true,
	Runs:      1,
	applies: func(c *cases.Case, p paths.Promises) bool {
		return p.Independent && p.AnyRows && positioned(c) && c.QLen > max(1, -c.Diagonal(0))
	},
	check: func(a *application) error {
		earliest := max(0, -a.Case.Diagonal(0)) // a chunk cannot begin before the first key
		first := earliest + a.dice.below(a.Case.QLen-earliest)
		n := 1 + a.dice.below(a.Case.QLen-first)
		c, t := a.derive(func(c *cases.Case) {
			c.KVOffset, c.Mask.Align = a.Case.Diagonal(0)+first, cases.TopLeft
			c.QLen, c.Mask.EmptyRows = n, min(c.Mask.EmptyRows, n)
		})
		if t == nil {
			return nil
		}
		rows := identity(n)
		for i := range rows {
			rows[i] += first
		}
		a.rearranged(t, order{rows: rows})
		if err := a.run(c, t); err != nil {
			return err
		}
		return a.keepBits(underRows(t, first), func(p place) bool { return p.row >= first && p.row < first+n },
			fmt.Sprintf("rows %d to %d as a chunk of their own, the first at key %d", first, first+n-1, c.KVOffset))
	},
}

// longerCache: keys that no row may see yet, behind those that are there, change nothing. The truth is the same; each run is
// within its own bound. Not bit for bit, since a library may well choose its kernel, or how it cuts a product, by kv_len.
// Rows whose diagonal has passed the last key are left out: they see the new ones.
var longerCache = Law{
	Name:      "longer-cache",
	places:    true, // new keys would overwrite those that lie where they do
	Statement: "more keys behind a cache, which no row sees yet, change nothing",
	Runs:      1,
	applies: func(c *cases.Case, _ paths.Promises) bool {
		bounded := c.Mask.IsCausal() || c.Mask.Right >= 0
		return positioned(c) && bounded && !c.Mask.IsArray() && c.Diagonal(0) >= 0 && blindBehind(c) > 0
	},
	check: func(a *application) error {
		more := 1 + a.dice.below(70)
		c, t := a.derive(func(c *cases.Case) {
			c.KVOffset, c.Mask.Align = c.Diagonal(0), cases.TopLeft
			c.KVLen += more
		})
		if t == nil {
			return nil
		}
		a.rearranged(t, order{keys: identity(c.KVLen)})
		for b := range c.Batch {
			for h := range c.KVHeads {
				for key := a.Case.KVLen; key < c.KVLen; key++ {
					fillRow(&t.K, b, h, key, a.dice.ordinary)
					fillRow(&t.V, b, h, key, a.dice.ordinary)
				}
			}
		}
		if err := a.run(c, t); err != nil {
			return err
		}
		last := blindBehind(&a.Case)
		detail := fmt.Sprintf("a cache of %d keys became one of %d, whose new keys rows up to %d may not see", a.Case.KVLen, c.KVLen, last-1)
		return a.agreeWhere(c, t, detail, func(p place) bool { return p.row < last })
	},
}

// positioned reports whether rows have places among the keys.
func positioned(c *cases.Case) bool { return (c.Mask.IsCausal() || c.Mask.IsWindow()) && !c.Ragged() }

// blindBehind counts the rows, the first ones, that see nothing behind the last key, however many keys came there.
func blindBehind(c *cases.Case) int {
	return min(max(c.KVLen-c.Diagonal(0)-c.Mask.Right, 0), c.QLen) // Right is 0 but for a window
}

// underRows returns the outputs of a derived run under the base's row numbers, which begin at first.
func underRows(t *cases.Tensors, first int) *cases.Tensors {
	shifted := *t
	shifted.Out.Offset -= first * shifted.Out.Strides[2]
	if t.LSE != nil {
		lse := *t.LSE
		lse.Offset -= first * lse.Strides[2]
		shifted.LSE = &lse
	}
	return &shifted
}
