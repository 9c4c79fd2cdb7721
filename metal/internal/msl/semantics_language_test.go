package msl_test

import (
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

func TestStructs(t *testing.T) {
	runRows(t, "structs.metal", launch{}, 0, []row{
		{"members_of_some_bits", "4 12 -1 264 4 2 3 -1 8 9 2"},
		{"constructor_calls_method", "2 6"},
		{"method_returns_reference", "8 4"},
		{"method_of_temporary", "5"},
		{"operators", "5 10 15 10 1"},
		{"operators_of_temporary", "4 12 9"},
		{"method_templates", "10 21 32.5 43"},
		{"method_returns_pointer", "20 8"},
		{"class_template", "128 100 2 3"},
		{"overload_on_space", "-4 -2"},
		{"overloads_by_space", "1 2 3 4"},
		{"specialised_by_space", "1 2 3"},
		{"copy_from_constant", "2.5 2 11 1.5 4 5"},
		{"assign_from_constant", "3 9"},
		{"c_style_struct", "3 2 16 30"},
		{"copy_between_spaces", "6 10 1.5"},
		{"nested_struct", "2 2"},
		{"inheritance", "3 1"},
		{"alignment", "16 16 9 0"},
		{"enums", "4 2 2 2"},
		{"anonymous_union", "1"},
		{"temporary_to_reference", "6 8 10"},
		{"out_parameters", "1 2 3"},
		{"pointer_parameters", "11"},
		{"own_members_of_that_name", "2 2 5 5"},
		{"complex", "-2 1 1 0 3 1"},
		{"operators_of_two_signs", "16 5 6 12 101111 181816 18 0"},
		{"constants_of_constants", "70 1 3 2 15 5 16 33 65"},
		{"copied_by_own_constructors", "12.5 13.5 101 12.5 12.5 13.5 4"},
		{"copied_within_a_whole", "4 4 4"},
		{"copied_and_assigned", "3.5 2 20 2.5 50 7 2.5"},
	})
}

func TestTemplatesAndEntries(t *testing.T) {
	runRows(t, "templates.metal", launch{}, 0, []row{
		{"deduced_sizes", "3 8 7 10 9 4 1 4 3"},
		{"limits_of_vectors", "0 0 1"},
		{"assigned_lists", "1.5 2.5 2"},
		{"function_argument", "3 30"},
		{"function_template_argument", "10 6"},
		{"operation_types", "5 9"},
		{"static_members", "-65504 32"},
		{"recursion", "120"},
		{"variadic", "10.5"},
		{"constant_types", "7 11 5 3"},
		{"braced_return", "3.5"},
		{"shift_in_template_argument", "4 8"},
		{"pragmas", "18"},
		{"in_namespace", "6"},
		{"pragmas_of_what_is_not_reached", "4"},
		{"namespace_lookup", "3 6 9"},
		{"instantiated_float_3", "5.5"},
		{"by_decltype", "7.5"},
		{"attributed", "6"},
		{"renamed", "7"},
		{"declared_first", "8"},
		{"from_macro", "9"},
		{"from_same_line", "10"},
		{"untagged", "4.5"},
		{"partly_tagged", "5.5"},
		{"reversed_slots", "4"},
		{"reference_argument", "20"},
		{"limited", "11"},
		{"comments_and_strings", "1 1"},
		{"lambda_free_statements", "6 1"},
		{"static_assertion", "1"},
		{"constexpr_locals", "7 2"},
	})
}

func TestThreadgroups(t *testing.T) {
	whole := launch{threads: [3]uint32{64, 1, 1}}
	runRows(t, "threadgroups.metal", whole, 0, []row{
		{"exchange", "63 62 61"},
		{"several_in_one_declaration", "12 11 14"},
		{"in_inner_scope", "1 1 1"},
		{"of_struct", "10 10"},
		{"pointer_into", "40 41 42"},
		{"alignment_of", "0 0"},
		{"alignment_asked_for", "0 0 0 0 0 32 40"},
		{"alignment_in_template_half_64", "3"},
		{"not_shared_between_names", "12 12"},
		{"passed_on", "2 2 2"},
		{"atomics", "123 123"},
		{"early_return", "32 32"},
		{"divergent_sums", "120 120"},
		{"in_template_32", "288"},
		{"scalars", "37 5 1 2 32 32 37 64 9 1 64 2 16"},
	})
	with := whole
	with.threadgroup = map[int]int{0: 256, 1: 256}
	runRows(t, "threadgroups.metal", with, 0, []row{{"passed_memory", "163 162 161"}})
	with.threadgroup = map[int]int{0: 256}
	runRows(t, "threadgroups.metal", with, 0, []row{{"untagged_memory", "3 3 3"}})
	box := launch{grid: [3]uint32{2, 3, 1}, threads: [3]uint32{4, 2, 2}}
	runRows(t, "threadgroups.metal", box, 0, []row{{"vectors3", "7 5 1 3 2 422 231 862 0 6"}})
	plane := launch{grid: [3]uint32{2, 3, 1}, threads: [3]uint32{4, 2, 1}}
	runRows(t, "threadgroups.metal", plane, 0, []row{{"vectors2", "7 5 1 7"}})
}

func TestSimdgroups(t *testing.T) {
	runRows(t, "simdgroups.metal", launch{threads: [3]uint32{32, 1, 1}}, 0, []row{
		{"sums", "524 524"}, // 496 + 31 - 3
		{"products", "24 24"},
		{"shuffles", "5 6 7"},
		{"shuffle_xor", "108 9 310 211"},
		{"broadcasts", "507 507"},
		{"rotations", "130 231 300"},
		{"fills", "9931 9977 77"},
		{"prefixes", "100 200 301 403"},
		{"votes", "1101 1100"},
		{"ballots", "1085 1085"},
		{"of_half", "33 32 35"},
		{"of_bfloat", "1 0 3 2"},
		{"of_vector", "99 0 297"},
		{"quads", "61 61 61 61 225"},
		{"bits", "1516 1516"},
		{"matrix_times_identity", "0 2 4 6 8 10 12 14 16"},
		{"matrix_transposed", "1 9 17 25 33 41 49 57 2"},
		{"matrix_elements", "80800 80802"},
		{"matrix_accumulates", "101 102 103 104 105"},
	})
	runRows(t, "simdgroups.metal", launch{threads: [3]uint32{32, 1, 1}}, 0, matrixSums)
}

var matrixSums = []row{
	{"matrix_chain", "11534347 11534358 11534369"},
	{"matrix_chain_right", "3145731 3145734 3145737"},
	{"matrix_chain_read", "3145732 1048578 3145738"},
	{"matrix_chain_left", "6291462 6291468 6291474"},
	{"matrix_chain_of_compiler", "1048577 2 1048579"},
	{"matrix_half_rows", "0 117 234 351"},
	{"matrix_half_infinite", "1 1"},
}

func TestLibrary(t *testing.T) {
	runRows(t, "library.metal", launch{}, 0, []row{
		{"arrays", "17 12"},
		{"constant_arrays", "4 2 7"},
		{"packs", "0 255 128 1 1"},
		{"packed_colours", "188 7 255 128 503 1 1023 512 3 1 1 1"},
		{"signed_packs", "32769 32767 -1 1 -1 1"},
		{"builtins", "2 8 2 10 0.75 4 2"},
		{"extended_namespace", "4 5"},
	})
}

// What holds in fast math too: infinity is infinity where it is written down, and the tests of floats look at bits.
func TestFastMath(t *testing.T) {
	fast := launch{math: device.MathFast}
	runRows(t, "floats.metal", fast, 0, []row{
		{"infinities", "1 1 1"},
		{"as_type_scalars", "1 3.1415927410125732 15360 3"},
		{"bfloat_bits", "16256 49152 2"},
		{"half_literals", "1.75 2 4 4"},
		{"limits_float", "1 65504 1 1 1 1 -65504"},
		{"infinite_maximum", "5 5 3 1 1 1 1 -Inf"},
	})
	runRows(t, "relations.metal", fast, 0, []row{{"classes", "1 1 1 0 0 1 0 1"}, {"dots", "11 6 10 2"}})
	runRows(t, "math.metal", fast, 1e-5, []row{{"clamps", "1 -2 0.5 0 0.5 1 3"}, {"of_vector_and_scalar", "2 5 3 9 4"}})
	runRows(t, "swizzles.metal", fast, 0, []row{{"compound_precedence", "2 6"}})
	runRows(t, "simdgroups.metal", launch{math: device.MathFast, threads: [3]uint32{32, 1, 1}}, 0, matrixSums)
}

// Words of OpenCL are names as any others, of kernels and constants too.
func TestWordsOfOpenCLAsNames(t *testing.T) {
	runRows(t, "words.metal", launch{constants: []device.Constant{{Index: 0, Type: device.Int, Bits: 400}}}, 0, []row{
		{"local", "404"}, {"queue_t", "405"}, {"by_template", "432"}, {"by_types", "7"},
	})
}

func constantsSet(more ...device.Constant) launch {
	return launch{constants: append([]device.Constant{
		{Index: 0, Type: device.Bool, Bits: 1}, {Index: 1, Type: device.Int, Bits: 0xfffffff9},
		{Name: "factor", Type: device.Float, Bits: 0x40200000}, {Index: 3, Type: device.Half, Bits: 0x3e00},
		{Index: 5, Type: device.UShort, Bits: 65535}, {Index: 6, Type: device.Long, Bits: 1 << 40},
		{Index: 7, Type: device.UChar, Bits: 200}, {Name: "brain", Type: device.BFloat, Bits: 0x3fc0},
	}, more...)}
}

func TestConstants(t *testing.T) {
	without := constantsSet()
	runRows(t, "constants.metal", without, 0, []row{
		{"values", "1 -7 2.5 1.5 65535 1099511627776 200 1.5"},
		{"derived", "0 8 0 0 -14"},
		{"branches", "1 -7 5"},
		{"in_templates", "-14 -21"},
		{"as_array_bound_of_loop", "8"},
		{"optional_buffer", "2 -99 -99"},
		{"either", "3 -99"},
		{"never_needs_the_unset", "1"},
	})
	with := constantsSet(device.Constant{Index: 4, Type: device.UInt, Bits: 20})
	t.Run("defined", func(t *testing.T) {
		runRows(t, "constants.metal", with, 0, []row{
			{"derived", "1 20 1 1 -14"},
			{"as_array_bound_of_loop", "20"},
			{"optional_buffer", "2 1 1"},
		})
	})
}

func TestConstantsRefused(t *testing.T) {
	for _, c := range []struct {
		kernel string
		launch launch
		says   string
	}{
		{"needs_the_unset", constantsSet(), "constants.metal:12:1: error: kernel needs_the_unset reads function constant unset (index 9, int), which was given no value"},
		{"derived", launch{constants: []device.Constant{{Index: 1, Type: device.Int}}}, "reads function constant flag (index 0, bool)"},
		{"values", constantsSet(device.Constant{Index: 1, Type: device.UInt, Bits: 1}), "function constant number (index 1) is a int in the text, but a uint was given"},
	} {
		_, err := runCase(t, "constants.metal", c.kernel, c.launch)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.kernel, err, c.says)
		}
	}
}

// A value that a private variable never got may be passed to a function: what comes of it is not stored, and the lanes that
// have no such value are still told from the others.
func TestValuesThatNobodyGave(t *testing.T) {
	for _, mode := range []device.Math{device.MathSafe, device.MathFast} {
		runRows(t, "undefined.metal", launch{threads: [3]uint32{8, 1, 1}, math: mode}, 1e-5, []row{
			{"edge_exp2", "2 4 8 -99 -99 -99 -99 -99"},
			{"edge_fast_exp", "1 2.7182818 7.389056 -99 -99 -99 -99 -99"},
			{"edge_pow", "1 4 27 -99 -99 -99 -99 -99"},
			{"edge_half", "0 1 1.5849609 -99 -99 -99 -99 -99"},
			{"edge_own", "2 4 6 -99 -99 -99 -99 -99"},
			{"edge_own_vector", "3 6 9 -99 -99 -99 -99 -99"},
			{"edge_reference", "2 3 4 -99 -99 -99 -99 -99"},
			{"edge_shuffle", "1 2 3 -99 -99 -99 -99 -99"},
			{"edge_integer", "1 1 2 -99 -99 -99 -99 -99"},
			{"tile", "18.828427 106.50967 602.50967 -99"},
		})
	}
}
