package cases

import (
	"iter"
	"math"
)

// What follows from a case's fields, for those who ask when a bug strikes.

// Visible is what a mask leaves of the keys. But for None it is about the causal or window part: what an array forbids
// depends on its values, and no kernel leaves out what it has not read.
type Visible struct {
	Begin int  // the largest first key of a row
	End   int  // one past the last key that any row sees
	None  bool // some row sees no key, whatever forbids them
	Hides bool // some key is hidden from some row
}

// RangeEnds reports whether some row sees the first key of its range, and whether some row sees the last one. A row's
// range is what the causal or window part of the mask leaves it, and an array may forbid any key of it: then who loses the
// first key of every range is right all the same. Of a large array it looks at the first rows only.
func (c *Case) RangeEnds() (first, last bool) {
	array := c.Mask.IsArray()
	own, s, forbidden := c.maskDims(), newStream(c.Values.Seed, streamMask), c.Mask.Floor.Value(c.Mask.Format)
	d := own
	if !array || c.Ragged() {
		d[0] = c.Batch
	}
	sees := func(b, h, r, key int) bool {
		if !array {
			return true
		}
		b, row, column := min(b, own[0]-1), min(r, own[2]-1), min(key, own[3]-1)
		index := uint64(((b*own[1]+h)*own[2]+row)*own[3] + column)
		return c.maskEntry(s, b, h, row, column, index) != forbidden
	}
	looked := 0
	for r := range c.QLen {
		for b := range d[0] {
			begin, end := c.Span(b, r)
			if end <= begin {
				continue
			}
			for h := range d[1] {
				first = first || sees(b, h, r, begin)
				last = last || sees(b, h, r, end-1)
				if looked++; first && last || looked > mostEntries {
					return first, last
				}
			}
		}
	}
	return first, last
}

// Visible looks at three rows only where batch entries have no lengths of their own: both ends of what a row sees never fall from one row to the next.
func (c *Case) Visible() Visible {
	var v Visible
	look := func(batch, row int) {
		first, last := c.Span(batch, row)
		v.Begin, v.End = max(v.Begin, first), max(v.End, last)
		v.None = v.None || last <= first
		v.Hides = v.Hides || first != 0 || last != c.KVLen
	}
	if c.Ragged() {
		for batch := range c.Batch {
			for row := range c.QLen {
				look(batch, row)
			}
		}
	} else {
		diagonal := c.KVLen - 1 - c.Diagonal(0) // the row whose diagonal is at the last key
		for _, row := range []int{0, min(max(diagonal, 0), c.QLen-1), c.QLen - 1} {
			look(0, row)
		}
	}
	v.None = v.None || c.arrayHidesARow(mostEntries)
	return v
}

// HasIdleBound reports whether a window is bounded on a side where the bound lies past all keys, whatever the row: to a
// kernel it is one, and it changes nothing.
func (c *Case) HasIdleBound() bool {
	if !c.Mask.IsWindow() {
		return false
	}
	first := c.Diagonal(0)
	return c.Mask.Right >= 0 && first+c.Mask.Right >= c.KVLen || c.Mask.Left >= 0 && first+c.QLen-1-c.Mask.Left < 0
}

// mostEntries bounds the entries of an array that are drawn to see whether a row is left a key.
const mostEntries = 1 << 16

// LeavesARowNoKey is Visible().None, whatever the size of the mask: each of its rows is looked at.
func (c *Case) LeavesARowNoKey() bool {
	return c.Visible().None || c.arrayHidesARow(math.MaxInt)
}

