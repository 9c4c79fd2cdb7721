package cases

import (
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Differences names the fields, by their JSON paths and in the order of the format, in which two normalized cases
// differ, what runs before them and their notes aside. Masks of different kinds differ in mask.kind alone: most of their
// other fields mean nothing to each other; nor does kv_offset to masks of different alignment.
func Differences(a, b *Case) []string { return slices.Collect(Differing(a, b)) }

// Differing yields the [Differences] as they are found, for whom the first few are enough.
func Differing(a, b *Case) iter.Seq[string] {
	x, y := *a, *b
	x.After, y.After, x.Notes, y.Notes = nil, nil, "", ""
	if x.Mask.Kind != y.Mask.Kind {
		x.Mask, y.Mask = Mask{Kind: x.Mask.Kind}, Mask{Kind: y.Mask.Kind}
	}
	if x.Mask.Kind != y.Mask.Kind || x.Mask.Align != y.Mask.Align { // it moves a diagonal that only one of them has
		x.KVOffset, y.KVOffset = 0, 0
	}
	return func(yield func(string) bool) { differences(reflect.ValueOf(x), reflect.ValueOf(y), yield) }
}

// differences reports whether yield wanted to go on.
func differences(x, y reflect.Value, yield func(string) bool) bool {
	for i, name := range jsonNames(x.Type()) {
		a, b := x.Field(i), y.Field(i)
		switch {
		case a.Kind() == reflect.Struct:
			if !differences(a, b, func(inner string) bool { return yield(name + "." + inner) }) {
				return false
			}
		case !same(a, b):
			if !yield(name) {
				return false
			}
		}
	}
	return true
}

func same(a, b reflect.Value) bool {
	if a.CanInt() || a.CanFloat() || a.Kind() == reflect.Bool || a.Kind() == reflect.String {
		return a.Equal(b)
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

var namesOf sync.Map // of the fields of a reflect.Type, a []string: generating a case asks for them thousands of times

// jsonNames are the keys of a struct's fields.
func jsonNames(t reflect.Type) []string {
	if names, ok := namesOf.Load(t); ok {
		return names.([]string)
	}
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	namesOf.Store(t, names)
	return names
}
