package corpus

import (
	"fmt"
	"reflect"

	"attest.example/attest/harness/internal/cases"
)

// scalars are the arguments of a fuzz target: a case's fields as the types that go test -fuzz can change.
var scalars = cases.Scalars()

// FuzzArgs returns the scalars of a normalized case, for f.Add and EncodeFuzz. A case that runs after others has more
// than scalars and is refused. Notes are left out.
func FuzzArgs(c cases.Case) ([]any, error) {
	if len(c.After) > 0 {
		return nil, fmt.Errorf("after: %d cases; want none, a fuzz target takes a single case", len(c.After))
	}
	args := make([]any, len(scalars))
	for i, s := range scalars {
		args[i] = s.Get(&c)
	}
	return args, nil
}

// FromFuzzArgs makes a normalized case of the scalars that FuzzArgs returns, or an error that names the one that cannot be.
func FromFuzzArgs(args []any) (cases.Case, error) {
	if len(args) != len(scalars) {
		return cases.Case{}, fmt.Errorf("%d fuzz arguments; want %d", len(args), len(scalars))
	}
	c := cases.Case{Version: cases.Version}
	for i, s := range scalars {
		if got, want := reflect.TypeOf(args[i]), reflect.TypeOf(s.Get(&c)); got != want {
			return cases.Case{}, fmt.Errorf("fuzz argument %d, %s: %v; want %v", i+1, s.Name, got, want)
		}
		s.Set(&c, args[i])
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
		in = append(in, reflect.TypeOf(s.Get(&blank)))
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
