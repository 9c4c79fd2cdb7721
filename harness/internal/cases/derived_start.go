package cases

import "math"

// StartsEmpty reports whether some row has no logit yet, neither a key's nor a sink, after the first block of 32 keys that a
// kernel reads for its 32 rows: the block holds a key that another of them sees. The running maximum is still what it began
// with then, and the sum is 0. Of a large array it looks at the first rows only.
func (c *Case) StartsEmpty() bool {
	heads := c.headsWithoutSink()
	if len(heads) == 0 {
		return false
	}
	array := c.Mask.LeavesOut()
	own, s := c.maskDims(), newStream(c.Values.Seed, streamMask)
	batches := c.differentBatches()
	if array {
		batches = max(batches, own[0])
	}
	if !array || own[1] <= 1 { // all heads see the same
		heads = heads[:1]
	}
	looked := 0
	for b := range batches {
		span := c.spanOfRows(b)
		for r0, past := range c.rowGroups(b, keysPerBlock) {
			begin, end := seenBy(span, r0, past, c.KVLen)
			if begin >= end {
				continue // nothing is read for them
			}
			begin = begin / keysPerBlock * keysPerBlock
			for r := r0; r < past; r++ {
				first, last := span(r)
				first, last = max(first, begin), min(last, begin+keysPerBlock)
				for _, h := range heads {
					sees := first < last && !array
					for key := first; key < last && !sees; key++ {
						mb, mh, row, column := min(b, own[0]-1), min(h, own[1]-1), min(r, own[2]-1), min(key, own[3]-1)
						sees = !math.IsInf(c.maskEntry(s, mb, mh, row, column, uint64(((mb*own[1]+mh)*own[2]+row)*own[3]+column)), -1)
						looked++
					}
					if !sees {
						return true
					}
					if looked > mostEntries {
						return false
					}
				}
			}
		}
	}
	return false
}

// headsWithoutSink are the query heads whose rows begin with no logit.
func (c *Case) headsWithoutSink() (list []int) {
	for h := range c.Heads {
		if c.Sinks == "" || c.Sinks == SinksSome && h%2 == 1 {
			list = append(list, h)
		}
	}
	return list
}
