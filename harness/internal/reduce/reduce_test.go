package reduce_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/verdict"
)

// numericWhere is a path that is wrong exactly where the condition holds. It counts how often it was asked, and
// fails the test if twice about one case.
func numericWhere(t *testing.T, holds func(*cases.Case) bool) (reduce.Predicate, *int) {
	calls := new(int)
	asked := map[string]bool{}
	return func(_ context.Context, c cases.Case) (verdict.Kind, string, error) {
		*calls++
		name := cases.Name(c)
		if asked[name] {
			t.Errorf("asked twice about %s", cases.Describe(c))
		}
		asked[name] = true
		if holds(&c) {
			return verdict.Numeric, "", nil
		}
		return verdict.Pass, "", nil
	}, calls
}

// starts draws cases that a condition holds for, after an edit that makes it likely.
func starts(t *testing.T, n int, edit func(*cases.Case), holds func(*cases.Case) bool) []cases.Case {
	t.Helper()
	var list []cases.Case
	for _, preset := range []gen.Preset{gen.Default, gen.Edges} {
		stream, err := gen.NewStream(preset, 7, gen.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < 20*n && len(list) < n; i++ {
			c, err := stream.Case(i)
			if err != nil {
				t.Fatal(err)
			}
			if edit != nil {
				edit(&c)
			}
			if c.Normalize() == nil && holds(&c) {
				list = append(list, c)
			}
		}
	}
	if len(list) < n/2 {
		t.Fatalf("%d cases to start from; want %d", len(list), n)
	}
	return list
}

// smallest is the simplest case of a shape: one batch, fp32, everything plain.
func smallest(heads, qLen, kvLen, headDim int) cases.Case {
	return cases.Case{Version: cases.Version, Batch: 1, Heads: heads, QLen: qLen, KVLen: kvLen, HeadDim: headDim,
		Input: precision.FP32}
}

func with(c cases.Case, change func(*cases.Case)) cases.Case {
	change(&c)
	return c
}

func equal(t *testing.T, start, got, want cases.Case) {
	t.Helper()
	if err := want.Normalize(); err != nil {
		t.Fatal(err)
	}
	got.Notes, want.Notes = "", ""
	if diff := cmp.Diff(string(cases.Canonical(want)), string(cases.Canonical(got))); diff != "" {
		t.Errorf("from %s\n(-want +got)\n%s", cases.Describe(start), diff)
	}
}

func mustReduce(t *testing.T, start cases.Case, fails reduce.Predicate) reduce.Result {
	t.Helper()
	result, err := reduce.Reduce(t.Context(), start, reduce.Options{}, fails)
	if err != nil {
		t.Fatal(err)
	}
	if !result.Complete || result.Kind != verdict.Numeric {
		t.Errorf("complete %v, kind %s; want a complete reduction that keeps numeric", result.Complete, result.Kind)
	}
	return result
}

func causal(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight} }

