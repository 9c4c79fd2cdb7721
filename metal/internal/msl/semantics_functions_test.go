package msl_test

import "testing"

// Functions as values, as members of structs above all.
func TestFunctionsAsValues(t *testing.T) {
	runRows(t, "functions.metal", launch{}, 0, []row{
		{"member", "7 9 3 10"},
		{"member_that_is_an_array", "6 9 -1"},
		{"member_with_a_default", "1 9 1"},
		{"tables_of_structs", "6 5 8 11 2 4 -3 12"},
		{"tables_of_functions", "6 4 3 2 6"},
		{"types_by_name", "2 3 2 -1 10"},
		{"constants_in_functions", "3 14"},
		{"several_in_one_declaration", "14 9"},
		{"functions_that_return_functions", "3 2 6 10 9 4 6"},
		{"arguments_in_every_space", "14 9 0 6"},
		{"members_of_derived_and_made", "5 6 5"},
		{"members_of_templates", "-1 5 15 16"},
		{"static_members_as_values", "2 3 0 8 5"},
		{"members_named_like_functions", "5 3"},
		{"member_in_threadgroup_memory", "12"},
	})
}

func TestFunctionsAsValuesInDivergentCode(t *testing.T) {
	const each = "81600 80027 83100 80016 82600 80032 81600 80027 3100 16"
	runRows(t, "functions.metal", launch{threads: [3]uint32{32, 1, 1}}, 0, []row{
		{"members_in_divergent_code", each}, {"arrays_in_divergent_code", each}, {"results_in_divergent_code", each},
	})
}
