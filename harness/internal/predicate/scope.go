package predicate

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"attest.example/attest/harness/internal/cases"
)

// Scope is what expressions may name beside a case's fields: variables whose values come with every case, and names
// that are expressions themselves. All have a type when they are compiled.
type Scope struct {
	base int // fields of the case
	vars int // variables after them; the rest are lets
	env  reflect.Type
	lets []*vm.Program
}

// Variable is a name whose value the program supplies, of the type of Zero: a number, a string, a boolean, or a struct
// whose fields have expr tags.
type Variable struct {
	Name string
	Zero any
}

// NewScope makes a scope with variables.
func NewScope(variables ...Variable) *Scope {
	s := &Scope{base: envType.NumField(), vars: len(variables), env: envType}
	for _, v := range variables {
		s.add(v.Name, reflect.TypeOf(v.Zero))
	}
	return s
}

func (s *Scope) add(name string, t reflect.Type) {
	fields := make([]reflect.StructField, 0, s.env.NumField()+1)
	for i := range s.env.NumField() {
		fields = append(fields, s.env.Field(i))
	}
	s.env = reflect.StructOf(append(fields, named(fmt.Sprintf("Extra%d", len(fields)), name, t)))
}

// Let names an expression, for those that are compiled after it.
func (s *Scope) Let(name, source string) error {
	if !isName(name) {
		return fmt.Errorf("name %q: want letters, digits and _", name)
	}
	for i := range s.env.NumField() {
		if s.env.Field(i).Tag.Get("expr") == name {
			return fmt.Errorf("name %q is taken already", name)
		}
	}
	program, err := compileIn(s.env, source)
	if err != nil {
		return err
	}
	t := program.Node().Type()
	switch {
	case t == nil || t.Kind() == reflect.Interface: // a conditional of two types, or nil
		return fmt.Errorf("expression %q: its type depends on the case; want one of number, string or boolean", source)
	}
	s.lets = append(s.lets, program)
	s.add(name, t)
	return nil
}

// Extend makes a scope whose expressions name further variables: ones whose values are known later than those of s.
func (s *Scope) Extend(variables ...Variable) *Scope {
	wider := &Scope{base: s.env.NumField(), vars: len(variables), env: s.env}
	for _, v := range variables {
		wider.add(v.Name, reflect.TypeOf(v.Zero))
	}
	return wider
}

// Extended are the values of a scope that Extend made: those of the narrower one, and of the further variables in order.
func (s *Scope) Extended(v Values, variables ...any) Values {
	env := reflect.New(s.env).Elem()
	narrow := reflect.ValueOf(v.env)
	for i := range s.base {
		env.Field(i).Set(narrow.Field(i))
	}
	for i, x := range variables {
		env.Field(s.base + i).Set(reflect.ValueOf(x))
	}
	return Values{env.Interface()}
}

func isName(name string) bool {
	for i, r := range name {
		if !(r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && r >= '0' && r <= '9') {
			return false
		}
	}
	return name != ""
}

// Names lists the names that were given by Let.
func (s *Scope) Names() []string {
	var names []string
	for i := s.base + s.vars; i < s.env.NumField(); i++ {
		names = append(names, s.env.Field(i).Tag.Get("expr"))
	}
	return names
}

// Values are those of a scope for one case.
type Values struct{ env any }

// Values evaluates the scope's names for a case. variables are those of NewScope, in its order.
func (s *Scope) Values(c cases.Case, variables ...any) (Values, error) {
	env := reflect.New(s.env).Elem()
	base := reflect.ValueOf(environment(c))
	for i := range s.base {
		env.Field(i).Set(base.Field(i))
	}
	for i, v := range variables {
		env.Field(s.base + i).Set(reflect.ValueOf(v))
	}
	for i, program := range s.lets {
		field := env.Field(s.base + s.vars + i)
		out, err := expr.Run(program, env.Interface())
		if err != nil {
			return Values{}, explain(program.Source().String(), err)
		}
		field.Set(reflect.ValueOf(out).Convert(field.Type()))
	}
	return Values{env.Interface()}, nil
}

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

// Template is text with expressions in braces: "sdpa_{type}_{head_dim}".
type Template struct {
	source string
	parts  []any // string or Expression
}

// Template compiles text with expressions in it.
func (s *Scope) Template(source string) (Template, error) {
	t := Template{source: source}
	rest := source
	for rest != "" {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			t.parts = append(t.parts, rest)
			break
		}
		t.parts = append(t.parts, rest[:open])
		length := strings.IndexByte(rest[open:], '}')
		if length < 0 {
			return t, fmt.Errorf("%q: a { without its }", source)
		}
		e, err := s.Compile(rest[open+1:open+length], reflect.Invalid)
		if err != nil {
			return t, err
		}
		t.parts = append(t.parts, e)
		rest = rest[open+length+1:]
	}
	return t, nil
}

// Text fills in the values.
func (t Template) Text(v Values) (string, error) {
	var b strings.Builder
	for _, part := range t.parts {
		e, ok := part.(Expression)
		if !ok {
			b.WriteString(part.(string))
			continue
		}
		out, err := e.Eval(v)
		if err != nil {
			return "", err
		}
		switch out.(type) {
		case string, int, bool:
			fmt.Fprint(&b, out)
		default:
			return "", fmt.Errorf("%q: %s is %v; want text or an integer", t.source, e, out)
		}
	}
	return b.String(), nil
}

// Pattern is a regular expression for every text that the template can make.
func (t Template) Pattern() string {
	var b strings.Builder
	for _, part := range t.parts {
		if words, ok := part.(string); ok {
			b.WriteString(regexp.QuoteMeta(words))
		} else {
			b.WriteString(".*")
		}
	}
	return "^" + b.String() + "$"
}

func (t Template) String() string { return t.source }

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
