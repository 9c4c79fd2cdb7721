package gen_test

import (
	"fmt"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

func parameters(seed int64) *gopter.TestParameters {
	p := gopter.DefaultTestParametersWithSeed(seed)
	p.MinSuccessfulTests = 300
	return p
}

func TestGopterCasesAreNormalizedAndRepeatable(t *testing.T) {
	var runs [2][]string
	for run := range runs {
		for _, p := range gen.Presets() {
			if p == gen.Long {
				continue // its own test takes few of them
			}
			result := prop.ForAll(func(c cases.Case) string {
				second := c.Clone()
				if err := second.Normalize(); err != nil || cases.Name(second) != cases.Name(c) {
					return fmt.Sprintf("%s: %v", cases.Describe(c), err)
				}
				runs[run] = append(runs[run], cases.Name(c))
				return ""
			}, gen.Case(p, gen.Filter{})).Check(parameters(7))
			if !result.Passed() {
				t.Errorf("%s: %+v", p, result)
			}
		}
	}
	if fmt.Sprint(runs[0]) != fmt.Sprint(runs[1]) || len(runs[0]) < 1200 {
		t.Errorf("two runs of one seed differ, or drew only %d cases", len(runs[0]))
	}
}

func ExampleCase() {
	// In a test, hand the property to gopter.NewProperties and TestingRun.
	property := prop.ForAll(func(c cases.Case) bool {
		return c.Heads%c.KVHeads == 0
	}, gen.Case(gen.Quick, gen.Filter{}))
	fmt.Println(property.Check(gopter.DefaultTestParametersWithSeed(1)).Passed())
	// Output: true
}
