package cases

// EndsGuarded reports on which side the buffers of a case touch a page that a path cannot: right behind their ends, or right
// before their beginnings. Half of all cases get each; which, follows from the seed and the shape.
func (c *Case) EndsGuarded() bool {
	h := c.Values.Seed
	for _, n := range []int{c.Batch, c.Heads, c.QLen, c.KVLen, c.HeadDim + c.VHeadDim} {
		h = (h ^ uint64(n)) * 0x9e3779b97f4a7c15
	}
	return h>>63 == 1
}
