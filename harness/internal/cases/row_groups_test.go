package cases

import (
	"fmt"
	"slices"
	"testing"
)

func lengthsCase(t *testing.T, batch, qLen, kvLen int, lengths string, seed int) Case {
	t.Helper()
	c, err := Decode(fmt.Appendf(nil, `{"version":1,"batch":%d,"heads":1,"q_len":%d,"kv_len":%d,"head_dim":8,"input":"fp32","lengths":%s,"values":{"seed":%d}}`,
		batch, qLen, kvLen, lengths, seed))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestKeysOfEveryEntry: where batch entries have lengths of their own, each has its own first and last key, and not only
// the entries of the first batch.
func TestKeysOfEveryEntry(t *testing.T) {
	for seed := range 40 {
		c := lengthsCase(t, 3, 17, 40, `{"kv":"random","side":"left"}`, seed)
		var begins []int
		for b := range c.Batch {
			e := c.Entries(b)[0]
			begins = append(begins, e.KVBegin)
		}
		if begins = slices.Compact(begins); !slices.Equal(c.Begins(8), begins) {
			t.Errorf("seed %d: the keys begin at %v, the entries at %v", seed, c.Begins(8), begins)
		}
		c.Lengths.Side = FromFirst
		var ends []int
		for b := range c.Batch {
			ends = append(ends, c.Entries(b)[0].KVEnd)
		}
		if ends = slices.Compact(ends); !slices.Equal(c.Ends(32), ends) {
			t.Errorf("seed %d: the keys end at %v, the entries at %v", seed, c.Ends(32), ends)
		}
	}
}

// TestRowsOfPackedEntries: the rows of packed entries are taken together from the first row of each on, so that none of
// them shares keys with the entry before.
func TestRowsOfPackedEntries(t *testing.T) {
	gaps := 0
	for seed := range 60 {
		c := lengthsCase(t, 2, 24, 64, `{"packed":3}`, seed)
		var begins, ends []int
		gap := false
		for b := range c.Batch {
			for _, e := range c.Entries(b) {
				if e.QBegin == e.QEnd || e.KVBegin == e.KVEnd {
					continue
				}
				begins, ends = append(begins, e.KVBegin), append(ends, e.KVEnd)
			}
			// A tile of 8 keys that an entry begins or ends in holds keys that nobody sees only where its neighbours have no row.
			seen, read := make([]bool, c.KVLen), make([]bool, c.KVLen)
			for _, e := range c.Entries(b) {
				if e.QBegin == e.QEnd || e.KVBegin == e.KVEnd {
					continue
				}
				for key := e.KVBegin; key < e.KVEnd; key++ {
					seen[key] = true
				}
				for key := e.KVBegin / 8 * 8; key < (e.KVEnd+7)/8*8; key++ {
					read[key] = true
				}
			}
			for key := range seen {
				gap = gap || read[key] && !seen[key]
			}
		}
		if begins, ends = slices.Compact(begins), slices.Compact(ends); !slices.Equal(c.Begins(8), begins) || !slices.Equal(c.Ends(8), ends) {
			t.Errorf("seed %d: %v to %v, want %v to %v", seed, c.Begins(8), c.Ends(8), begins, ends)
		}
		if c.HasGap() != gap {
			t.Errorf("seed %d: a gap: %v, want %v", seed, c.HasGap(), gap)
		}
		if gap {
			gaps++
		}
	}
	if gaps == 0 || gaps == 60 {
		t.Errorf("%d of 60 have a gap: that compares nothing", gaps)
	}
}

// TestUnevenWithinAnEntry: rows of two packed entries are in different groups, and so see different keys without being uneven.
func TestUnevenWithinAnEntry(t *testing.T) {
	uneven := 0
	for seed := range 60 {
		c := lengthsCase(t, 1, 24, 160, `{"packed":2}`, seed)
		want := false
		for _, e := range c.Entries(0) {
			// 24 rows are three times eight: an entry with rows for fewer of them leaves some without keys.
			if n := e.QEnd - e.QBegin; n > 0 && n <= 16 && e.KVEnd > e.KVBegin {
				want = true
			}
		}
		if c.Uneven() != want {
			t.Errorf("seed %d, entries %v: uneven: %v, want %v", seed, c.Entries(0), c.Uneven(), want)
		}
		if want {
			uneven++
		}
	}
	if uneven == 0 || uneven == 60 {
		t.Errorf("%d of 60 are uneven: that compares nothing", uneven)
	}
}
