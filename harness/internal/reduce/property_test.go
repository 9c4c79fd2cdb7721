package reduce_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/reduce"
	"attest.example/attest/harness/internal/verdict"
)

func properties(seed int64, tests int) *gopter.Properties {
	parameters := gopter.DefaultTestParametersWithSeed(seed)
	if testing.Short() {
		tests = max(tests/10, 20)
	}
	parameters.MinSuccessfulTests = tests
	return gopter.NewProperties(parameters)
}

// atoms are conditions that real failures are made of.
var atoms = []func(*cases.Case) bool{
	func(c *cases.Case) bool { return c.Batch >= 2 },
	func(c *cases.Case) bool { return c.Heads >= 3 },
	func(c *cases.Case) bool { return c.KVHeads < c.Heads },
	func(c *cases.Case) bool { return c.QLen > 8 },
	func(c *cases.Case) bool { return c.QLen%4 != 0 },
	func(c *cases.Case) bool { return c.KVLen%8 != 0 },
	func(c *cases.Case) bool { return c.KVLen > c.QLen },
	func(c *cases.Case) bool { return c.HeadDim%8 == 0 },
	func(c *cases.Case) bool { return c.QLen*c.KVLen > 500 },
	func(c *cases.Case) bool { return c.Mask.Kind != "" },
	func(c *cases.Case) bool { return c.Mask.IsArray() },
	func(c *cases.Case) bool { return c.Input != precision.FP32 },
	func(c *cases.Case) bool { return c.Output != c.Input },
	func(c *cases.Case) bool { return c.Layout.K != c.Layout.V },
	func(c *cases.Case) bool { return c.Values.V != cases.Normal },
	func(c *cases.Case) bool { return c.Values.Seed%3 == 1 },
	func(c *cases.Case) bool { return len(c.After) > 0 },
	func(c *cases.Case) bool { return c.LSE },
}

// failing is all atoms that hold for a case and whose bit is set in choice; with ragged, also a hash of sizes that
// follows no rule at all.
func failing(start cases.Case, choice uint32, ragged bool) func(*cases.Case) bool {
	var needed []func(*cases.Case) bool
	for i, atom := range atoms {
		if choice>>i&1 == 1 && atom(&start) {
			needed = append(needed, atom)
		}
	}
	noise := func(c *cases.Case) bool {
		h := fnv.New32a()
		fmt.Fprint(h, c.QLen, c.KVLen, c.HeadDim, c.Mask.Kind)
		return h.Sum32()%3 == 0
	}
	if ragged && noise(&start) {
		needed = append(needed, noise)
	}
	return func(c *cases.Case) bool {
		for _, atom := range needed {
			if !atom(c) {
				return false
			}
		}
		return true
	}
}

// A property returns what is wrong, in words, or nothing: gopter takes no lone error.

func TestLawsOfReduction(t *testing.T) {
	properties := properties(1, 150)
	properties.Property("the result fails, is no larger, has no simpler neighbour that fails, stays fixed", prop.ForAll(
		func(start cases.Case) string {
			choice := uint32(start.Values.Seed * 2654435761 >> 7)
			holds := failing(start, choice, start.Values.Seed%2 == 0)
			predicate := func(_ context.Context, c cases.Case) (verdict.Kind, string, error) {
				if holds(&c) {
					return verdict.Numeric, "", nil
				}
				return verdict.Pass, "", nil
			}
			result, err := reduce.Reduce(context.Background(), start, reduce.Options{}, predicate)
			switch {
			case err != nil:
				return err.Error()
			case !holds(&result.Case):
				return fmt.Sprintf("%s does not fail", cases.Describe(result.Case))
			case reduce.Less(start, result.Case):
				return fmt.Sprintf("%s is larger", cases.Describe(result.Case))
			case !result.Complete:
				return "incomplete without bounds"
			case result.Calls > 700:
				return fmt.Sprintf("%d calls", result.Calls)
			}
			for candidate := range reduce.Candidates(result.Case) {
				if holds(&candidate) {
					return fmt.Sprintf("%s\nis not the end: %s", cases.Describe(result.Case), cases.Describe(candidate))
				}
			}
			second, err := reduce.Reduce(context.Background(), result.Case, reduce.Options{}, predicate)
			if err != nil || cases.Name(second.Case) != cases.Name(result.Case) {
				return fmt.Sprintf("a second reduction goes on to %s, %v", cases.Describe(second.Case), err)
			}
			return ""
		}, gen.Case(gen.Default, gen.Filter{}).WithShrinker(reduce.Shrinker)))
	properties.TestingRun(t)
}

func TestOrderIsStrictAndTotal(t *testing.T) {
	properties := properties(2, 400)
	properties.Property("exactly one of a < b, b < a, a = b; and < is transitive", prop.ForAll(
		func(a, b, c cases.Case) string {
			b.Batch, b.QLen, b.HeadDim = a.Batch, a.QLen, a.HeadDim // ties, so that later keys matter
			for _, p := range []*cases.Case{&a, &b, &c} {
				if p.Normalize() != nil {
					return "" // the shared sizes made it impossible
				}
				if reduce.Less(*p, *p) {
					return fmt.Sprintf("less than itself: %s", cases.Describe(*p))
				}
			}
			same := cases.Name(a) == cases.Name(b)
			if reduce.Less(a, b) == reduce.Less(b, a) != same {
				return fmt.Sprintf("%s\nand %s", cases.Describe(a), cases.Describe(b))
			}
			if reduce.Less(a, b) && reduce.Less(b, c) && !reduce.Less(a, c) {
				return fmt.Sprintf("not transitive: %s\n%s\n%s", cases.Describe(a), cases.Describe(b), cases.Describe(c))
			}
			return ""
		}, gen.Case(gen.Quick, gen.Filter{}).WithShrinker(reduce.Shrinker), gen.Case(gen.Quick, gen.Filter{}).WithShrinker(reduce.Shrinker), gen.Case(gen.Quick, gen.Filter{}).WithShrinker(reduce.Shrinker)))
	properties.TestingRun(t)
}

func TestCandidatesAreSimplerAndPossible(t *testing.T) {
	properties := properties(3, 300)
	properties.Property("normalized, less, no two alike", prop.ForAll(
		func(c cases.Case) string {
			seen := map[string]bool{}
			for candidate := range reduce.Candidates(c) {
				name := cases.Name(candidate)
				if err := candidate.Normalize(); err != nil || name != cases.Name(candidate) {
					return fmt.Sprintf("not normalized: %s, %v", cases.Describe(candidate), err)
				}
				if !reduce.Less(candidate, c) || seen[name] {
					return fmt.Sprintf("larger or offered twice: %s", cases.Describe(candidate))
				}
				seen[name] = true
			}
			if len(seen) == 0 {
				return "no way down from a drawn case"
			}
			return ""
		}, gen.Case(gen.Default, gen.Filter{}).WithShrinker(reduce.Shrinker)))
	properties.TestingRun(t)
}

func TestSimplestCaseHasNoCandidates(t *testing.T) {
	c := smallest(1, 1, 1, 1)
	if err := c.Normalize(); err != nil {
		t.Fatal(err)
	}
	for candidate := range reduce.Candidates(c) {
		t.Errorf("%s", cases.Describe(candidate))
	}
}
