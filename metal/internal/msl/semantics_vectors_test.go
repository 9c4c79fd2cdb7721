package msl_test

import "testing"

// A row is a kernel of testdata/semantics and the first numbers it writes.
type row struct{ kernel, want string }

func runRows(t *testing.T, file string, l launch, eps float64, rows []row) {
	for _, r := range rows {
		t.Run(r.kernel, func(t *testing.T) { checkCase(t, file, r.kernel, r.want, l, eps) })
	}
}

func TestVectors(t *testing.T) {
	runRows(t, "vectors.metal", launch{}, 0, []row{
		{"shifts_by_another_type", "-32 -2 2 4 4 128 0 2 4 -16"},
		{"size_and_alignment", "8 16 16 16 8 4 8 4 32"},
		{"splat", "3 3 3 3"},
		{"splat_int", "-7 -7 -7"},
		{"components", "1 2 3 4"},
		{"from_pairs", "1 2 3 4"},
		{"pair_first", "1 2 3 4"},
		{"pair_middle", "1 2 3 4"},
		{"pair_last", "1 2 3 4"},
		{"triple_first", "1 2 3 4"},
		{"triple_last", "1 2 3 4"},
		{"three_of_pair", "1 2 3 4 5 6"},
		{"braces", "1 2 3 9"},
		{"convert_truncates", "1 -1 2 -2"},
		{"convert_is_no_bitcast", "1 2 3 -4"},
		{"convert_wraps", "1 255"},
		{"c_style_cast", "1.5 2 3 4"},
		{"static_cast_vector", "1 -2 3 -4"},
		{"arithmetic", "9 18 81 36"},
		{"scalar_left_and_right", "3 5 7"},
		{"half_times_float_stays_half", "0.5 1.5"},
		{"compound", "1 3 6 10"},
		{"bitwise", "3 7 13 25"},
		{"shifts", "-4 4 8 32"},
		{"modulo", "3 -3"},
		{"no_promotion", "144 200 -32768"},
		{"unary", "-1 2 -1 -2"},
		{"increment", "3 4 1 2 1"},
		{"comparison_is_bool", "1 0 0 1 1 1"},
		{"comparison_component", "1 4"},
		{"logical", "1 0 1 1"},
		{"equality", "1 0 1"},
		{"index_read_write", "1 20 3 5"},
		{"index_dynamic", "4 9"},
		{"index_rvalue", "4 7"},
		{"reference_to_component", "10 2 30 4"},
		{"device_component", "1 2 3 4"},
		{"device_reference", "2 5 2 2"},
		{"colour_names", "4321 2 5"},
		{"constant_vector", "2 4 6 8"},
		{"constant_vector_expression", "7 10 13 16"},
		{"program_constant_array", "6 7 8 9"},
		{"program_constant_vector", "0 1 2 2"},
		{"array_of_vectors", "6 6"},
		{"array_initialised_with_zero", "0"},
		{"union_of_vectors", "1 1"},
		{"vector_typedefs", "1 2 3"},
		{"auto_of_expression", "4 4"},
		{"deduction", "6 10 3"},
		{"long_vectors", "1 0"},
		{"conditional_spaces", "1 8 -1 1"},
		{"conditional_chain", "1 2"},
		{"conditional_lvalue", "5 2"},
		{"conditional_pointers", "2 1"},
	})
}

func TestSwizzles(t *testing.T) {
	runRows(t, "swizzles.metal", launch{}, 0, []row{
		{"read_pair", "2 1"},
		{"read_triple", "4 3 2"},
		{"read_four", "4 3 2 1"},
		{"repeat_one", "2 2 2 2"},
		{"widen", "1 2 1 2"},
		{"sum_of_two", "8 6"},
		{"nested_read", "4 3"},
		{"thrice_nested", "2 4"},
		{"write_pair", "5 6 3 4"},
		{"write_crossed", "4 2 2 4"},
		{"swap", "2 1"},
		{"write_reversed", "4 3 2 1"},
		{"write_nested", "1 2 40 30"},
		{"write_nested_component", "1 2 3 9"},
		{"write_scalar", "1 0 0 4"},
		{"compound_add", "11 22 3 4"},
		{"compound_scale", "2 4 6 4"},
		{"compound_crossed", "-1 1"},
		{"compound_shift", "4 10 11 16"},
		{"compound_precedence", "2 6"},
		{"chained_assignment", "8 9 3 4 9"},
		{"compound_in_template", "6 12 6 3"},
		{"colours", "3 2 1 3 4"},
		{"of_device", "8 8"},
		{"into_device", "2 2 1 1"},
		{"of_constant", "4 1"},
		{"of_threadgroup", "4 3 4 3"},
		{"of_call", "5 6"},
		{"of_parentheses", "6 8"},
		{"as_argument", "210 5"},
		{"as_constructor_argument", "3 4 1 2"},
		{"of_int_vector", "6 2"},
		{"of_half", "1.5 2 3 4"},
		{"of_bool", "0 1 0"},
		{"of_bfloat", "4 2 3 1"},
		{"variable_of_that_name", "2 1"},
		{"conditional_side", "3 4"},
		{"index_of_swizzle", "4 2"},
		{"negated", "-3 -4"},
		{"incremented_index", "1 7 2"},
	})
}

func TestPackedVectors(t *testing.T) {
	runRows(t, "packed.metal", launch{}, 0, []row{
		{"sizes", "12 4 6 4 4"},
		{"layout", "1 2 3 4 5 6 -99"},
		{"read_into_vector", "4 5 6"},
		{"expression_is_vector", "5 11 19"},
		{"mixed_with_vector", "11 22 0 -1"},
		{"compound", "4 6 8"},
		{"component_write", "1 5 6"},
		{"swizzle", "4 1 2 1"},
		{"in_constant", "18 20 22 11"},
		{"as_function_argument", "5 7 3.5"},
		{"conversion", "1.5 2 3 4 0"},
		{"comparison", "1 0 1"},
		{"conditional", "4 5 6"},
		{"in_struct", "16 2 255"},
	})
}

func TestMatrices(t *testing.T) {
	runRows(t, "matrices.metal", launch{}, 0, []row{
		{"columns", "4 3 32 32"},
		{"elements", "2 3"},
		{"diagonal", "6 0"},
		{"times_vector", "310 420 210 430"},
		{"times_matrix", "3 4 1 2"},
		{"not_square", "14 32 77"},
		{"sums_and_scales", "3 12 -18"},
		{"determinants", "-2 0 16"},
		{"write_column_and_element", "20 5 3"},
		{"convert", "1.5 1.5 0"},
		{"of_device", "17 7 16"},
		{"of_constant", "30 40"},
		{"as_reference", "5 9"},
		{"equality", "1 1"},
	})
}
