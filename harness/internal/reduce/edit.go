package reduce

import "attest.example/attest/harness/internal/cases"

// edit sets one property of a single case to something simpler. It may leave the case as it is. Normalize
// decides whether the outcome is possible at all.
type edit = func(*cases.Case)

// plainEdits set one property each to its simplest value. They do not get in each other's way, so many can be
// applied at once.
func plainEdits() []edit {
	var list []edit
	for _, f := range cases.Fields() {
		list = append(list, f.Simple.Plain...)
	}
	return list
}

// gradedEdits set properties to values that are simpler than theirs without being the simplest, the simplest of them
// first.
func gradedEdits(c *cases.Case) []edit {
	var list []edit
	for _, f := range cases.Fields() {
		if f.Simple.Graded != nil {
			list = append(list, f.Simple.Graded(c)...)
		}
	}
	return list
}