// TestToTheMinimum holds failures with one smallest case each: from wherever it starts, the reducer must end there,
// in so many calls at most.
func TestToTheMinimum(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for _, test := range []struct {
		name   string
		edit   func(*cases.Case)
		holds  func(*cases.Case) bool
		want   cases.Case
		budget int
	}{
		{"33 rows, ragged keys, causal, two heads",
			func(c *cases.Case) {
				c.QLen, c.Heads, c.KVHeads = c.QLen+33, 2*c.Heads, 2*c.KVHeads
				if !c.Mask.IsCausal() {
					causal(c)
				}
			},
			func(c *cases.Case) bool {
				return c.QLen >= 33 && c.KVLen%8 != 0 && c.Mask.IsCausal() && c.Heads >= 2
			},
			with(smallest(2, 33, 1, 1), func(c *cases.Case) { c.Mask.Kind = cases.CausalMask }), 200},
		{"head_dim past 64 and to 128, more keys than rows", nil,
			func(c *cases.Case) bool { return c.HeadDim > 64 && c.HeadDim <= 128 && c.KVLen > c.QLen },
			smallest(1, 1, 2, 65), 150},
		{"whole blocks of keys only", nil,
			func(c *cases.Case) bool { return c.KVLen%8 == 0 && c.KVLen >= 24 },
			smallest(1, 1, 24, 1), 150},
		{"one past a block of 32 keys, past 40", func(c *cases.Case) { c.KVLen = (c.KVLen/32+2)*32 + 1 },
			func(c *cases.Case) bool { return c.KVLen%32 == 1 && c.KVLen > 40 },
			smallest(1, 1, 65, 1), 150},
		{"rows and keys that differ by five", func(c *cases.Case) { c.QLen += 10; c.KVLen = c.QLen + 5 },
			func(c *cases.Case) bool { return c.KVLen == c.QLen+5 && c.QLen >= 10 },
			smallest(1, 10, 15, 1), 150},
		{"three times as many keys as rows", func(c *cases.Case) { c.QLen += 4; c.KVLen = 3 * c.QLen },
			func(c *cases.Case) bool { return c.KVLen == 3*c.QLen && c.QLen >= 4 },
			smallest(1, 4, 12, 1), 150},
		{"as many heads as batches, two at least", func(c *cases.Case) { c.Batch++; c.Heads, c.KVHeads = c.Batch, c.Batch },
			func(c *cases.Case) bool { return c.Heads == c.Batch && c.Batch >= 2 },
			with(smallest(2, 1, 1, 1), func(c *cases.Case) { c.Batch = 2 }), 150},
		{"grouped heads in bf16", func(c *cases.Case) { c.Input = precision.BF16 },
			func(c *cases.Case) bool { return c.KVHeads < c.Heads && c.Input == precision.BF16 },
			with(smallest(2, 1, 1, 1), func(c *cases.Case) { c.KVHeads, c.Input = 1, precision.BF16 }), 150},
		{"a mask for each batch", nil,
			func(c *cases.Case) bool { return c.Mask.IsArray() && c.Mask.Shape[0] == 'b' && c.Batch >= 2 },
			with(smallest(1, 1, 1, 1), func(c *cases.Case) {
				c.Batch, c.Mask = 2, cases.Mask{Kind: cases.BoolMask, Shape: "b11k", Fill: cases.OpenFill}
			}), 200},
		{"the first block of keys empty", nil,
			func(c *cases.Case) bool { return c.Mask.EmptyLead >= 32 && c.Mask.EmptyLead < c.KVLen },
			with(smallest(1, 1, 33, 1), func(c *cases.Case) {
				c.Mask = cases.Mask{Kind: cases.BoolMask, Shape: "111k", Fill: cases.OpenFill, EmptyLead: 32}
			}), 145},
		{"every key hidden, five at least", func(c *cases.Case) { c.Mask.EmptyLead, c.KVLen = c.KVLen+20, c.KVLen+20 },
			func(c *cases.Case) bool { return c.Mask.EmptyLead == c.KVLen && c.KVLen >= 5 },
			with(smallest(1, 1, 5, 1), func(c *cases.Case) {
				c.Mask = cases.Mask{Kind: cases.BoolMask, Shape: "111k", Fill: cases.OpenFill, EmptyLead: 5}
			}), 150},
		{"an additive mask drawn at random", nil,
			func(c *cases.Case) bool { return c.Mask.Kind == cases.AdditiveMask && c.Mask.Fill == cases.RandomFill },
			with(smallest(1, 1, 1, 1), func(c *cases.Case) {
				c.Mask = cases.Mask{Kind: cases.AdditiveMask, Format: precision.FP32, Shape: "111k", Fill: cases.RandomFill, Density: 70}
			}), 100},
		{"a window of 2100 keys back", func(c *cases.Case) {
			c.Mask = cases.Mask{Kind: cases.WindowMask, Left: 2400 + 7*c.KVLen, Right: c.QLen % 9, Align: cases.BottomRight}
		},
			func(c *cases.Case) bool { return c.Mask.Kind == cases.WindowMask && c.Mask.Left >= 2100 },
			with(smallest(1, 1, 1, 1), func(c *cases.Case) {
				c.Mask = cases.Mask{Kind: cases.WindowMask, Left: 2100, Right: -1}
			}), 90},
		{"no keys, three rows", func(c *cases.Case) { c.KVLen, c.Mask.EmptyLead, c.Paging.Shared = 0, 0, 0 },
			func(c *cases.Case) bool { return c.KVLen == 0 && c.QLen >= 3 && c.Batch > 0 },
			smallest(1, 3, 0, 1), 150},
		{"slack after the rows of v, but not of k", nil,
			func(c *cases.Case) bool { return c.Layout.V.Pad >= 3 && c.Layout.V.Pad != c.Layout.K.Pad },
			with(smallest(1, 1, 1, 1), func(c *cases.Case) { c.Layout.V.Pad = 3 }), 150},
		{"heavy-tailed or huge q under a negative scale",
			func(c *cases.Case) { c.Scale = new(float32); *c.Scale = -0.3 },
			func(c *cases.Case) bool {
				return (c.Values.Q == cases.Outliers || c.Values.Q == cases.Huge) && c.EffectiveScale() < 0
			},
			with(smallest(1, 1, 1, 1), func(c *cases.Case) { c.Values.Q = cases.Outliers; *c = c.WithScale(-1) }), 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			most := 0
			for _, start := range starts(t, 60, test.edit, test.holds) {
				fails, calls := numericWhere(t, test.holds)
				result := mustReduce(t, start, fails)
				equal(t, start, result.Case, test.want)
				if *calls != result.Calls {
					t.Errorf("says %d calls, was %d", result.Calls, *calls)
				}
				most = max(most, result.Calls)
			}
			if most > test.budget {
				t.Errorf("%d calls; want %d at most", most, test.budget)
			}
			t.Logf("at most %d calls", most)
		})
	}
}

