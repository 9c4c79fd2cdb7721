package cases

import (
	"reflect"
	"strings"
	"sync"
)

// Differences names the fields, by their JSON paths and in the order of the format, in which two normalized cases
// differ, what runs before them and their notes aside. Masks of different kinds differ in mask.kind alone: most of their
// other fields mean nothing to each other; nor does kv_offset to masks of different alignment.
func Differences(a, b *Case) []string {
	x, y := *a, *b
	x.After, y.After, x.Notes, y.Notes = nil, nil, "", ""
	if x.Mask.Kind != y.Mask.Kind {
		x.Mask, y.Mask = Mask{Kind: x.Mask.Kind}, Mask{Kind: y.Mask.Kind}
	}
	if x.Mask.Kind != y.Mask.Kind || x.Mask.Align != y.Mask.Align { // it moves a diagonal that only one of them has
		x.KVOffset, y.KVOffset = 0, 0
	}
	return differences(reflect.ValueOf(x), reflect.ValueOf(y))
}

func differences(x, y reflect.Value) []string {
	var fields []string
	for i, name := range jsonNames(x.Type()) {
		a, b := x.Field(i), y.Field(i)
		switch {
		case a.Kind() == reflect.Struct:
			for _, inner := range differences(a, b) {
				fields = append(fields, name+"."+inner)
			}
		case !same(a, b):
			fields = append(fields, name)
		}
	}
	return fields
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
