package relation

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// The permutation laws state the same problem with one of its dimensions in another order. Every sum of the bound runs
// over the same keys, so the truth and the bound move along with their rows and both runs are under the same bound:
// they agree within twice the bound.

// permuteKeys: softmax and the sum over keys do not know an order of keys. Bounded by 2*bound. It applies where no
// causal part or window counts by a key's place.
var permuteKeys = Law{
	Name:      "permute-keys",
	places:    true, // entries that share pages would not agree on an order
	Statement: "keys, their values and their mask columns in another order give the same output",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.KVLen > 1 && placeless(c) },
	check: func(a *application) error {
		return a.permute(order{keys: a.dice.shuffled(a.Case.KVLen)}, "keys, values and mask columns in another order")
	},
}

// permuteRows: query rows in another order have their outputs in that order. Bounded by 2*bound. It applies where no
// causal part or window counts by a row's place.
var permuteRows = Law{
	Name:      "permute-rows",
	Statement: "query rows and their mask rows in another order give their outputs in that order",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.QLen > 1 && placeless(c) },
	check: func(a *application) error {
		return a.permute(order{rows: a.dice.shuffled(a.Case.QLen)}, "query rows and mask rows in another order")
	},
}

// permuteHeads: kv heads in another order, and the query heads of each in another order too, have their outputs in that
// order. Bounded by 2*bound.
var permuteHeads = Law{
	Name:      "permute-heads",
	Statement: "heads in another order, groups kept together, give their outputs in that order",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.Heads > 1 },
	check: func(a *application) error {
		kvHeads, group := a.dice.shuffled(a.Case.KVHeads), a.Case.Group()
		heads := make([]int, 0, a.Case.Heads)
		for i, kv := range kvHeads {
			within := identity(group)
			if i%2 == 0 { // not all alike: heads in reverse would be a symmetry that hides a wrong group
				within = a.dice.shuffled(group)
			}
			for _, h := range within {
				heads = append(heads, kv*group+h)
			}
		}
		return a.permute(order{heads: heads, kvHeads: kvHeads}, "heads in another order, groups kept together")
	},
}

// permuteBatches: batches in another order have their outputs in that order. Bounded by 2*bound.
var permuteBatches = Law{
	Name:      "permute-batches",
	Statement: "batches in another order give their outputs in that order",
	Runs:      1,
	applies:   func(c *cases.Case, _ paths.Promises) bool { return c.Batch > 1 },
	check: func(a *application) error {
		return a.permute(order{batches: a.dice.shuffled(a.Case.Batch)}, "batches in another order")
	},
}

// placeless reports whether rows and keys of the case have no place but their index in arrays.
func placeless(c *cases.Case) bool {
	if c.Alibi != "" || c.Ragged() {
		return false
	}
	return c.Mask.Kind == "" || c.Mask.IsArray() && !c.Mask.IsCausal() && !c.Mask.IsWindow()
}

func (a *application) permute(o order, detail string) error {
	t := a.copy()
	a.rearranged(t, o)
	if err := a.attend(t); err != nil {
		return err
	}
	return a.agree(t, o, double, detail)
}