// TestJoint holds failures with many smallest cases: the sum or the product of sizes must end at its own minimum.
func TestJoint(t *testing.T) {
	for _, test := range []struct {
		name  string
		holds func(*cases.Case) bool
		tight func(*cases.Case) bool
	}{
		{"rows plus keys",
			func(c *cases.Case) bool { return c.QLen+c.KVLen >= 70 },
			func(c *cases.Case) bool { return c.QLen+c.KVLen == 70 }},
		{"rows times keys",
			func(c *cases.Case) bool { return c.QLen*c.KVLen > 1000 },
			func(c *cases.Case) bool { return (c.QLen-1)*c.KVLen <= 1000 && c.QLen*(c.KVLen-1) <= 1000 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, start := range starts(t, 60, nil, test.holds) {
				fails, calls := numericWhere(t, test.holds)
				got := mustReduce(t, start, fails).Case
				equal(t, start, got, smallest(1, got.QLen, got.KVLen, 1))
				if !test.tight(&got) {
					t.Errorf("from %s\nto %s, which is not the smallest", cases.Describe(start), cases.Describe(got))
				}
				if *calls > 150 {
					t.Errorf("%d calls from %s; want 150 at most", *calls, cases.Describe(start))
				}
			}
		})
	}
}

func ExampleReduce() {
	start := cases.Case{Version: cases.Version, Batch: 3, Heads: 8, KVHeads: 2, QLen: 77, KVLen: 130, HeadDim: 64,
		Input: precision.FP16, Mask: cases.Mask{Kind: cases.CausalMask}}
	leaksPastFirstBlock := func(_ context.Context, c cases.Case) (verdict.Kind, string, error) {
		if c.Mask.IsCausal() && c.KVLen > 64 {
			return verdict.Numeric, "", nil
		}
		return verdict.Pass, "", nil
	}
	result, err := reduce.Reduce(context.Background(), start, reduce.Options{MaxCalls: 200}, leaksPastFirstBlock)
	fmt.Println(cases.Describe(result.Case), err)
	// Output: batch 1, heads 1, q_len 1, kv_len 65, head_dim 1, fp32, causal top-left, values q normal, k normal, v normal <nil>
}
