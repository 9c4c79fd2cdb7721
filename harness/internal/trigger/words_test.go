package trigger

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAbsentWordsAreSaid: no condition on a word is told by a text in which the word is missing, whatever field it is of, and
// however many words it has.
func TestAbsentWordsAreSaid(t *testing.T) {
	told := map[string]string{}
	unfinished := regexp.MustCompile(`( is| is not| of|,)( ,|$)|  |, ,`)
	check := func(a atom) {
		words := inWords([]atom{a})
		told[a.text] = words
		require.False(t, unfinished.MatchString(words), "%s is told as %q", a.text, words)
	}
	for _, a := range atoms() {
		check(a)
	}
	for i := range features {
		f := &features[i]
		none := slices.Index(f.words, "")
		if f.kind != word || none < 0 {
			continue
		}
		for other := range f.words {
			if other != none {
				check(wordsAtom(i, []int{none, other}, 1))
			}
		}
	}
	k := slices.IndexFunc(features, func(f feature) bool { return f.name == "quant.k" })
	check(wordsAtom(k, []int{0, 1, slices.Index(features[k].words, "")}, 1))
	for text, want := range map[string]string{
		`quant.k == ""`: "no quant.k", `quant.k != ""`: "some quant.k", `quant.k == "int8"`: "quant.k is int8",
		`quant.k in ["int8", ""]`: "no quant.k or int8", `quant.k in ["none", "int8", ""]`: "no quant.k or one of none, int8",
		`strided.mask`: "a mask in memory that is not packed", `not strided.mask`: "without a mask in memory that is not packed",
		`"kv_offset" in before.last_differs`:        "kv_offset another in the last case before, of the same size",
		`any(before.differs, # startsWith "mask.")`: "the mask another in a case before",
		`not (batch * q_len * kv_len == 0)`:         "some batch, rows and keys",
		`logits.lowest_row_max < -88`:               "the largest logit of some row below -88",
		`visible.end > kv_len - kv_len % 8`:         "keys seen in a last tile of 8 that is not full",
		`visible.end <= kv_len - kv_len % 8`:        "no key seen in a last tile of 8 that is not full",
		`ends_guarded`:                              "memory right behind the operands that must not be touched",
		`visible.starts_empty`:                      "a row without a sink that sees none of the first 32 keys of its 32 rows",
		`logits.highest > 11`:                       "the largest logit above 11",
		`logits.largest_fall > 88`:                  "the fall of a row's logits from one block of 32 keys to a later one above 88",
		`mask.align == ""`:                          "no diagonal", `layout.q.order == ""`: "no layout.q.order",
	} {
		require.Equal(t, want, told[text], text)
	}
}
