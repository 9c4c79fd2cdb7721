package trigger

import (
	"fmt"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/predicate"
)

// beforeFeatures are about the cases that run before.
func beforeFeatures() (list []feature) {
	add := func(name string, kind featureKind, get func(*cases.Case) float64) {
		list = append(list, feature{name: name, kind: kind, group: "after", get: get})
	}
	add("after", slack, func(c *cases.Case) float64 { return float64(len(c.After)) })
	add("before.more_keys", difference, func(c *cases.Case) float64 {
		more := 0
		for i := range c.After {
			if n := c.After[i].KVLen - c.KVLen; i == 0 || n > more {
				more = n
			}
		}
		return float64(more)
	})
	for _, f := range cases.Fields() {
		if settled[f.Name] || groupOf(f.Name) == "call" {
			continue
		}
		list = append(list, differsIn(f.Name)...)
	}
	for _, name := range predicate.Derived() {
		list = append(list, differsIn(name)...)
	}
	for _, family := range families() {
		for w := range whiches {
			readable := "the " + strings.TrimSuffix(family, ".") + " another in " + w.words()
			list = append(list, feature{name: fmt.Sprintf("any(%s, # startsWith %q)", w.list(), family), kind: flag, group: "after", before: family, of: w, readable: readable})
		}
	}
	slices.SortStableFunc(list, func(a, b feature) int { return strings.Compare(a.name, b.name) })
	return list
}

// differsIn are the features that one name is among what differs in the cases before.
func differsIn(name string) (list []feature) {
	for w := range whiches {
		list = append(list, feature{name: fmt.Sprintf("%q in %s", name, w.list()), kind: flag, group: "after", before: name, of: w})
	}
	return list
}

// words are those cases for people.
func (w which) words() string {
	return [...]string{"a case before", "a case before of the same size", "one of the latest cases before, all of the same size", "the last case before, of the same size"}[w]
}

// families are what the names of several fields begin with, as mask.kind and mask.align with mask. A kernel that keeps a
// thing from the case before has it from all of them.
func families() (list []string) {
	seen := map[string]int{}
	for _, f := range cases.Fields() {
		if family, _, several := strings.Cut(f.Name, "."); several && !settled[f.Name] && groupOf(f.Name) != "call" {
			if seen[family]++; seen[family] == 2 {
				list = append(list, family+".")
			}
		}
	}
	return list
}
