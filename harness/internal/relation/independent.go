package relation

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// independentRows: one query row changed leaves every other row's bits. Bit for bit, on paths that promise Independent.
var independentRows = Law{
	Name:      "independent-rows",
	Statement: "one query row changed leaves the bits of all others",
	Bits:      true,
	Runs:      1,
	applies: func(c *cases.Case, p paths.Promises) bool {
		return p.Independent && c.Batch*c.Heads*c.QLen > 1
	},
	check: func(a *application) error {
		changed := a.placeOf(a.dice.below(a.rowCount()))
		t := a.copy()
		fillRow(&t.Q, changed.batch, changed.head, changed.row, a.dice.ordinary)
		if err := a.attend(t); err != nil {
			return err
		}
		return a.keepBits(t, func(p place) bool { return p != changed },
			fmt.Sprintf("query row [%d,%d,%d] was changed, and this is another", changed.batch, changed.head, changed.row))
	},
}

// independentHeads: keys and values of one kv head of one batch changed leave the bits of every head that does not use
// them. Bit for bit, on paths that promise Independent.
var independentHeads = Law{
	Name:      "independent-heads",
	places:    true,
	Statement: "keys and values of one kv head changed leave the bits of the heads of all others",
	Bits:      true,
	Runs:      1,
	applies:   func(c *cases.Case, p paths.Promises) bool { return p.Independent && c.Batch*c.KVHeads > 1 },
	check: func(a *application) error {
		batch, kv := a.dice.below(a.Case.Batch), a.dice.below(a.Case.KVHeads)
		t := a.copy()
		for key := range a.Case.KVLen {
			fillRow(&t.K, batch, kv, key, a.dice.ordinary)
			fillRow(&t.V, batch, kv, key, a.dice.ordinary)
		}
		if err := a.attend(t); err != nil {
			return err
		}
		group := a.Case.Group()
		return a.keepBits(t, func(p place) bool { return p.batch != batch || p.head/group != kv },
			fmt.Sprintf("keys and values of kv head %d of batch %d were changed, and this head does not use them", kv, batch))
	},
}
