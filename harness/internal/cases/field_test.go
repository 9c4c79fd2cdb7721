package cases

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// members walks the struct Case and calls visit for each member with a JSON name that is no struct of its own.
func members(v reflect.Value, path string, visit func(path string, at reflect.Value)) {
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		name := tag
		if path != "" && tag != "" {
			name = path + "." + tag
		}
		if v.Field(i).Kind() == reflect.Struct {
			members(v.Field(i), name, visit)
			continue
		}
		visit(name, v.Field(i).Addr())
	}
}

// TestEveryFieldHasARow fails for a member of Case that the table does not know, for a row of no member, and for a row
// that reads another member than the one it is named after.
func TestEveryFieldHasARow(t *testing.T) {
	var c Case
	known := map[string]bool{}
	members(reflect.ValueOf(&c).Elem(), "", func(path string, at reflect.Value) {
		known[path] = true
		f := FieldNamed(path)
		if f == nil {
			t.Errorf("member %q of Case has no row; add one to fields.go", path)
			return
		}
		if got := f.at(&c); got != at.Interface() {
			t.Errorf("row %s points to another member: %T", path, got)
		}
	})
	for _, f := range Fields() {
		if !known[f.Name] {
			t.Errorf("row %s has no member in Case", f.Name)
		}
		if f.Help == "" || f.text == nil || f.zero == nil || f.Type == "" {
			t.Errorf("row %s lacks its help, text, zero or type", f.Name)
		}
		if f.Type == Word && len(f.Values) == 0 || (f.Type == Integer || f.Type == List) && (f.High < f.Low || f.integer == nil) {
			t.Errorf("row %s does not say what it accepts", f.Name)
		}
	}
	if n := len(Fields()); n != len(known) {
		t.Errorf("%d rows for %d members", n, len(known))
	}
}

// TestEveryFieldIsReducedAndFuzzed holds the orders of old seeds against the table, and that no field of the problem
// is left out of either.
func TestEveryFieldIsReducedAndFuzzed(t *testing.T) {
	for _, names := range [][]string{fuzzOrder, simpleOrder} {
		for i, name := range names {
			if FieldNamed(name) == nil || slices.Contains(names[:i], name) {
				t.Errorf("%q: no row, or named twice", name)
			}
		}
	}
	for _, f := range Fields() {
		if outside := f.Name == "version" || f.Name == "notes" || f.Name == "after"; outside {
			continue
		}
		if f.Simple.Rank == nil || len(f.Scalars) == 0 {
			t.Errorf("%s: the reducer cannot order it, or the fuzzer cannot change it", f.Name)
		}
		size := f.Type == Integer && !f.Simple.Slack
		if len(f.Simple.Plain) == 0 && f.Simple.Graded == nil && !f.Simple.Slack && !size {
			t.Errorf("%s: the reducer has no step for it", f.Name)
		}
		if f.Region == "" && len(f.Regions) == 0 && f.Name != "values.seed" {
			t.Errorf("%s: belongs to no region", f.Name)
		}
	}
}

// TestEveryWordIsRanked: a value that the reducer does not know would be the simplest of all.
func TestEveryWordIsRanked(t *testing.T) {
	for _, f := range Fields() {
		if f.Type != Word {
			continue
		}
		seen := map[string]string{}
		for _, value := range f.Values {
			var c Case
			if err := f.Set(&c, value); err != nil {
				t.Errorf("%s %s: %v", f.Name, value, err)
			}
			if f.Text(&c) != value {
				t.Errorf("%s %s reads back as %q", f.Name, value, f.Text(&c))
			}
			rank := f.Simple.Rank(&c)
			key := fmt.Sprint(rank)
			if other, ok := seen[key]; ok {
				t.Errorf("%s: %s and %s have the same rank %s", f.Name, other, value, key)
			}
			seen[key] = value
			if rank[len(rank)-1] < 0 {
				t.Errorf("%s %s: rank %v", f.Name, value, rank)
			}
		}
	}
	if place([]int{1, 2}, 9, []int{1, 2, 9}) <= place([]int{1, 2}, 2, []int{1, 2, 9}) {
		t.Error("a value that no list of simple ones names ranks among them")
	}
}

// TestFieldsNameWhatTheyAccept: an error of Set names the field and what would be accepted.
func TestFieldsNameWhatTheyAccept(t *testing.T) {
	for _, f := range Fields() {
		if f.Type == Text || f.Type == List {
			continue
		}
		var c Case
		err := f.Set(&c, "certainly not")
		if err == nil || !strings.HasPrefix(err.Error(), f.Name+": ") || !strings.Contains(err.Error(), "want ") {
			t.Errorf("%s: %v", f.Name, err)
		}
		if f.Type == Word && !strings.Contains(err.Error(), f.Values[len(f.Values)-1]) {
			t.Errorf("%s: %v does not name %s", f.Name, err, f.Values[len(f.Values)-1])
		}
	}
}
