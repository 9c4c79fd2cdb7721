package relation

import (
	"fmt"
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// maskedSlots: what k and v hold where no row of the group may see them changes no bit. Bit for bit, on paths that
// promise MaskedBits. The slots are filled with NaN, Inf or the format's largest number; only the last where the path
// does not promise to know NaN.
var maskedSlots = Law{
	Name:      "masked-slots",
	places:    true,
	Statement: "what keys and values hold that no row may see changes no bit",
	Bits:      true,
	Runs:      1,
	applies:   func(c *cases.Case, p paths.Promises) bool { return p.MaskedBits && (c.Mask.Kind != "" || c.Ragged()) },
	check: func(a *application) error {
		fill, words := a.forbiddenValue(true)
		t, slots := a.copy(), 0
		a.Case.EachMaskedSlot(a.Tensors, func(b, h, key int) {
			slots++
			fillRow(&t.K, b, h, key, always(fill))
			fillRow(&t.V, b, h, key, always(fill))
		})
		if slots == 0 {
			return nil // every key is seen by some row: there is nothing to change
		}
		if err := a.attend(t); err != nil {
			return err
		}
		return a.keepBits(t, nil, fmt.Sprintf("%d slots that no row may see were filled with %s", slots, words))
	},
}

// forbiddenValue is a value that must not reach an output. other: one that differs from what the case has there already.
func (a *application) forbiddenValue(other bool) (float64, string) {
	type kind struct {
		fill  cases.MaskedFill
		value float64
		words string
	}
	huge := kind{cases.MaskedHuge, a.Case.Input.Max(), "the largest number of " + a.Case.Input.String()}
	kinds := []kind{{cases.MaskedNaN, math.NaN(), "NaN"}, {cases.MaskedInf, math.Inf(1), "Inf"}, huge}
	if !a.Promises.NaN {
		kinds = []kind{huge, {cases.MaskedOrdinary, 1, "1"}}
	}
	k := kinds[a.dice.below(len(kinds))]
	for other && k.fill == a.Case.Values.Masked {
		k = kinds[a.dice.below(len(kinds))]
	}
	return k.value, k.words
}

// blindRow: one row keeps its bits when everything that it may not see becomes NaN: the keys that its mask forbids, of
// its own kv head, and every other query row, kv head and batch. Bit for bit, on paths that promise MaskedBits and
// Independent; with the format's largest number for NaN where the path does not promise to know NaN.
var blindRow = Law{
	Name:      "blind-row",
	places:    true,
	Statement: "a row keeps its bits when everything that it may not see becomes NaN",
	Bits:      true,
	Runs:      1,
	applies: func(c *cases.Case, p paths.Promises) bool {
		return p.MaskedBits && p.Independent && (c.Mask.Kind != "" || c.Ragged() || c.Batch*c.Heads*c.QLen > 1)
	},
	check: func(a *application) error {
		chosen := a.placeOf(a.dice.below(a.rowCount()))
		fill, words := math.NaN(), "NaN"
		if !a.Promises.NaN {
			fill, words = a.Case.Input.Max(), "the largest number of "+a.Case.Input.String()
		}
		t := a.blind(chosen, fill)
		if err := a.attend(t); err != nil {
			return err
		}
		return a.keepBits(t, func(p place) bool { return p == chosen },
			fmt.Sprintf("everything that row [%d,%d,%d] may not see was filled with %s", chosen.batch, chosen.head, chosen.row, words))
	},
}

// blind returns the base's tensors with everything filled that one row may not see.
func (a *application) blind(chosen place, fill float64) *cases.Tensors {
	t := a.copy()
	for row := range a.rowCount() {
		if p := a.placeOf(row); p != chosen {
			fillRow(&t.Q, p.batch, p.head, p.row, always(fill))
		}
	}
	seen := make([]bool, a.Case.KVLen)
	for _, key := range a.reader().allowed(chosen) {
		seen[key] = true
	}
	for b := range a.Case.Batch {
		for h := range a.Case.KVHeads {
			own := b == chosen.batch && h == chosen.head/a.Case.Group()
			for key := range a.Case.KVLen {
				if !own || !seen[key] {
					fillRow(&t.K, b, h, key, always(fill))
					fillRow(&t.V, b, h, key, always(fill))
				}
			}
		}
	}
	return t
}
