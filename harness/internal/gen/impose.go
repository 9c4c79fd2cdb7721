package gen

import (
	"slices"

	"attest.example/attest/harness/internal/cases"
)

// imposeSizes brings the shape under the filter's conditions, and keeps what they fixed.
func (t *draft) imposeSizes(d dice) {
	rules := t.filter.rules
	if len(rules) == 0 {
		return
	}
	for range imposeRounds {
		broken := false
		for i := range rules {
			if r := &rules[i]; r.size && !r.holds(&t.Case) {
				broken = true
				r.choose(d, &t.Case, r.Not)
				t.divide(d)
			}
		}
		if !broken {
			break
		}
	}
	for i := range rules {
		switch rules[i].name {
		case "batch":
			t.keepBatch = true
		case "heads", "kv-heads", "group":
			t.keepHeads = true
		case "q-len":
			t.keepQ = true
		case "kv-len":
			t.keepKV = true
		case "head-dim":
			t.keepDim = true
		}
	}
}

// divide makes kv_heads a divisor of heads again, by the one of them that no condition is about.
func (t *draft) divide(d dice) {
	if t.Heads%t.KVHeads == 0 {
		return
	}
	about := func(name string) bool {
		return slices.ContainsFunc(t.filter.rules, func(r rule) bool { return r.name == name })
	}
	if about("kv-heads") && !about("heads") {
		t.Heads = t.KVHeads * pick(d, 1, 1, 2, 3, 4)
		return
	}
	var divisors []int
	for n := 1; n <= t.Heads; n++ {
		if t.Heads%n == 0 {
			divisors = append(divisors, n)
		}
	}
	t.KVHeads = pick(d, divisors...)
}

const imposeRounds = 12

// impose brings everything but the shape under the filter's conditions. What cannot be is left to Accepts to refuse.
func (t *draft) impose(d dice, r *recipe) {
	rules := t.filter.rules
	if len(rules) == 0 {
		return
	}
	for range imposeRounds {
		broken := false
		for i := range rules {
			rule := &rules[i]
			if rule.size || rule.whole || t.meets(rule) {
				continue
			}
			broken = true
			if !rule.Not {
				t.makeUseful(d, r, rule)
			}
			kind := t.Mask.Kind
			rule.choose(d, &t.Case, rule.Not)
			if t.Mask.Kind != kind {
				t.drawMask(d, t.Mask.Kind)
			}
			t.repairMask()
		}
		if !broken {
			return
		}
	}
}

// meets asks of the case as it will be: with its defaults, in its one form.
func (t *draft) meets(r *rule) bool {
	probe := t.Clone()
	return probe.Normalize() == nil && r.holds(&probe)
}

// makeUseful draws masks until the field of a rule has a use.
func (t *draft) makeUseful(d dice, r *recipe, rule *rule) {
	for range 4 * imposeRounds {
		if probe := t.Clone(); probe.Normalize() == nil && rule.useful(&probe) {
			return
		}
		t.drawMask(d, weigh(d, among(r.masks, t.filter.Mask)))
	}
}

// wantsBefore is the least number of cases that must run before, and whether any may.
func (f *Filter) wantsBefore() (least int, allowed bool) {
	allowed = !f.Single
	for i := range f.rules {
		r := &f.rules[i]
		if r.name != "after" {
			continue
		}
		allowed = false
		for n := cases.MaxAfter; n >= 0; n-- {
			if r.holds(&cases.Case{After: make([]cases.Case, n)}) {
				least, allowed = n, allowed || n > 0
			}
		}
	}
	return least, allowed && !f.Single
}
