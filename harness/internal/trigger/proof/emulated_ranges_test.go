package main

import "attest.example/attest/harness/internal/cases"

// Bugs that leave a row other keys than its own, as the kernel has them: the rows of a case are held against those of another
// case that has the bug for its rule.

// seesKeysOf reports whether some row sees other keys in one case than in another of the same sizes, and v shows it.
func seesKeysOf(c, other *cases.Case) bool {
	if !shows(c) {
		return false
	}
	for b := range c.Batch {
		for row := range c.QLen {
			first, last := c.Span(b, row)
			if from, to := other.Span(b, row); (from != first || to != last) && (first < last || from < to) {
				return true
			}
		}
	}
	return false
}

// oneRowWithoutWindow has no left bound where there is one row.
func oneRowWithoutWindow(c *cases.Case) bool {
	if !c.Mask.IsWindow() || c.Mask.Left < 0 || c.QLen != 1 {
		return false
	}
	wide := *c
	wide.Mask.Left = -1
	return seesKeysOf(c, &wide)
}

// beginsWithTheLastRow has up to 8 rows begin where the last one does.
func beginsWithTheLastRow(c *cases.Case) bool {
	if c.Batch == 0 || c.QLen > 8 || c.Ragged() || !shows(c) || !c.Mask.IsWindow() || c.Mask.Left < 0 {
		return false
	}
	begin := max(0, min(c.Diagonal(0)+c.QLen-1-c.Mask.Left, c.KVLen))
	for row := range c.QLen {
		if first, last := c.Span(0, row); first < min(begin, last) {
			return true
		}
	}
	return false
}

// diagonalOfTheLongest begins each batch entry's diagonal where it begins for one that uses all rows and keys.
func diagonalOfTheLongest(c *cases.Case) bool {
	if !c.Ragged() || c.Mask.Align != cases.BottomRight {
		return false
	}
	longest := *c
	longest.Mask.Align, longest.KVOffset = cases.TopLeft, c.KVLen-c.QLen
	return seesKeysOf(c, &longest)
}

// entriesOf are the rows of a batch that threadgroups are made of: packed entries have their own.
func entriesOf(c *cases.Case, batch int) []cases.Entry {
	if c.Lengths.Packed > 0 {
		return c.Entries(batch)
	}
	return []cases.Entry{{QEnd: c.QLen}}
}

// seenByRows is from the first to one past the last key that rows [first, past) see.
func seenByRows(c *cases.Case, batch, first, past int) (begin, end int) {
	begin = c.KVLen
	for row := first; row < past; row++ {
		if from, to := c.Span(batch, row); from < to {
			begin, end = min(begin, from), max(end, to)
		}
	}
	return begin, end
}
