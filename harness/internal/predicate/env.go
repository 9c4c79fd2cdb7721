package predicate

import (
	"fmt"
	"reflect"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// The environment of an expression is a struct type made from cases.Case, so that a new field of a case is a new name
// here, and a misspelt one is an error when the expression is compiled.
var caseType = reflect.TypeFor[cases.Case]()

// skipped fields are not part of the problem itself.
var skipped = map[string]bool{"version": true, "notes": true, "after": true, "failure": true}

var envType = func() reflect.Type {
	t := mirror(caseType)
	fields := make([]reflect.StructField, 0, t.NumField()+2)
	for i := range t.NumField() {
		fields = append(fields, t.Field(i))
	}
	fields = append(fields, named("Group", "group", reflect.TypeFor[int]()), named("After", "after", reflect.TypeFor[int]()))
	return reflect.StructOf(fields)
}()

func named(field, name string, t reflect.Type) reflect.StructField {
	return reflect.StructField{Name: field, Type: t, Tag: reflect.StructTag(fmt.Sprintf("expr:%q", name))}
}

// mirror is the type that a field of type t has in expressions.
func mirror(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.Pointer:
		return mirror(t.Elem())
	case reflect.Struct:
		var fields []reflect.StructField
		for i := range t.NumField() {
			if f, name, ok := member(t, i); ok {
				fields = append(fields, named(f.Name, name, mirror(f.Type)))
			}
		}
		return reflect.StructOf(fields)
	case reflect.Slice, reflect.Array:
		return reflect.SliceOf(mirror(t.Elem()))
	case reflect.Float32, reflect.Float64:
		return reflect.TypeFor[float64]()
	case reflect.Bool:
		return reflect.TypeFor[bool]()
	case reflect.Int, reflect.Int32, reflect.Int64:
		return reflect.TypeFor[int]()
	case reflect.Uint64:
		return reflect.TypeFor[uint64]()
	}
	return reflect.TypeFor[string]() // named strings, and formats
}

func member(t reflect.Type, i int) (reflect.StructField, string, bool) {
	f := t.Field(i)
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return f, name, f.IsExported() && name != "" && name != "-" && !(t == caseType && skipped[name])
}

// environment holds the values of a normalized case.
func environment(c cases.Case) any {
	scale := c.EffectiveScale()
	c.Scale = &scale
	if c.Mask.Kind == "" {
		c.Mask.Kind = cases.NoMask
	}
	if c.Intermediate == 0 {
		c.Intermediate = precision.FP32
	}
	c.VHeadDim = c.VDim()
	env := reflect.New(envType).Elem()
	fill(env, reflect.ValueOf(c))
	env.FieldByName("Group").SetInt(int64(c.Group()))
	env.FieldByName("After").SetInt(int64(len(c.After)))
	return env.Interface()
}

func fill(into, from reflect.Value) {
	if from.Kind() == reflect.Pointer {
		if !from.IsNil() {
			fill(into, from.Elem())
		}
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		t := from.Type()
		for i := range t.NumField() {
			if f, _, ok := member(t, i); ok {
				fill(into.FieldByName(f.Name), from.Field(i))
			}
		}
	case reflect.Slice:
		into.Set(reflect.MakeSlice(into.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			fill(into.Index(i), from.Index(i))
		}
	case reflect.String:
		if from.Kind() == reflect.String {
			into.SetString(from.String())
		} else if s, ok := from.Interface().(fmt.Stringer); ok && !from.IsZero() {
			into.SetString(s.String())
		}
	default:
		into.Set(from.Convert(into.Type()))
	}
}
