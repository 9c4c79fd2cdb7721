package gen_test

import (
	"fmt"
	"strings"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

// someValue is a value of a field that a filter may ask for and a case may have.
func someValue(f *cases.Field, i int) string {
	switch f.Type {
	case cases.Integer:
		low := max(f.Low, 1)
		return fmt.Sprint(low + i%max(1, min(f.High, f.Usual)-low+1))
	case cases.List:
		return fmt.Sprint(i % 3)
	case cases.Flag:
		return fmt.Sprint(i%2 == 0)
	case cases.Word:
		return f.Values[i%len(f.Values)]
	case cases.Seed:
		return fmt.Sprint(1000 + i)
	case cases.Steps:
		return []string{"free", "none"}[i%2]
	case cases.Number:
		var c cases.Case
		if f.Set(&c, "-1") != nil {
			return []string{"default", "0.5", "0.25..1"}[i%3]
		}
		return []string{"default", "0.5", "-1..-0.25"}[i%3]
	}
	return ""
}

// TestAFilterOnEveryField asks for and leaves out values of each field of the table, and looks at the cases with the
// table's own words.
func TestAFilterOnEveryField(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for _, f := range cases.Fields() {
		if f.Name == "version" || f.Type == cases.Text {
			continue
		}
		for i := range 4 {
			value := someValue(f, i)
			var only, not gen.Filter
			if err := only.Set(f.Name, value); err != nil {
				t.Fatal(err)
			}
			if err := not.Exclude(f.Name, value); err != nil {
				t.Fatal(err)
			}
			for _, test := range []struct {
				filter gen.Filter
				wants  bool
			}{{only, true}, {not, false}} {
				s, err := gen.NewStream(gen.Default, 3, test.filter)
				if err != nil {
					if test.wants || f.Type != cases.Flag {
						t.Errorf("%s: %v", &test.filter, err)
					}
					continue
				}
				if err := drawsOnly(t, s, f, value, test.wants); err != nil {
					t.Fatalf("%s: %v", &test.filter, err)
				}
			}
		}
	}
}

// drawsOnly looks at the first cases of a stream: whether a field has a value must be as it is wanted, in all of them.
func drawsOnly(t *testing.T, s *gen.Stream, f *cases.Field, value string, wants bool) error {
	for n := range 12 {
		for _, one := range drawnWith(t, s, n, f) {
			if has := f.HasUse(&one) && holds(f, &one, value); has != wants {
				return fmt.Errorf("%s is %q in %s", f.Name, f.Text(&one), cases.Describe(one))
			}
		}
	}
	return nil
}

// drawnWith draws a case, with those before it, of which a filter on a field holds as well: but not one on how many there are.
func drawnWith(t *testing.T, s *gen.Stream, n int, f *cases.Field) []cases.Case {
	c := draw(t, s, n)
	if f.Name == "after" {
		return []cases.Case{c}
	}
	return append([]cases.Case{c}, c.After...)
}

// holds compares by text, and a range of numbers by its ends.
func holds(f *cases.Field, c *cases.Case, value string) bool {
	if low, high, ok := strings.Cut(value, ".."); ok && !f.Absent(c) {
		var a, b float64
		fmt.Sscan(low, &a)
		fmt.Sscan(high, &b)
		return a <= f.Num(c) && f.Num(c) <= b
	}
	if value == cases.FreeStrides {
		return !f.Absent(c)
	}
	return f.Text(c) == value
}

// TestFiltersOfSeveralFields holds those that no single field tells, and several at once.
func TestFiltersOfSeveralFields(t *testing.T) {
	n := 100
	if testing.Short() {
		n = 25
	}
	for _, test := range []struct {
		only, not []string
		holds     func(c *cases.Case) bool
	}{
		{only: []string{"lengths=fewer-rows"}, holds: func(c *cases.Case) bool { return c.QLen < c.KVLen }},
		{only: []string{"lengths=more-rows,equal"}, holds: func(c *cases.Case) bool { return c.QLen >= c.KVLen }},
		{not: []string{"lengths=equal"}, holds: func(c *cases.Case) bool { return c.QLen != c.KVLen }},
		{only: []string{"group=3-4"}, holds: func(c *cases.Case) bool { return c.Group() == 3 || c.Group() == 4 }},
		{only: []string{"heads=7", "batch=9"}, holds: func(c *cases.Case) bool { return c.Heads == 7 && c.Batch == 9 }},
		{only: []string{"kv_heads=5", "lse=true"}, holds: func(c *cases.Case) bool { return c.KVHeads == 5 && c.LSE }},
		{only: []string{"layout=BSHD"}, holds: func(c *cases.Case) bool {
			l := c.Layout
			return l.Q.Order == cases.BSHD && l.K.Order == cases.BSHD && l.V.Order == cases.BSHD && l.Out.Order == cases.BSHD
		}},
		{only: []string{"values=uniform,zero"}, holds: func(c *cases.Case) bool {
			return c.Values.Q != cases.Normal && c.Values.V != cases.Normal && c.Values.K != cases.Sinks
		}},
		{only: []string{"align=bottom-right", "mask=window,causal", "lengths=more-rows"},
			holds: func(c *cases.Case) bool { return c.Mask.Align == cases.BottomRight && c.QLen > c.KVLen }},
		{not: []string{"mask=none", "mask=bool", "input=fp32"}, holds: func(c *cases.Case) bool {
			return c.Mask.Kind != "" && c.Mask.Kind != cases.BoolMask && c.Input.Size() == 2
		}},
		{only: []string{"mask.density=100", "q_len=17", "kv-len=300-310", "layout.k.pad=7"}, holds: func(c *cases.Case) bool {
			return c.Mask.Density == 100 && c.QLen == 17 && c.KVLen/10 >= 30 && c.KVLen <= 310 && c.Layout.K.Pad == 7
		}},
		{not: []string{"region=heads"}, holds: func(c *cases.Case) bool { return c.Heads < 2 || c.Empty() }}, // an empty case lies in no region of others
	} {
		var f gen.Filter
		for _, s := range test.only {
			name, value, _ := strings.Cut(s, "=")
			if err := f.Set(name, value); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range test.not {
			name, value, _ := strings.Cut(s, "=")
			if err := f.Exclude(name, value); err != nil {
				t.Fatal(err)
			}
		}
		s, err := gen.NewStream(gen.Default, 1, f)
		if err != nil {
			t.Errorf("%s: %v", &f, err)
			continue
		}
		names := map[string]bool{}
		for i := range n {
			c := draw(t, s, i)
			names[cases.Name(c)] = true
			if !test.holds(&c) {
				t.Fatalf("%s: %s", &f, cases.Describe(c))
			}
		}
		if len(names) < n*9/10 {
			t.Errorf("%s: only %d different cases of %d", &f, len(names), n)
		}
	}
}

func TestConditionsRefuse(t *testing.T) {
	for _, test := range []struct {
		not               bool
		name, value, want string
	}{
		{false, "heads", "many", `heads: "many": want an integer from 1 to 131072, or a range such as 1-8`},
		{false, "kv_heads", "8-2", `kv-heads: "8-2": want an integer from 1 to 131072`},
		{false, "align", "left", `align: "left": want one of top-left, bottom-right`},
		{false, "lse", "maybe", `lse: "maybe": want one of true, false`},
		{false, "scale", "0.5..0.1", `scale: "0.5..0.1": want default, a finite number, or a range`},
		{false, "lengths", "same", `lengths: "same": want one of equal, fewer-rows, more-rows`},
		{false, "layout.q.order", "HSBD", `layout.q.order: "HSBD": want one of BHSD, BSHD`},
		{false, "layout", "HSBD", `layout: "HSBD": want one of BHSD, BSHD`},
		{false, "mask.left", "-2", `mask.left: "-2": want an integer from -1 to`},
		{false, "values.seed", "-1", `values.seed: "-1": want an integer from 0 to 2^64-1`},
		{true, "max-len", "9", `max-len: cannot be excluded`},
		{true, "region", "nowhere", `region "nowhere": want one of heads`},
		{true, "precision", "fp8", `input: "fp8": want one of fp16, bf16, fp32`},
		{true, "colour", "red", `filter "colour": want one of precision`},
	} {
		var f gen.Filter
		set := f.Set
		if test.not {
			set = f.Exclude
		}
		if err := set(test.name, test.value); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s=%s: %v; want %s", test.name, test.value, err, test.want)
		}
	}
	var f gen.Filter
	if err := f.Set("heads", "1"); err != nil {
		t.Fatal(err)
	}
	if err := f.Set("heads", "2"); err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Errorf("heads twice: %v", err)
	}
	if _, err := gen.NewStream(gen.Default, 1, gen.Filter{Conditions: []gen.Condition{{Name: "hats", Values: "1"}}}); err == nil {
		t.Error("a condition on nothing was accepted")
	}
}

// TestEveryFieldIsDrawn: a field that the generator never sets is tested by nobody, and one whose region does not exist
// is counted by nobody.
func TestEveryFieldIsDrawn(t *testing.T) {
	seen := map[string]map[string]bool{}
	for _, p := range []gen.Preset{gen.Default, gen.Precision} {
		s := mustStream(t, p, 1, gen.Filter{})
		for i := range 1500 {
			c := draw(t, s, i)
			for _, f := range cases.Fields() {
				if seen[f.Name] == nil {
					seen[f.Name] = map[string]bool{}
				}
				seen[f.Name][f.Text(&c)] = true
			}
		}
	}
	for _, f := range cases.Fields() {
		if f.Region != "" {
			if _, err := gen.RegionNamed(f.Region); err != nil {
				t.Errorf("%s: %v", f.Name, err)
			}
		}
		if waiting := f.Name == "mask.window" || f.Name == "mask.floor"; waiting {
			continue // the scenarios that draw them come next
		}
		if f.Name != "version" && f.Type != cases.Text && len(seen[f.Name]) < 2 {
			t.Errorf("%s: %d values in 3000 cases", f.Name, len(seen[f.Name]))
		}
	}
}
