package relation

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// pagedCase is a case of several pages an entry, in an order of its own, the last of them not full.
func pagedCase(t *testing.T, seed uint64) cases.Case {
	return normalized(t, cases.Case{Batch: 2, Heads: 4, KVHeads: 2, QLen: 5, KVLen: 61, HeadDim: 8, Input: precision.FP32, LSE: true,
		Paging: cases.Paging{Page: 8, Order: cases.ShuffledPages}, Values: cases.Values{Seed: seed}})
}

func breaks(err error) bool {
	var v *Violation
	return errors.As(err, &v)
}

func setPage(table *cases.Tensor, b, i, page int) {
	binary.LittleEndian.PutUint32(table.Data[4*table.Index(0, 0, b, i):], uint32(page))
}

// lastPageAscending looks for the last page where ascending pages have it.
func lastPageAscending(c *cases.Case, t *cases.Tensors) {
	if t.Table == nil {
		return
	}
	last := t.Table.Shape[3] - 1
	for b := range c.Batch {
		setPage(t.Table, b, last, b*(last+1)+last)
	}
}

// lastRowRepeats has the last row of each page of v be that before it.
func lastRowRepeats(c *cases.Case, t *cases.Tensors) {
	for r := c.Paging.Page - 1; c.Paging.Page > 0 && r < c.KVLen; r += c.Paging.Page {
		for b := range c.Batch {
			for h := range c.KVHeads {
				t.V.CopyRow(b, h, r, &t.V, b, h, r-1)
			}
		}
	}
}

// TestLawsOfPagesAreBroken: a path that reads a page from the wrong place breaks both laws of pages; one that reads the table
// right and the rows of a page wrong breaks the law that puts the keys in one piece.
func TestLawsOfPagesAreBroken(t *testing.T) {
	for _, x := range []struct {
		name   string
		before func(c *cases.Case, t *cases.Tensors)
		broken []string
	}{
		{"the last page is looked for where ascending pages have it", lastPageAscending, []string{"permute-pages", "unpage"}},
		{"every entry reads the pages of the first", func(c *cases.Case, t *cases.Tensors) {
			for b := 1; t.Table != nil && b < c.Batch; b++ {
				copy(t.Table.Data[4*t.Table.Index(0, 0, b, 0):][:4*t.Table.Shape[3]], t.Table.Data)
			}
		}, []string{"unpage"}},
		{"the last row of a page is that before it", lastRowRepeats, []string{"unpage"}},
		{"none", nil, nil},
	} {
		for seed := range uint64(4) {
			c := pagedCase(t, seed)
			s, err := subject(bug{before: x.before}, c)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range []Law{permutePages, unpage} {
				want := slices.Contains(x.broken, l.Name)
				if err := l.Check(t.Context(), s); breaks(err) != want && (want || x.broken == nil) {
					t.Errorf("%s, seed %d: %s: %v; want broken: %v", x.name, seed, l.Name, err, want)
				}
			}
			if len(s.Skips) > 0 {
				t.Errorf("%s: %v", x.name, s.Skips)
			}
		}
	}
}