// arrayHidesARow reports whether a mask in memory leaves some row no key of those that the rest of the mask leaves it. It
// looks at the first rows only, as far as most entries go.
func (c *Case) arrayHidesARow(most int) bool {
	m := &c.Mask
	if !m.LeavesOut() { // a row of nothing but finite numbers sees its keys
		return false
	}
	own, s := c.maskDims(), newStream(c.Values.Seed, streamMask)
	batches := own[0]
	if c.Ragged() { // what the rest of the mask leaves a row differs from entry to entry
		batches = c.Batch
	}
	looked := 0
	for r := range c.QLen {
		for b := range batches {
			first, last := c.Span(b, r)
			for h := range own[1] {
				sees := false
				for key := first; key < last && !sees; key++ {
					mb, row, column := min(b, own[0]-1), min(r, own[2]-1), min(key, own[3]-1)
					index := uint64(((mb*own[1]+h)*own[2]+row)*own[3] + column)
					sees = !math.IsInf(c.maskEntry(s, mb, h, row, column, index), -1)
					looked++
				}
				if !sees {
					return true
				}
				if looked > most {
					return false
				}
			}
		}
	}
	return false
}

// mostForGap bounds the entries of an array that are drawn to see whether it leaves a gap.
const mostForGap = 1 << 13

// HasGap reports whether some key that no row of a key head sees lies in a tile of 8 keys of which 8 of its rows see some:
// a kernel reads such a key with the others. Of a large array it looks at the first rows only, and takes the rest to see no
// more.
func (c *Case) HasGap() bool {
	array := c.Mask.LeavesOut()
	batches, heads, looked := 1, 1, 0
	if array {
		d := c.maskDims()
		batches, heads = d[0], (d[1]+c.Group()-1)/c.Group()
	}
	if c.Ragged() {
		batches = c.Batch
	}
	for b := range batches {
		for kv := range heads {
			if c.gapIn(b, kv, array, &looked) {
				return true
			}
			if looked > mostForGap {
				return false
			}
		}
	}
	return false
}

// gapIn is HasGap for one key head.
func (c *Case) gapIn(batch, kvHead int, array bool, looked *int) bool {
	read, unseen := c.readInTiles(batch)
	own, s, heads := c.maskDims(), newStream(c.Values.Seed, streamMask), 1
	if array && own[1] > 1 {
		heads = c.Group()
	}
	forbidden := map[uint64]bool{} // entries that were drawn
	hides := func(r, h, key int) bool {
		b, head, row, column := min(batch, own[0]-1), min(h, own[1]-1), min(r, own[2]-1), min(key, own[3]-1)
		index := uint64(((b*own[1]+head)*own[2]+row)*own[3] + column)
		hidden, drawn := forbidden[index]
		if !drawn {
			*looked++
			hidden = math.IsInf(c.maskEntry(s, b, head, row, column, index), -1)
			forbidden[index] = hidden
		}
		return hidden
	}
	for r := range c.QLen {
		first, last := c.Span(batch, r)
		for h := kvHead * heads; h < (kvHead+1)*heads; h++ {
			for key := first; key < last; key++ {
				if read[key] && !(array && hides(r, h, key)) {
					read[key] = false
					unseen--
				}
			}
		}
		if unseen == 0 {
			return false
		}
		if *looked > mostForGap {
			break
		}
	}
	return unseen > 0
}

// readInTiles are the keys in the tiles of 8 that 8 rows of a batch entry see some keys of, and how many there are.
func (c *Case) readInTiles(batch int) (read []bool, count int) {
	const tile = 8
	read = make([]bool, c.KVLen)
	span := c.spanOfRows(batch)
	for r0, past := range c.rowGroups(batch, tile) {
		begin, end := seenBy(span, r0, past, c.KVLen)
		for key := begin / tile * tile; key < min((end+tile-1)/tile*tile, c.KVLen); key++ {
			if !read[key] {
				read[key] = true
				count++
			}
		}
	}
	return read, count
}

// Uneven reports whether, of 32 rows, some eight see keys to another block of 32 keys than others: where these share what
// they read, some are done before the others. Rows past the last one see none, where there are more than 32.
func (c *Case) Uneven() bool {
	const few, many, block = 8, 32, 32
	for b := range c.differentBatches() {
		span := c.spanOfRows(b)
		for r0, past := range c.rowGroups(b, many) {
			most, least := 0, c.KVLen+1
			for r := r0; r < r0+many && (c.QLen > many || r-r0 < c.QLen); r += few {
				_, end := seenBy(span, r, min(r+few, past), c.KVLen)
				blocks := (end + block - 1) / block
				most, least = max(most, blocks), min(least, blocks)
			}
			if most != least {
				return true
			}
		}
	}
	return false
}

