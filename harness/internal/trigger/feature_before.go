package trigger

import (
	"fmt"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
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
		list = append(list,
			feature{name: fmt.Sprintf("%q in before.differs", f.Name), kind: flag, group: "after", before: f.Name},
			feature{name: fmt.Sprintf("%q in before.same_size_differs", f.Name), kind: flag, group: "after", before: f.Name, sameSize: true})
	}
	slices.SortStableFunc(list, func(a, b feature) int { return strings.Compare(a.name, b.name) })
	return list
}
