package reduce

import (
	"reflect"
	"slices"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// TestRankHoldsEveryField changes each field of a case in turn and wants another rank, so that a field added to the
// format cannot be forgotten in the order.
func TestRankHoldsEveryField(t *testing.T) {
	scale := float32(0.25)
	c := cases.Case{
		Version: cases.Version, Batch: 1, Heads: 2, KVHeads: 2, QLen: 3, KVLen: 4, HeadDim: 5, Scale: &scale,
		Input: precision.FP32, Output: precision.FP32,
		Values: cases.Values{Q: cases.Normal, K: cases.Normal, V: cases.Normal},
	}
	original := newRank(c)
	changed := 0
	eachField(t, "", reflect.ValueOf(&c).Elem(), func(path string) {
		changed++
		if slices.Equal(newRank(c), original) {
			t.Errorf("%s has no part in the order", path)
		}
	})
	if changed < 45 {
		t.Errorf("only %d fields changed", changed)
	}
	c.After = []cases.Case{{Batch: 1, Heads: 1, KVHeads: 1}}
	one := newRank(c)
	c.After[0].Values.Seed = 9
	if slices.Equal(one, newRank(c)) || slices.Equal(one, original) {
		t.Error("the cases before have no part in the order")
	}
}

// eachField sets every leaf of a struct to another value, visits, and puts the old one back.
func eachField(t *testing.T, path string, v reflect.Value, visit func(path string)) {
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	defer v.Set(old)
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			switch name := v.Type().Field(i).Name; name {
			case "Version", "Notes", "After": // no part of what a case is, or tested apart
			default:
				eachField(t, path+"."+name, v.Field(i), visit)
			}
		}
		return
	case reflect.Pointer:
		eachField(t, path, v.Elem(), visit)
		return
	case reflect.Array:
		v.Index(0).SetInt(v.Index(0).Int() + 1)
	case reflect.Int:
		v.SetInt(v.Int() + 1)
	case reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	case reflect.Uint8:
		v.SetUint(uint64(precision.BF16))
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Float32:
		v.SetFloat(0.375)
	case reflect.String:
		v.SetString("another")
		if v.Type() == reflect.TypeFor[cases.Order]() {
			v.SetString(string(cases.BSHD))
		}
	default:
		t.Fatalf("%s: the test does not know how to change a %s", path, v.Kind())
	}
	visit(path)
}
