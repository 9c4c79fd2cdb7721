package gen_test

import (
	"fmt"
	"strings"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

func parse(t *testing.T, settings ...string) gen.Filter {
	t.Helper()
	var f gen.Filter
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		if err := f.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// TestFilterHolds checks each filter on the case and on all before it, by words of its own.
func TestFilterHolds(t *testing.T) {
	for _, test := range []struct {
		settings []string
		holds    func(c *cases.Case) bool
	}{
		{[]string{"precision=bf16"}, func(c *cases.Case) bool { return c.Input.String() == "bf16" }},
		{[]string{"precision=fp16,fp32", "output=bf16"},
			func(c *cases.Case) bool { return c.Input.String() != "bf16" && c.Output.String() == "bf16" }},
		{[]string{"mask=none"}, func(c *cases.Case) bool { return c.Mask.Kind == "" }},
		{[]string{"mask=causal,window"},
			func(c *cases.Case) bool { return c.Mask.Kind == cases.CausalMask || c.Mask.Kind == cases.WindowMask }},
		{[]string{"mask=bool", "max-len=8"}, func(c *cases.Case) bool {
			return c.Mask.Kind == cases.BoolMask && c.QLen <= 8 && c.KVLen <= 8
		}},
		{[]string{"max-len=1"}, func(c *cases.Case) bool { return c.QLen <= 1 && c.KVLen <= 1 }},
		{[]string{"head-dim=64"}, func(c *cases.Case) bool { return c.HeadDim == 64 }},
		{[]string{"head-dim=1-8,250-256"}, func(c *cases.Case) bool { return c.HeadDim <= 8 || c.HeadDim >= 250 }},
		{[]string{"max-work=2e4"}, func(c *cases.Case) bool { return c.Work() <= 2e4 }},
		{[]string{"single=true"}, func(c *cases.Case) bool { return len(c.After) == 0 }},
		{[]string{"region=mask-by-batch-grouped"}, nil},
		{[]string{"mask=none", "head-dim=128", "region=large-scores"}, func(c *cases.Case) bool { return c.HeadDim == 128 }},
	} {
		t.Run(strings.Join(test.settings, " "), func(t *testing.T) {
			f := parse(t, test.settings...)
			if got := f.String(); got != strings.ReplaceAll(strings.Join(test.settings, " "), "2e4", "20000") {
				t.Errorf("prints as %q", got)
			}
			for _, preset := range []gen.Preset{gen.Default, gen.Quick} {
				if preset == gen.Quick && f.Region == "large-scores" {
					continue // no head_dim 128 there but by filter; one preset is enough
				}
				holdsOver(t, preset, f, test.holds)
			}
		})
	}
}

// holdsOver draws cases of a preset that pass a filter, and looks at each and at all before it.
func holdsOver(t *testing.T, preset gen.Preset, f gen.Filter, holds func(*cases.Case) bool) {
	t.Helper()
	s := mustStream(t, preset, 1, f)
	names := map[string]bool{}
	n := 200
	if testing.Short() {
		n = 40
	}
	for i := range n {
		c := draw(t, s, i)
		names[cases.Name(c)] = true
		if err := f.Accepts(c); err != nil {
			t.Fatalf("%s: not accepted: %v", cases.Describe(c), err)
		}
		for _, one := range append([]cases.Case{c}, c.After...) {
			if holds != nil && !holds(&one) {
				t.Fatalf("%s: %s", preset, cases.Describe(one))
			}
		}
		if r, err := gen.RegionNamed(f.Region); err == nil && !r.Holds(&c) {
			t.Fatalf("outside of the region: %s", cases.Describe(c))
		}
	}
	if len(names) < n*19/20 {
		t.Errorf("%s: only %d different cases of %d", preset, len(names), n)
	}
}

func TestFilterThatNothingPasses(t *testing.T) {
	for _, test := range []struct {
		preset   gen.Preset
		settings []string
		want     []string
	}{
		{gen.Long, []string{"max-len=100"}, []string{"preset long has no case for max-len=100", "kv_len 100", "32769"}},
		{gen.Default, []string{"region=kv-past-32768"}, []string{"no case for region=kv-past-32768", "5000 draws"}},
		{gen.Default, []string{"mask=causal", "region=bool-mask"}, []string{"mask=causal region=bool-mask"}},
	} {
		_, err := gen.NewStream(test.preset, 1, parse(t, test.settings...))
		if err == nil {
			t.Errorf("%s %v: no error", test.preset, test.settings)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v: want %q in it", err, want)
			}
		}
	}
}

func TestFilterRefuses(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"precision", "fp8", `precision: precision "fp8": want fp16, bf16 or fp32`},
		{"mask", "causal,full", `mask: "full": want one of none, causal, window, bool, additive`},
		{"max-len", "0", `max-len: "0": want an integer from 1 to 4194304`},
		{"head-dim", "600", `head-dim: "600": want an integer from 1 to 576`},
		{"head-dim", "64-32", `head-dim: "32": want an integer from 64 to 576`},
		{"max-work", "lots", `max-work: "lots": want a number of multiply-adds such as 1e6`},
		{"max-work", "NaN", `max-work: "NaN": want a number of multiply-adds such as 1e6`},
		{"single", "maybe", `single: "maybe": want true or false`},
		{"single", "false", `single: "false": want true; after=1-16 keeps those that have such cases`},
		{"softcap", "-1", `softcap: "-1": want 0, which is none, or 2^-126 to 2^126`},
		{"region", "nowhere", `region: region "nowhere": want one of heads, batches`},
		{"colour", "red", `filter "colour": want one of precision, output, mask, max-len, head-dim, max-work, single, region, lengths, group, layout, values`},
	} {
		var f gen.Filter
		if err := f.Set(test.name, test.value); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s=%s: %v; want %s", test.name, test.value, err, test.want)
		}
	}
	if _, err := gen.NewStream(gen.Default, 1, gen.Filter{HeadDim: []gen.Span{{Low: 9, High: 3}}}); err == nil {
		t.Error("a range with its ends exchanged was accepted")
	}
	var none gen.Filter
	if none.String() != "no filter" {
		t.Errorf("%q", none.String())
	}
	names, usages := gen.FilterNames()
	if len(names) != len(usages) || len(names) < len(cases.Fields()) {
		t.Errorf("%d names, %d usages", len(names), len(usages))
	}
}

func ExampleFilter_Set() {
	var f gen.Filter
	fmt.Println(f.Set("precision", "fp16,bf16"), f.Set("head-dim", "64,96-128"))
	fmt.Println(&f)
	fmt.Println(f.Set("mask", "diagonal"))
	// Output:
	// <nil> <nil>
	// precision=fp16,bf16 head-dim=64,96-128
	// mask: "diagonal": want one of none, causal, window, bool, additive
}
