package msl_test

import (
	"strings"
	"testing"
)

// What kernels of public projects are written with; each kind with neighbours.

func TestConditionals(t *testing.T) {
	runRows(t, "conditionals.metal", launch{}, 0, []row{
		{"bfloat_beside_bfloat", "2.5 1"},
		{"bfloat_beside_integer", "0 1 3 3"},
		{"bfloat_beside_float", "-4 1 1"},
		{"bfloat_beside_half", "1.5 4"},
		{"device_beside_temporary", "3 4 -1"},
		{"threadgroup_beside_device", "9 2"},
		{"scalar_beside_vector", "4 5"},
		{"packed_beside_vector", "3 7"},
		{"pointer_beside_nothing", "3 1"},
		{"chain", "6 4"},
		{"structs_beside", "4 3 8"},
		{"in_template_arguments", "34 43 64 12"},
		{"template_parameter_as_side", "4 12"},
		{"literals_as_sides", "1 4 6"},
		{"sides_without_a_value", "0"},
		{"reference_to_a_side", "9 2"},
		{"swizzle_as_side", "3 2"},
	})
}

func TestConstantSpace(t *testing.T) {
	runRows(t, "constant_space.metal", launch{}, 0, []row{
		{"table_to_a_pointer", "3 4 20"},
		{"vectors", "25 9 8 4 3 0"},
		{"bfloat_from_limits", "+Inf 1"},
		{"bfloat_copied", "3 3 5 1"},
		{"members_defined_outside", "5 6 3 2"},
		{"constructor_by_space", "8 15"},
		{"conversion_templates", "3 2"},
		{"struct_assigned_from_constant", "12"},
		{"uniforms", "20 21"},
		{"threadgroup_initialised", "1 2 0 5 7"},
		{"threadgroup_array_by_reference", "3"},
		{"arrays_copied", "3 6 2 4 5 3"},
		{"assigned_from_another_type", "3 7 8 6 7 1 8"},
	})
}

func TestANamespaceCalledMetalOfTheTexts(t *testing.T) {
	runRows(t, "own_metal.metal", launch{threads: [3]uint32{32, 1, 1}}, 0, []row{
		{"in_a_namespace_of_that_name", "3.5 2.5 3.5 -4 3 5"},
		{"wrappers_of_their_names", "32 496 32 33"},
		{"wrappers_in_divergent_code", "8 24"},
		{"callbacks_in_divergent_code", "81600 80027 83100 80016 82600 80032 81600 80027 3100 16"},
		{"member_callbacks_in_divergent_code", "81600 80027 83100 80016 82600 80032 81600 80027 3100 16"},
	})
}

func TestLibrariesOfElementwiseKernels(t *testing.T) {
	runRows(t, "elementwise.metal", launch{}, 0, []row{
		{"from_the_root", "2 4"},
		{"of_integers", "2.5 4.5"},
		{"of_truth_values", "2.5 2.5"},
		{"by_another_name", "2.5 4.5"},
		{"untyped_buffers", "4 2.5"},
		{"past_an_inline_namespace", "3.5 1.5"},
		{"inline_and_attributed_namespaces", "4 7 3"},
		{"deduced_from_the_root", "3"},
		{"atomic_callbacks", "12 25"},
		{"atomic_callbacks_on_halves", "12 25 12 25"},
		{"atomic_callbacks_on_bytes", "12 25"},
		{"type_of_its_own", "1.5 2.5 6 1"},
		{"limits_of_every_type", "1 127 +Inf 209 209 211 430 430"},
		{"digits_of_every_type", "1 4 9 -4 38 0"},
		{"member_template_of_a_struct", "3 2"},
		{"member_of_a_struct", "8 8"},
		{"address_of_a_function", "-2 4"},
		{"member_of_a_template", "5 6"},
		{"absolute_in_both_qualities", "2.5 3 3 4"},
		{"packs_of_functions", "12"},
		{"members_given_to_functions", "12 10 8 20 3 2"},
	})
}

func TestNamesAndDeclarations(t *testing.T) {
	runRows(t, "names.metal", launch{}, 0, []row{
		{"own_functions_of_several_types", "11 56 20 10"},
		{"own_names", "6 5 4 5 6 1"},
		{"c_linkage", "2 3 4"},
		{"attribute_of_a_parameter", "9"},
		{"less_than_in_arguments", "3 5 1 1"},
		{"callbacks_by_name", "4 6"},
		{"coherent_memory", "1 2 3"},
		{"xor_of_integers", "5"},
		{"either_and_both", "1 0 0"},
		{"types_of_a_simdgroup", "5 2 0"},
		{"bfloat_of_what_converts", "1 1"},
		{"beside_a_function", "6 15"},
		{"beside_function_float", "5"},
		{"default_constructors", "3 4 6 17"},
		{"specialized_outside", "7 255 2 1 2"},
		{"two_spaces", "1 1"},
		{"sign_of_bfloat", "-1 1 0 -1 1 1 0 0.75 0.5 1 2 1"},
		{"assertions", "1 2"},
		{"operators_by_name", "2 3"},
		{"constexpr_functions", "1"},
		{"limited_1", "1"},
		{"deduced_float", "24"},
	})
	if _, err := runCase(t, "names.metal", "limited_1", launch{threads: [3]uint32{64, 1, 1}}); err == nil || !strings.Contains(err.Error(), "32") {
		t.Errorf("64 threads of a kernel that is limited to 32: %v", err)
	}
	checkCase(t, "names.metal", "limited_2", "2", launch{threads: [3]uint32{64, 1, 1}}, 0)
}
