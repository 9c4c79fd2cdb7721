package msl_test

import "testing"

// Temporaries, as translators to MSL write them and as arithmetic of one's own makes them.
func TestTemporaries(t *testing.T) {
	runRows(t, "temporaries.metal", launch{}, 0, []row{
		{"made_from_lists", "14 4 5 8 9 12 13 17 18 21 23 15 15 8 4"},
		{"arrays_that_are_values", "3 6 9 11 4"},
		{"arguments_of_operators", "-3 14 -8 24 8 -4 1 1 8 6 9"},
		{"references_that_stay", "1 2 3 6 1 1"},
		{"assigned_beside_defaults", "3 1 6 9 9 1"},
		{"stored_matrices", "4 11 4 11"},
	})
}
