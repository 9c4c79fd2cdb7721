package gen

import "attest.example/attest/harness/internal/cases"

// emptyScenarios have an extent of 0: no batch, no row or no key. Everything else is drawn for a case that is not empty and
// stays, so that masks, lengths, pages, integers and layouts are met without what they are of.
var emptyScenarios = []scenario{
	{name: "no batch", weight: 1, sure: "no-batch", asks: true, empty: func(d dice, t *draft) {
		t.take(extents{batch: true, rows: d.chance(15), keys: d.chance(15)})
	}},
	{name: "no rows", weight: 1, sure: "no-rows", asks: true, empty: func(d dice, t *draft) {
		t.take(extents{rows: true, keys: d.chance(15)})
	}},
	{name: "no keys", weight: 1, sure: "no-keys no-keys-logsumexp", asks: true, empty: func(d dice, t *draft) {
		t.LSE = true
		if d.chance(50) { // which is all that the logsumexp has then
			t.Sinks = pick(d, cases.SinksAmong, cases.SinksSome)
		}
		t.take(extents{keys: true})
	}},
	{name: "no keys or rows, nothing optional given", weight: 1, sure: "empty-bare", asks: true, empty: func(d dice, t *draft) {
		t.Call.Bare = true
		t.take(pick(d, extents{keys: true}, extents{keys: true}, extents{rows: true}, extents{batch: true}))
	}},
	{name: "after an empty one", weight: 1, sure: "after-empty", asks: true, before: func(d dice, c cases.Case) sequence {
		t := draft{Case: c}
		t.take(pick(d, extents{keys: true}, extents{keys: true}, extents{rows: true}, extents{batch: true}))
		return sequence{t.Case}
	}},
}

// extents are those of a case that are 0.
type extents struct{ batch, rows, keys bool }

// fill puts 1 where a filter asked for an extent of 0, and returns where that was: what is drawn afterwards divides by sizes.
func (t *draft) fill() (asked extents) {
	for _, x := range []struct {
		n    *int
		none *bool
	}{{&t.Batch, &asked.batch}, {&t.QLen, &asked.rows}, {&t.KVLen, &asked.keys}} {
		if *x.n == 0 {
			*x.n, *x.none = 1, true
		}
	}
	return asked
}

// withhold takes away what fill put there.
func (t *draft) withhold(asked extents) {
	if asked != (extents{}) {
		t.take(asked)
	}
}

// take makes extents 0, and what depends on them less.
func (t *draft) take(none extents) {
	if none.batch {
		t.Batch = 0
	}
	if none.rows {
		t.QLen = 0
	}
	if none.keys {
		t.KVLen, t.Paging.Shared = 0, 0
	}
	t.repairMask()
}

var emptyRegions = []Region{
	{Name: "empty-bare", Bugs: []int{90}, Empty: true, Summary: "an extent of 0 in a call that leaves out what may be: the pointers of empty tensors are null",
		Holds: func(c *cases.Case) bool { return c.Empty() && c.Call.Bare }},
	{Name: "after-empty", Bugs: []int{90}, Summary: "after a case with an extent of 0",
		Holds: func(c *cases.Case) bool {
			return before(c, func(p *cases.Case) bool { return p.Empty() })
		}},
}
