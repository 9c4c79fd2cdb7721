package corpus

import (
	"fmt"
	"reflect"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// scalar is one argument of a fuzz target: a part of a case as one of the types that go test -fuzz can change.
type scalar struct {
	name string
	get  func(*cases.Case) any
	set  func(*cases.Case, any)
}

func number(name string, at func(*cases.Case) *int) scalar {
	return scalar{name, func(c *cases.Case) any { return *at(c) }, func(c *cases.Case, v any) { *at(c) = v.(int) }}
}

func flag(name string, at func(*cases.Case) *bool) scalar {
	return scalar{name, func(c *cases.Case) any { return *at(c) }, func(c *cases.Case, v any) { *at(c) = v.(bool) }}
}

// choice stands for an enumerated field by the index of its value among values; a larger byte wraps around, so that
// each byte is a choice and the fuzzer wastes none.
func choice[T comparable](name string, at func(*cases.Case) *T, values ...T) scalar {
	get := func(c *cases.Case) any { return byte(max(0, slices.Index(values, *at(c)))) }
	return scalar{name, get, func(c *cases.Case, v any) { *at(c) = values[int(v.(byte))%len(values)] }}
}

// The order of values and of scalars is the format of seeds that a fuzzer has stored: append, do not insert.
var (
	maskKinds   = []cases.MaskKind{"", cases.CausalMask, cases.WindowMask, cases.BoolMask, cases.AdditiveMask}
	aligns      = []cases.Align{"", cases.TopLeft, cases.BottomRight}
	maskShapes  = []string{"", "bhqk", "11qk", "b1qk", "1hqk", "bh1k", "b11k", "1h1k", "111k", "bhq1", "11q1", "1111", "b111", "bh11"}
	fills       = []cases.Fill{"", cases.RandomFill, cases.PaddingFill, cases.OpenFill, cases.AlibiFill}
	orders      = []cases.Order{"", cases.BSHD}
	regimes     = cases.Regimes()
	maskedFills = []cases.MaskedFill{"", cases.MaskedNaN, cases.MaskedInf, cases.MaskedHuge, cases.MaskedSNaN}
	floors      = append([]cases.Floor{""}, cases.Floors()[1:]...)
	formats     = precision.Formats()
	orNone      = append([]precision.Format{0}, formats...)
)

var scalars = slices.Concat([]scalar{
	number("batch", func(c *cases.Case) *int { return &c.Batch }),
	number("heads", func(c *cases.Case) *int { return &c.Heads }),
	number("kv_heads", func(c *cases.Case) *int { return &c.KVHeads }),
	number("q_len", func(c *cases.Case) *int { return &c.QLen }),
	number("kv_len", func(c *cases.Case) *int { return &c.KVLen }),
	number("head_dim", func(c *cases.Case) *int { return &c.HeadDim }),
	choice("input", func(c *cases.Case) *precision.Format { return &c.Input }, formats...),
	choice("output", func(c *cases.Case) *precision.Format { return &c.Output }, formats...),
	choice("intermediate", func(c *cases.Case) *precision.Format { return &c.Intermediate }, orNone...),
	{"has scale", func(c *cases.Case) any { return c.Scale != nil }, func(c *cases.Case, v any) {
		c.Scale = nil
		if v.(bool) {
			c.Scale = new(float32)
		}
	}},
	{"scale", func(c *cases.Case) any {
		if c.Scale == nil {
			return float32(0)
		}
		return *c.Scale
	}, func(c *cases.Case, v any) {
		if c.Scale != nil { // "has scale" comes first
			*c.Scale = v.(float32)
		}
	}},
	flag("lse", func(c *cases.Case) *bool { return &c.LSE }),
	choice("mask.kind", func(c *cases.Case) *cases.MaskKind { return &c.Mask.Kind }, maskKinds...),
	choice("mask.align", func(c *cases.Case) *cases.Align { return &c.Mask.Align }, aligns...),
	number("mask.left", func(c *cases.Case) *int { return &c.Mask.Left }),
	number("mask.right", func(c *cases.Case) *int { return &c.Mask.Right }),
	choice("mask.format", func(c *cases.Case) *precision.Format { return &c.Mask.Format }, orNone...),
	choice("mask.shape", func(c *cases.Case) *string { return &c.Mask.Shape }, maskShapes...),
	choice("mask.fill", func(c *cases.Case) *cases.Fill { return &c.Mask.Fill }, fills...),
	number("mask.density", func(c *cases.Case) *int { return &c.Mask.Density }),
	number("mask.empty_rows", func(c *cases.Case) *int { return &c.Mask.EmptyRows }),
	number("mask.empty_lead", func(c *cases.Case) *int { return &c.Mask.EmptyLead }),
	flag("mask.plus_inf", func(c *cases.Case) *bool { return &c.Mask.PlusInf }),
	number("mask.pad", func(c *cases.Case) *int { return &c.Mask.Pad }),
	number("mask.offset", func(c *cases.Case) *int { return &c.Mask.Offset }),
},
	operand("layout.q", func(c *cases.Case) *cases.Operand { return &c.Layout.Q }),
	operand("layout.k", func(c *cases.Case) *cases.Operand { return &c.Layout.K }),
	operand("layout.v", func(c *cases.Case) *cases.Operand { return &c.Layout.V }),
	operand("layout.out", func(c *cases.Case) *cases.Operand { return &c.Layout.Out }),
	[]scalar{
		{"values.seed", func(c *cases.Case) any { return c.Values.Seed },
			func(c *cases.Case, v any) { c.Values.Seed = v.(uint64) }},
		choice("values.q", func(c *cases.Case) *cases.Regime { return &c.Values.Q }, regimes...),
		choice("values.k", func(c *cases.Case) *cases.Regime { return &c.Values.K }, regimes...),
		choice("values.v", func(c *cases.Case) *cases.Regime { return &c.Values.V }, regimes...),
		choice("values.masked", func(c *cases.Case) *cases.MaskedFill { return &c.Values.Masked }, maskedFills...),
		choice("mask.floor", func(c *cases.Case) *cases.Floor { return &c.Mask.Floor }, floors...),
		flag("mask.window", func(c *cases.Case) *bool { return &c.Mask.Window }),
	})

func operand(name string, at func(*cases.Case) *cases.Operand) []scalar {
	return []scalar{
		choice(name+".order", func(c *cases.Case) *cases.Order { return &at(c).Order }, orders...),
		number(name+".pad", func(c *cases.Case) *int { return &at(c).Pad }),
		flag(name+".transpose", func(c *cases.Case) *bool { return &at(c).Transpose }),
		number(name+".offset", func(c *cases.Case) *int { return &at(c).Offset }),
	}
}

// FuzzArgs gives the scalars of a normalized case, for f.Add and EncodeFuzz. A case that runs after others has more
// than scalars and is refused. Notes are left out.
func FuzzArgs(c cases.Case) ([]any, error) {
	if len(c.After) > 0 {
		return nil, fmt.Errorf("after: %d cases; want none, a fuzz target takes a single case", len(c.After))
	}
	args := make([]any, len(scalars))
	for i, s := range scalars {
		args[i] = s.get(&c)
	}
	return args, nil
}

// FromFuzzArgs makes a normalized case of the scalars that FuzzArgs gives, or says which of them cannot be.
func FromFuzzArgs(args []any) (cases.Case, error) {
	if len(args) != len(scalars) {
		return cases.Case{}, fmt.Errorf("%d fuzz arguments; want %d", len(args), len(scalars))
	}
	c := cases.Case{Version: cases.Version}
	for i, s := range scalars {
		if got, want := reflect.TypeOf(args[i]), reflect.TypeOf(s.get(&c)); got != want {
			return cases.Case{}, fmt.Errorf("fuzz argument %d, %s: %v; want %v", i+1, s.name, got, want)
		}
		s.set(&c, args[i])
	}
	if err := c.Normalize(); err != nil {
		return cases.Case{}, fmt.Errorf("not a case: %w", err)
	}
	return c, nil
}

// Fuzzer is a *testing.F.
type Fuzzer interface {
	Add(args ...any)
	Fuzz(target any)
}

// Fuzz is the whole of a native fuzz test: it seeds f with the cases that scalars can express and runs body on every
// case that the fuzzer comes up with. Scalars that are no case are passed over. T is *testing.T:
//
//	func FuzzAttention(f *testing.F) {
//		items, _ := corpus.Load("../corpus")
//		corpus.Fuzz(f, items, func(t *testing.T, c cases.Case) { ... })
//	}
func Fuzz[T any](f Fuzzer, seeds []Item, body func(t T, c cases.Case)) {
	for _, item := range seeds {
		if args, err := FuzzArgs(item.Case); err == nil {
			f.Add(args...)
		}
	}
	f.Fuzz(fuzzTarget(body))
}

// fuzzTarget makes the function that f.Fuzz wants, with one parameter for each scalar.
func fuzzTarget[T any](body func(t T, c cases.Case)) any {
	in := []reflect.Type{reflect.TypeFor[T]()}
	var blank cases.Case
	for _, s := range scalars {
		in = append(in, reflect.TypeOf(s.get(&blank)))
	}
	return reflect.MakeFunc(reflect.FuncOf(in, nil, false), func(values []reflect.Value) []reflect.Value {
		args := make([]any, len(scalars))
		for i := range args {
			args[i] = values[1+i].Interface()
		}
		if c, err := FromFuzzArgs(args); err == nil {
			body(values[0].Interface().(T), c)
		}
		return nil
	}).Interface()
}
