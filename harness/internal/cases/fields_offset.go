package cases

import "fmt"

// kvOffset is the row of the position of the first query.
func kvOffset() Field {
	at := func(c *Case) *int { return &c.KVOffset }
	late := func(c *Case) bool { // and some key is still hidden
		return c.KVOffset > 0 && c.Visible().Hides
	}
	return integerField("kv_offset", "keys before the first query row, which stands at key kv_offset", 0, MaxLen, at).slack(at).usual(300).
		otherwise("0").only("a causal mask, a window or a linear bias aligned top-left", hasPosition).
		told(func(c *Case) string {
			if c.KVOffset == 0 {
				return ""
			}
			return fmt.Sprintf(" after %d keys", c.KVOffset)
		}).
		refused("kv_offset: the first query row stands at the first key").drawn(drawKVOffset,
		Region{Name: "kv-offset", Bugs: []int{44}, Summary: "queries that begin late in a cache, under a causal mask or window", Holds: late},
		Region{Name: "kv-offset-decode", Bugs: []int{76, 80}, Summary: "one to 8 queries late in a cache of more than 32 keys",
			Holds: func(c *Case) bool { return late(c) && c.QLen <= 8 && c.KVLen > 32 }},
		Region{Name: "kv-offset-window", Bugs: []int{78, 79}, Summary: "a window that is bounded on its left over a cache, whose first keys no row sees",
			Holds: func(c *Case) bool {
				first, last := c.Span(0, 0)
				return c.KVOffset > 0 && c.Mask.IsWindow() && first > 0 && first < last
			}})
}

// hasPosition reports whether rows have places among the keys that a case can move.
func hasPosition(c *Case) bool {
	return (c.Mask.IsCausal() || c.Mask.IsWindow() || c.Alibi != "") && c.Mask.Align != BottomRight
}

// drawKVOffset begins a quarter of the masks and biases late in a cache: as a decode or a chunk of a prompt does, at any key, at the
// end and past it.
func drawKVOffset(d Dice, c *Case) {
	if !hasPosition(c) || d.Intn(4) > 0 || c.KVLen == 0 {
		return
	}
	whole := c.KVLen - c.QLen // the last row stands at the last key
	switch d.Intn(8) {
	case 0, 1, 2:
		c.KVOffset = max(whole, 0)
	case 3:
		c.KVOffset = max(whole+d.Intn(17)-8, 0)
	case 4:
		c.KVOffset = 1 + d.Intn(8)
	case 5:
		c.KVOffset = c.KVLen - 1 + d.Intn(3)
	default:
		c.KVOffset = d.Intn(c.KVLen)
	}
}
