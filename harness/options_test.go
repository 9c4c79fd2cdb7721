package harness

import (
	"reflect"
	"testing"
)

// What a function takes is decided when a test is compiled: by the type that makes the option.
func TestAFunctionTakesNoOptionThatItIgnores(t *testing.T) {
	kinds := []reflect.Type{
		reflect.TypeFor[ConformOption](), reflect.TypeFor[ReplayOption](), reflect.TypeFor[FuzzOption](), reflect.TypeFor[PropertyOption](),
	}
	for _, option := range []struct {
		name    string
		made    any
		accepts [4]bool // Conform, Replay, Fuzz, Property
	}{
		{"Cases", Cases, [4]bool{true, false, false, false}},
		{"Seed", Seed, [4]bool{true, false, false, false}},
		{"Preset", Preset, [4]bool{true, false, false, true}},
		{"Only", Only, [4]bool{true, false, true, true}},
		{"Exclude", Exclude, [4]bool{true, false, true, true}},
		{"Seeds", Seeds, [4]bool{false, false, true, false}},
		{"Failures", Failures, [4]bool{true, true, true, true}},
		{"Relations", Relations, [4]bool{true, true, true, true}},
		{"Deadline", Deadline, [4]bool{true, true, true, true}},
		{"ReduceCalls", ReduceCalls, [4]bool{true, false, true, true}},
	} {
		made := reflect.TypeOf(option.made).Out(0)
		for i, kind := range kinds {
			if made.Implements(kind) != option.accepts[i] {
				t.Errorf("%s as a %s: %t", option.name, kind.Name(), !option.accepts[i])
			}
		}
	}
	for _, function := range []struct {
		taken reflect.Type
		want  reflect.Type
	}{
		{lastOf(Conform), kinds[0]}, {lastOf(Replay), kinds[1]}, {lastOf(Fuzz), kinds[2]}, {lastOf(Property), kinds[3]},
	} {
		if function.taken != function.want {
			t.Errorf("takes %v; want %v", function.taken, function.want)
		}
	}
}

// lastOf is the element type of a variadic function's last parameter.
func lastOf(function any) reflect.Type {
	of := reflect.TypeOf(function)
	return of.In(of.NumIn() - 1).Elem()
}
