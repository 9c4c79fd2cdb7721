package gen_test

import (
	"slices"
	"strings"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/precision"
)

// TestEveryRegionIsReached is the promise of the presets: any 500 default cases and any 50 long ones reach all
// regions that they can, whatever the seed and wherever they start.
func TestEveryRegionIsReached(t *testing.T) {
	for _, test := range []struct {
		preset       gen.Preset
		cases, seeds int
	}{{gen.Default, 500, 40}, {gen.Long, 50, 60}, {gen.Sizes, 40, 60}} {
		if testing.Short() {
			test.seeds /= 10
		}
		for seed := range test.seeds {
			s := mustStream(t, test.preset, uint64(seed)*7919, gen.Filter{})
			coverage := gen.NewCoverage()
			first := seed % 3 * 333
			for i := range test.cases {
				coverage.Add(draw(t, s, first+i))
			}
			if missing := coverage.Missing(test.preset); len(missing) > 0 {
				t.Errorf("%s, seed %d, from %d: never in %v", test.preset, seed*7919, first, missing)
			}
		}
	}
}

// TestRegionsSelect sees to it that a region says something: some default or long cases lie outside, and so does
// the simplest case of all.
func TestRegionsSelect(t *testing.T) {
	simplest := cases.Case{Version: 1, Batch: 1, Heads: 1, QLen: 1, KVLen: 1, HeadDim: 1, Input: precision.FP32}
	if err := simplest.Normalize(); err != nil {
		t.Fatal(err)
	}
	trivial := []string{"one-head", "one-row", "ragged-head-dim", "tiny-head-dim", "fp32-to-fp32"}
	const n = 1000
	coverage := gen.NewCoverage()
	s := mustStream(t, gen.Default, 9, gen.Filter{})
	for i := range n {
		coverage.Add(draw(t, s, i))
	}
	names := map[string]bool{}
	for _, r := range gen.Regions() {
		if names[r.Name] || r.Summary == "" || strings.ContainsAny(r.Name, " ,=") {
			t.Errorf("region %q: the name comes twice or will not do on a command line, or there are no words", r.Name)
		}
		names[r.Name] = true
		if coverage.Count(r.Name) > n*95/100 {
			t.Errorf("%s holds for %d of %d cases: too easy", r.Name, coverage.Count(r.Name), n)
		}
		if r.Holds(&simplest) != slices.Contains(trivial, r.Name) {
			t.Errorf("%s holds for the simplest case: %v", r.Name, r.Holds(&simplest))
		}
	}
}

// TestRegionsStandForTheBugs lists the bugs that a forward case can express. 24 needs
// other calls, 15, 16, 17 and 69's other half a backward pass.
func TestRegionsStandForTheBugs(t *testing.T) {
	stands := map[int]bool{}
	for _, r := range gen.Regions() {
		for _, bug := range r.Bugs {
			stands[bug] = true
		}
	}
	for _, bug := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 18, 19, 23, 25, 26, 27, 28, 29, 30, 31, 32, 33,
		34, 36, 37, 38, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 54, 55, 56, 57, 58, 59, 60, 61, 63, 64, 65,
		66, 67, 68, 69, 35, 70, 71, 83, 72, 73, 74, 75, 85, 87, 90, 91, 92, 62, 86} {
		if !stands[bug] {
			t.Errorf("no region for bug %d", bug)
		}
	}
}

