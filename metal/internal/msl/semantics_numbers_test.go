package msl_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestFloats(t *testing.T) {
	runRows(t, "floats.metal", launch{}, 0, []row{
		{"half_rounds_each_operation", "0"},
		{"half_product_is_not_fused", "0"},
		{"half_overflow", "1 65504 65504 1"},
		{"half_subnormal", "1 0"},
		{"half_literals", "1.75 2 4 4"},
		{"half_to_even", "2048 2052"},
		{"half_compound", "3"},
		{"half_with_int", "1.5 10"},
		{"half_promotes_with_float", "1 4 2"},
		{"bfloat_bits", "16256 49152 2"},
		{"bfloat_to_even", "256 260 1"},
		{"bfloat_rounds_each_operation", "1 1 1.0078125"},
		{"bfloat_range", "1 1 1"},
		{"bfloat_with_float_is_float", "1.0010000467300415 4 2 2"},
		{"bfloat_compare", "1 1 1 1"},
		{"bfloat_compound", "1.5 3.75 2.5 -1.5"},
		{"bfloat_literals", "3.5"},
		{"bfloat_device", "3 6"},
		{"bfloat_vectors", "2.5 4.5 6.5 8.5"},
		{"bfloat_threadgroup", "12 3"},
		{"bfloat_constant", "1.5 3"},
		{"bfloat_conditional", "4"},
		{"bfloat_functions", "2 5 4 8 20"},
		{"float_not_contracted", "0"},
		{"infinities", "1 1 1 1"},
		{"nan_compares", "0 1 0 1"},
		{"signed_zero", "1 1 0 1"},
		{"literals_are_float", "4 1 1"},
		{"as_type_scalars", "1 3.1415927410125732 15360 3"},
		{"as_type_vectors", "1 1 2 1"},
		{"limits_float", "1 65504 1 1 1 1 -65504"},
		{"infinite_maximum", "5 5 3 1 1 1 1 -Inf"},
		{"limits_integer", "1 -32768 255 1 -128"},
		{"constants", "3.1415927410125732 1.4426950216293335 65504 3.140625 1"},
	})
}

func TestIntegers(t *testing.T) {
	runRows(t, "integers.metal", launch{}, 0, []row{
		{"widths", "1 2 4 8 8 1 1 8"},
		{"absolute", "5 3 1 2.5"},
		{"absdiffs", "4 1 247"},
		{"addsats", "1 255 -32768"},
		{"subsats", "0 -128 2"},
		{"leading_zeros", "31 7 32 0 63 7"},
		{"trailing_zeros", "3 32 4 8 40"},
		{"popcounts", "8 32 8 3"},
		{"reversed_bits", "1 128 49152"},
		{"rotation", "3 24 1 8"},
		{"high_products", "2 -1 3 5 -2"},
		{"averages", "3 4 1 -4"},
		{"multiply_add_24", "1000000 1000007"},
		{"saturating_multiply_add", "1 17 255 1"},
		{"extraction", "188 -1 0 3"},
		{"insertion", "240 61695 1"},
		{"unsigned_wrap", "1 0"},
		{"char_is_signed", "-56 -1 200"},
		{"promotion", "1 400"},
		{"long_is_64_bits", "1024 -5"},
		{"shift_of_negative", "-4 1"},
		{"minmax_vectors", "1 2 -3 2 -1 6"},
		{"float_conversions", "-2 3 4464 16777216 2048"},
		{"booleans", "1 2 0 1 0"},
	})
}

func TestRelations(t *testing.T) {
	runRows(t, "relations.metal", launch{}, 1e-6, []row{
		{"all_any", "1 0 1 0 0"},
		{"select_scalar", "2 1 2"},
		{"select_vector", "10 2 30 1 4"},
		{"classes", "1 1 1 0 0 1 0 1"},
		{"classes_of_vectors", "0 1 0 1"},
		{"order", "0 1 1"},
		{"dots", "11 6 10 2"},
		{"cross_product", "0 0 1 -3 6 -3"},
		{"lengths", "5 14 5 13 10"},
		{"unit", "0 0.6 0.8 1"},
		{"mirrors", "1 1 -1 0 -1"},
		{"traits", "1 0 1 1 1 1 1 1"},
		{"enable_if_overloads", "1 2 2 1 2"},
		{"constexpr_if", "2 4"},
		{"vector_trait", "1 1 1"},
	})
}

func TestMathOfOneArgument(t *testing.T) {
	functions := map[string]func(float64) float64{
		"acosh": math.Acosh, "asinh": math.Asinh, "atan": math.Atan, "ceil": math.Ceil, "cos": math.Cos, "cosh": math.Cosh,
		"cospi": func(x float64) float64 { return math.Cos(math.Pi * x) }, "exp": math.Exp,
		"exp10": func(x float64) float64 { return math.Pow(10, x) }, "exp2": math.Exp2, "fabs": math.Abs,
		"floor": math.Floor, "fract": func(x float64) float64 { return x - math.Floor(x) }, "log": math.Log,
		"log10": math.Log10, "log2": math.Log2, "rint": math.RoundToEven, "round": math.Round,
		"rsqrt": func(x float64) float64 { return 1 / math.Sqrt(x) }, "sin": math.Sin, "sinh": math.Sinh,
		"sinpi": func(x float64) float64 { return math.Sin(math.Pi * x) }, "sqrt": math.Sqrt, "tan": math.Tan,
		"tanh": math.Tanh, "trunc": math.Trunc, "sign": func(x float64) float64 { return 1 },
		"saturate": func(x float64) float64 { return min(max(x, 0), 1) },
	}
	for name, f := range functions {
		t.Run(name, func(t *testing.T) {
			same := 1.0
			if name == "acosh" {
				same = 0 // a NaN below 1, and NaN is not itself
			}
			want := fmt.Sprint(f(0.25), f(0.5), f(1.75), same)
			checkCase(t, "math.metal", "f1_"+name, want, launch{}, 1e-6)
		})
	}
}

func TestMath(t *testing.T) {
	numbers := func(values ...float64) string { return strings.Trim(fmt.Sprint(values), "[]") }
	runRows(t, "math.metal", launch{}, 1e-6, []row{
		{"arcs", numbers(math.Acos(0.25), math.Asin(0.25), math.Atanh(0.25), 1)},
		{"two_arguments", numbers(math.Atan2(1, -1), -3, 2, 0, -1.5, math.Sqrt2, 8, 0.25)},
		{"minima", "1 1 2 -2 7 1 3 2"},
		{"fused", "1 10"},
		{"clamps", "1 -2 0.5 0 0.5 1 3"},
		{"blends", "1.5 0 1 0.15625 1 2"},
		{"signs", "-1 0 0 1"},
		{"round_ties", "3 2 -3 4 -2"},
		{"exponents", "0.75 4 12 3 -2 0.75 -3"},
		{"parts", numbers(-0.75, -2, math.Sin(0.5), math.Cos(0.5))},
		{"neighbours", "1 1 1"},
		{"namespaces", numbers(math.E, math.E, 2, math.Sqrt2, 3, 4)},
		{"of_integers", "8 4 8"},
		{"of_vector_and_scalar", "2 5 3 9 4"},
		{"sinpi_exact", "0 0 0 -1 -1 -1"},
		{"infinite", "0 1 1 1 1 1"},
		{"half_min_max", "2.5 2 4 2"},
		{"short_stays_short", "3 2 3 4"},
	})
}
