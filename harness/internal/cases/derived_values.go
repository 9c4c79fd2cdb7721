package cases

import "math"

// InfinitiesClash reports whether some row sees +Inf and -Inf in one column of v. Their sum is no number, whatever the
// weights are.
func (c *Case) InfinitiesClash() bool {
	if c.Values.V != WithInf || c.Quant.Of("v") != NotQuantised && c.Quant.Of("v") != "" {
		return false
	}
	s := newStream(c.Values.Seed, streamSpecial+streamV)
	t := Tensor{Shape: [4]int{c.Batch, c.KVHeads, c.KVLen, c.VDim()}}
	signs := map[[3]int][2][]int{} // keys with -Inf and with +Inf, by batch, head and column
	eachSpecial(&t, s, func(row, b, h, key, column int) {
		at := signs[[3]int{b, h, column}]
		sign := (infinity(s, row) + 1) / 2
		at[sign] = append(at[sign], key)
		signs[[3]int{b, h, column}] = at
	})
	for at, keys := range signs {
		if len(keys[0]) > 0 && len(keys[1]) > 0 && c.someRowSees(at[0], at[1], keys[0], keys[1]) {
			return true
		}
	}
	return false
}

// someRowSees reports whether a row of a key head sees some of these keys and some of those.
func (c *Case) someRowSees(batch, kvHead int, these, those []int) bool {
	array, own, s := c.Mask.LeavesOut(), c.maskDims(), newStream(c.Values.Seed, streamMask)
	for r := range c.QLen {
		first, last := c.Span(batch, r)
		for h := kvHead * c.Group(); h < (kvHead+1)*c.Group(); h++ {
			sees := func(keys []int) bool {
				for _, key := range keys {
					if key < first || key >= last {
						continue
					}
					if !array {
						return true
					}
					b, head, row, column := min(batch, own[0]-1), min(h, own[1]-1), min(r, own[2]-1), min(key, own[3]-1)
					if !math.IsInf(c.maskEntry(s, b, head, row, column, uint64(((b*own[1]+head)*own[2]+row)*own[3]+column)), -1) {
						return true
					}
				}
				return false
			}
			if sees(these) && sees(those) {
				return true
			}
			if !array {
				break // all heads see the same
			}
		}
	}
	return false
}