// KeysSeen is the number of keys that some row sees, of the row that sees most; no further than limit. With one key a
// softmax is 1 whatever the score. Of a large array it looks at the first rows only, and takes the rest to see no more.
func (c *Case) KeysSeen(limit int) int {
	array := c.Mask.IsArray()
	own, s, forbidden := c.maskDims(), newStream(c.Values.Seed, streamMask), c.Mask.Floor.Value(c.Mask.Format)
	d := [2]int{1, 1}
	if array {
		d = [2]int{own[0], own[1]}
	}
	if c.Ragged() {
		d[0] = c.Batch
	}
	most, looked := 0, 0
	for b := range d[0] {
		for r := range c.QLen {
			begin, end := c.Span(b, r)
			if !array {
				if most = max(most, min(limit, end-begin)); most == limit {
					return limit
				}
				continue
			}
			for h := range d[1] {
				seen := 0
				for key := begin; key < end && seen < limit; key++ {
					batch, row, column := min(b, own[0]-1), min(r, own[2]-1), min(key, own[3]-1)
					index := uint64(((batch*own[1]+h)*own[2]+row)*own[3] + column)
					if c.maskEntry(s, batch, h, row, column, index) != forbidden {
						seen++
					}
					looked++
				}
				if most = max(most, seen); most == limit || looked > mostEntries {
					return most
				}
			}
		}
	}
	return most
}

// Ends returns, for every group of so many rows, one past the last key that any of its rows sees by the causal or window
// part of the mask and by the lengths of its batch entry, and Begins the first such key: what a kernel takes for its loop over
// the keys. Groups that see none are left out. Neighbours that are alike are one.
func (c *Case) Ends(rows int) []int { _, ends := c.spans(rows); return ends }

// Begins is told at Ends.
func (c *Case) Begins(rows int) []int { begins, _ := c.spans(rows); return begins }

func (c *Case) spans(rows int) (begins, ends []int) {
	add := func(list []int, n int) []int {
		if len(list) > 0 && list[len(list)-1] == n {
			return list
		}
		return append(list, n)
	}
	for b := range c.differentBatches() {
		span := c.spanOfRows(b)
		for r0, past := range c.rowGroups(b, rows) {
			if begin, end := seenBy(span, r0, past, c.KVLen); begin < end {
				begins, ends = add(begins, begin), add(ends, end)
			}
		}
	}
	return begins, ends
}

// differentBatches is how many batches there are whose rows may see different keys, an array aside.
func (c *Case) differentBatches() int {
	if c.Ragged() {
		return c.Batch
	}
	return 1
}

// rowGroups are the rows [first, past) of a batch that are taken together, so many at most: packed entries have groups of
// their own, each from its first row on.
func (c *Case) rowGroups(batch, rows int) iter.Seq2[int, int] {
	parts := []Entry{{QEnd: c.QLen}}
	if c.Lengths.Packed > 0 {
		parts = c.Entries(batch)
	}
	return func(yield func(int, int) bool) {
		for _, e := range parts {
			for r := e.QBegin; r < e.QEnd; r += rows {
				if !yield(r, min(r+rows, e.QEnd)) {
					return
				}
			}
		}
	}
}

// spanOfRows is Span for the rows of one batch.
func (c *Case) spanOfRows(batch int) func(row int) (first, last int) {
	if !c.Ragged() {
		return func(row int) (first, last int) { return c.Span(batch, row) }
	}
	entries := c.Entries(batch)
	return func(row int) (first, last int) { return c.spanIn(entries, row) }
}

// seenBy is from the first to one past the last key that some of the rows [row, past) see; begin is all and end 0 where none
// sees any.
func seenBy(span func(int) (int, int), row, past, all int) (begin, end int) {
	begin = all
	for ; row < past; row++ {
		if first, last := span(row); first < last {
			begin, end = min(begin, first), max(end, last)
		}
	}
	return begin, end
}