// TestRegionsByExample holds hand-written cases against the regions that need more than one field.
func TestRegionsByExample(t *testing.T) {
	base := `"version":1,"batch":2,"heads":4,"input":"fp16",`
	for _, test := range []struct {
		text    string
		in, out string // regions, with spaces between
	}{
		{`"kv_heads":2,"q_len":1,"kv_len":1100,"head_dim":64`,
			"one-row grouped-heads two-passes long-grouped-narrow kv-past-1024", "long-large-groups one-kv-head mask-one-row"},
		{`"q_len":8,"kv_len":512,"head_dim":64,"mask":{"kind":"bool"}`,
			"mask-one-pass mask-one-pass-64 bool-mask", "mask-rows mask-by-batch empty-rows additive-mask short-q-ragged-kv"},
		{`"q_len":20,"kv_len":10,"head_dim":8,"mask":{"kind":"causal","align":"bottom-right"}`,
			"causal-more-rows empty-rows causal-ragged-rows causal-bottom-right causal-heads", "causal-top-left causal-blocks"},
		{`"q_len":20,"kv_len":200,"head_dim":8,"mask":{"kind":"causal"},"values":{"masked":"nan"}`,
			"causal-blocks causal-top-left masked-nan", "empty-rows causal-bottom-right"},
		{`"q_len":20,"kv_len":200,"head_dim":8,"mask":{"kind":"causal","align":"bottom-right"},"values":{"masked":"nan"}`,
			"causal-bottom-right", "masked-nan"},
		{`"q_len":9,"kv_len":100,"head_dim":128,"mask":{"kind":"additive","shape":"b1qk","empty_lead":64,"offset":3}`,
			"mask-first-64 mask-by-batch mask-unaligned past-eight-rows mask-rows", "mask-fp16-inf empty-rows eight-then-nine"},
		{`"q_len":9,"kv_len":100,"head_dim":128,"mask":{"kind":"bool","empty_lead":100}`,
			"empty-rows", "mask-first-block"},
		{`"q_len":9,"kv_len":16,"head_dim":32,"after":[{"version":1,"batch":2,"heads":4,"input":"fp16","q_len":8,"kv_len":16,"head_dim":32}]`,
			"eight-then-nine then-another-shape", "again then-causal then-smaller cold then-another-precision"},
		{`"q_len":9,"kv_len":16,"head_dim":32,"mask":{"kind":"causal"},"after":[{"version":1,"batch":2,"heads":4,"input":"fp16","q_len":9,"kv_len":16,"head_dim":32}]`,
			"then-causal", "again then-plain then-another-shape"},
		{`"q_len":1,"kv_len":16,"head_dim":64,"layout":{"k":{"pad":2},"v":{"pad":2,"offset":5},"q":{"transpose":true}}`,
			"strided transposed-q offset", "strides-differ strides-differ-one-row bshd"},
		{`"q_len":1,"kv_len":40000,"head_dim":64,"mask":{"kind":"additive","shape":"111k"}`,
			"kv-past-32768 kv-past-32768-masked mask-broadcast", "kv-past-32768-causal kv-past-32768-bf16"},
		{`"q_len":40,"kv_len":80,"head_dim":64,"mask":{"kind":"window","left":3,"right":0,"align":"bottom-right"}`,
			"window window-late", "empty-rows causal-bottom-right masked-nan"},
		{`"q_len":9,"kv_len":40,"head_dim":16,"scale":-100,"mask":{"kind":"bool","shape":"111k","empty_lead":32},"values":{"q":"negative","k":"negative"}`,
			"logits-below-88 hidden-then-low mask-first-block", "logits-below-1e4 logits-above-88 mask-first-64"},
		{`"q_len":9,"kv_len":40,"head_dim":16,"scale":14000,"values":{"q":"positive","k":"negative"}`,
			"logits-below-88 logits-below-1e4 logits-below-5e4", "logits-above-88 hidden-then-low"},
		{`"q_len":9,"kv_len":40,"head_dim":16,"scale":14000,"values":{"q":"positive"}`,
			"", "logits-below-88 logits-above-88"},
		{`"q_len":9,"kv_len":40,"head_dim":16,"mask":{"kind":"additive","floor":"lowest","empty_rows":4,"empty_lead":32},"values":{"masked":"snan"}`,
			"mask-floor mask-floor-lowest mask-floor-rows mask-floor-lowest-row", "empty-rows mask-first-block masked-nan masked-signalling-nan"},
		{`"q_len":9,"kv_len":64,"head_dim":16,"mask":{"kind":"bool","window":true,"left":3}`,
			"mask-and-window dim-whole-keys-whole", "causal-and-mask mask-floor dim-more-keys-less"},
		{`"q_len":9,"kv_len":33,"head_dim":15,"mask":{"kind":"bool","shape":"bh11"}`,
			"mask-scalar dim-less-keys-more", "mask-and-window dim-whole-keys-whole"},
		{`"q_len":8,"kv_len":16,"head_dim":8,"mask":{"kind":"causal","align":"bottom-right"},"after":[{"version":1,"batch":2,"heads":4,"input":"fp16","q_len":8,"kv_len":16,"head_dim":8,"mask":{"kind":"causal"}}]`,
			"after-mask.align", "after-mask.kind after-lse"},
		{`"q_len":8,"kv_len":16,"head_dim":8,"lse":true,"mask":{"kind":"causal","align":"bottom-right"},"after":[{"version":1,"batch":2,"heads":4,"input":"fp16","q_len":8,"kv_len":16,"head_dim":8,"mask":{"kind":"causal"}}]`,
			"", "after-mask.align after-lse"},
		{`"q_len":9,"kv_len":0,"head_dim":16,"lse":true,"mask":{"kind":"causal"},"call":{"bare":true}`,
			"no-keys no-keys-logsumexp empty-bare", "no-rows no-batch heads logsumexp causal-top-left empty-rows call-bare"},
		{`"q_len":0,"kv_len":9,"head_dim":16`, "no-rows", "no-keys no-batch lengths-differ ragged-head-dim"},
		{`"q_len":1,"kv_len":9,"head_dim":64,"after":[{"version":1,"batch":0,"heads":4,"input":"fp16","q_len":1,"kv_len":9,"head_dim":64}]`,
			"after-empty one-row", "no-batch"},
	} {
		c, err := cases.Decode([]byte("{" + base + test.text + "}"))
		if err != nil {
			t.Fatalf("%s: %v", test.text, err)
		}
		for list, want := range map[string]bool{test.in: true, test.out: false} {
			for _, name := range strings.Fields(list) {
				r, err := gen.RegionNamed(name)
				if err != nil {
					t.Fatal(err)
				}
				if r.Holds(&c) != want {
					t.Errorf("%s\nin %s: %v; want %v", cases.Describe(c), name, !want, want)
				}
			}
		}
	}
}

