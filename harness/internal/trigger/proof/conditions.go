package main

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/harness/internal/predicate"
)

func compiled(sources []string) (list []predicate.Predicate, err error) {
	for _, source := range sources {
		p, err := predicate.Compile(source)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func anyOf(when []predicate.Predicate, c cases.Case) (bool, error) {
	for _, one := range append([]cases.Case{c}, c.After...) {
		for _, p := range when {
			if ok, err := p.Match(one); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}

// own is a mutant's condition, or its words.
func own(m *mutate.Mutant) string {
	if m.When != "" {
		return "`" + m.When + "`"
	}
	return m.Trigger
}
