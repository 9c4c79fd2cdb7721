package cases

// maskDims returns the array's own dimensions, 1 where it broadcasts.
func (c *Case) maskDims() [4]int {
	full := [4]int{c.Batch, c.Heads, c.QLen, c.KVLen}
	dims := [4]int{1, 1, 1, 1}
	for i := range len(c.Mask.Shape) {
		if c.Mask.Shape[i] != '1' {
			dims[i] = full[i]
		}
	}
	return dims
}

func (c *Case) maskElementSize() int {
	if c.Mask.Kind == BoolMask {
		return 1
	}
	return c.Mask.Format.Size()
}
