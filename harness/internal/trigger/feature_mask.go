package trigger

import (
	"fmt"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// maskFeatures are what follows from a mask and the lengths together.
func maskFeatures() (list []feature) {
	add := func(name string, kind featureKind, get func(*cases.Case) float64) *feature {
		list = append(list, feature{name: name, kind: kind, group: "mask", get: get})
		return &list[len(list)-1]
	}
	add("causal", flag, func(c *cases.Case) float64 { return truth(c.Mask.IsCausal()) })
	add(`mask.kind in ["bool", "additive"]`, flag, func(c *cases.Case) float64 { return truth(c.Mask.IsArray()) })
	add(`mask.align != ""`, flag, func(c *cases.Case) float64 { return truth(c.Mask.Align != "") })
	for _, letter := range []string{"b", "h", "q", "k"} {
		add(`mask.shape contains "`+letter+`"`, flag, func(c *cases.Case) float64 {
			return truth(strings.Contains(c.Mask.Shape, letter))
		})
	}
	add("visible.begin", number, func(c *cases.Case) float64 { return float64(c.Visible().Begin) })
	add("visible.skips", number, func(c *cases.Case) float64 { return float64(c.Skips()) }).readable = "the keys of its batch entry that a row skips"
	add("visible.end", number, func(c *cases.Case) float64 { return float64(c.Visible().End) })
	// Who takes q_len for the number of keys is right wherever the last visible key is the one of that number.
	add("q_len, visible.end", difference, func(c *cases.Case) float64 { return float64(c.Visible().End - c.QLen) }).readable = "the last visible key, q_len"
	add("visible.none", flag, func(c *cases.Case) float64 { return truth(c.Visible().None) })
	add("visible.hides", flag, func(c *cases.Case) float64 { return truth(c.Visible().Hides) })
	add("visible.first", flag, func(c *cases.Case) float64 { first, _ := c.RangeEnds(); return truth(first) })
	add("visible.last", flag, func(c *cases.Case) float64 { _, last := c.RangeEnds(); return truth(last) })
	add("visible.gap", flag, func(c *cases.Case) float64 { return truth(c.HasGap()) }).readable = "a key that no row sees beside others that rows see"
	add("visible.uneven", flag, func(c *cases.Case) float64 { return truth(c.Uneven()) }).readable = "rows that see more blocks of keys than others of the same 32"
	add("visible.starts_empty", flag, func(c *cases.Case) float64 { return truth(c.StartsEmpty()) }).readable = "a row without a sink that sees none of the first 32 keys of its 32 rows"
	add("visible.own_diagonal", flag, func(c *cases.Case) float64 { return truth(c.OwnDiagonal()) }).readable = "a batch entry whose diagonal begins elsewhere than that of the longest"
	add("visible.end == kv_len", flag, func(c *cases.Case) float64 { return truth(c.Visible().End == c.KVLen) }).readable = "the last key seen"
	add("visible.end > kv_len - kv_len % 8", flag, func(c *cases.Case) float64 { return truth(c.Visible().End > c.KVLen-c.KVLen%8) }).readable = "keys seen in a last tile of 8 that is not full"
	for _, rows := range []int{8, 32} {
		for _, end := range []struct {
			name, readable string
			of             func(*cases.Case, int) []int
		}{
			{"ends", "the keys that %d rows see end %s a block of %d", (*cases.Case).Ends},
			{"begins", "the keys that %d rows see begin %s a block of %d", (*cases.Case).Begins},
		} {
			for _, block := range []int{8, 32, 64} {
				inside := func(c *cases.Case) float64 {
					return truth(slices.ContainsFunc(end.of(c, rows), func(n int) bool { return n%block != 0 }))
				}
				at := func(c *cases.Case) float64 {
					return truth(slices.ContainsFunc(end.of(c, rows), func(n int) bool { return n%block == 0 }))
				}
				add(fmt.Sprintf("any(visible.%s_%d, # %% %d != 0)", end.name, rows, block), flag, inside).readable = fmt.Sprintf(end.readable, rows, "inside", block)
				add(fmt.Sprintf("any(visible.%s_%d, # %% %d == 0)", end.name, rows, block), flag, at).readable = fmt.Sprintf(end.readable, rows, "with", block)
			}
		}
	}
	return list
}