func TestCoverageTable(t *testing.T) {
	coverage := gen.NewCoverage()
	s := mustStream(t, gen.Default, 1, gen.Filter{Region: "eight-then-nine"})
	for i := range 4 {
		coverage.Add(draw(t, s, i))
	}
	var table strings.Builder
	if err := coverage.Table(&table); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(table.String()), "\n")
	if len(lines) != 1+len(gen.Regions()) || coverage.Cases() != 4 {
		t.Errorf("%d lines, %d cases", len(lines), coverage.Cases())
	}
	for _, want := range []string{
		"eight-then-nine 4 100.0 % 43 8 rows, then 9, all else the same",
		"kv-past-32768 0 0.0 % 59 more than 32,768 keys",
	} {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.Join(strings.Fields(line), " ") == want }) {
			t.Errorf("no line %q in\n%s", want, table.String())
		}
	}
}

// TestEveryFieldDiffersAlone sees to it that a new field gets predecessors that differ in nothing else.
func TestEveryFieldDiffersAlone(t *testing.T) {
	for _, f := range cases.Fields() {
		if f.Name == "version" || f.Name == "after" || f.Name == "notes" {
			continue
		}
		if _, err := gen.RegionNamed("after-" + f.Name); err != nil {
			t.Errorf("no scenario draws a case after one that differs in %s alone: add it to singleGroups", f.Name)
		}
	}
}
