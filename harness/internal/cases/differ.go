package cases

import (
	"reflect"
	"strings"
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
	var fields []string
	differences(reflect.ValueOf(x), reflect.ValueOf(y), "", &fields)
	return fields
}

func differences(x, y reflect.Value, path string, fields *[]string) {
	if x.Kind() != reflect.Struct {
		if !reflect.DeepEqual(x.Interface(), y.Interface()) {
			*fields = append(*fields, path)
		}
		return
	}
	for i := range x.NumField() {
		name, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ",")
		if path != "" {
			name = path + "." + name
		}
		differences(x.Field(i), y.Field(i), name, fields)
	}
}
