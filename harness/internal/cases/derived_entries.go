package cases

// OwnDiagonal reports whether some row of a batch entry sees other keys than it would by the diagonal of an entry that uses
// all rows and keys: bottom-right is where an entry's own last row meets its own last key, and who computes that from q_len
// and kv_len is wrong there and nowhere else.
func (c *Case) OwnDiagonal() bool {
	if !c.Ragged() || c.Mask.Align != BottomRight {
		return false
	}
	longest := *c
	longest.Mask.Align, longest.KVOffset = TopLeft, c.KVLen-c.QLen
	for b := range c.Batch {
		entries := c.Entries(b)
		for row := range c.QLen {
			first, last := c.spanIn(entries, row)
			if from, to := longest.spanIn(entries, row); from != first || to != last {
				return true
			}
		}
	}
	return false
}

// Skips is the largest number of keys that the causal or window part hides from a row before the first that it sees, of the
// keys of its own batch entry. Visible().Begin counts those before the entry as well, which no mask hides.
func (c *Case) Skips() (most int) {
	if !c.Ragged() {
		return c.Visible().Begin
	}
	for b := range c.Batch {
		entries := c.Entries(b)
		for row := range c.QLen {
			e, used := entryOf(entries, row)
			if first, last := c.spanIn(entries, row); used && first < last {
				most = max(most, first-e.KVBegin)
			}
		}
	}
	return most
}
