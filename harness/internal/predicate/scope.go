package predicate

import (
	"fmt"
	"reflect"

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
