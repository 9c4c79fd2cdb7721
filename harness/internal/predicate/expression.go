package predicate

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// Expression is compiled in a scope.
type Expression struct {
	source  string
	program *vm.Program
}

// Compile compiles an expression whose result has the kind want: reflect.Int, Float64, String or Bool; Invalid takes any.
func (s *Scope) Compile(source string, want reflect.Kind) (Expression, error) {
	var options []expr.Option
	switch want {
	case reflect.Invalid:
		options = append(options, expr.AsAny())
	case reflect.Int: // expr's own integers take a float as well, and cut it off
	default:
		options = append(options, expr.AsKind(want))
	}
	program, err := compileIn(s.env, source, options...)
	if err != nil {
		return Expression{}, err
	}
	if want == reflect.Int {
		if t := program.Node().Type(); t == nil || t.Kind() != reflect.Int {
			return Expression{}, fmt.Errorf("expression %q: is %v; want an integer: int(...) makes one", source, t)
		}
	}
	return Expression{source, program}, nil
}

// Eval evaluates.
func (e Expression) Eval(v Values) (any, error) {
	out, err := expr.Run(e.program, v.env)
	if err != nil {
		return nil, explain(e.source, err)
	}
	return out, nil
}

// Int evaluates an expression that was compiled as one.
func (e Expression) Int(v Values) (int, error) {
	out, err := e.Eval(v)
	if err != nil {
		return 0, err
	}
	n, ok := out.(int)
	if !ok {
		return 0, fmt.Errorf("expression %q: is %v; want an integer", e.source, out)
	}
	return n, nil
}

// Bool evaluates an expression that was compiled as one.
func (e Expression) Bool(v Values) (bool, error) {
	out, err := e.Eval(v)
	if err != nil {
		return false, err
	}
	return out.(bool), nil
}

func (e Expression) String() string { return e.source }

// functions are what expressions may call beside the language's own.
var functions = []expr.Option{
	expr.Function("ceil_div", integers(func(a, b int) int { return (a + b - 1) / b }), new(func(int, int) int)),
	expr.Function("round_up", integers(func(a, b int) int { return (a + b - 1) / b * b }), new(func(int, int) int)),
}

func integers(f func(a, b int) int) func(...any) (any, error) {
	return func(arguments ...any) (any, error) {
		a, b := arguments[0].(int), arguments[1].(int)
		if b <= 0 {
			return nil, errors.New("division by a number below 1")
		}
		return f(a, b), nil
	}
}

func compileIn(env reflect.Type, source string, options ...expr.Option) (*vm.Program, error) {
	options = append(append(options, expr.Env(reflect.Zero(env).Interface())), functions...)
	program, err := expr.Compile(source, options...)
	if err != nil {
		return nil, explain(source, err)
	}
	return program, nil
}
