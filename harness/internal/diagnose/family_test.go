package diagnose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/diagnose"
)

// A family is told of faults of its kind, one degree below the explanation.
func TestFamilies(t *testing.T) {
	for name, test := range map[string]struct {
		edit func(*cases.Case)
		f    fault
		want string // part of the words; empty: no family
	}{
		"a causal mask for the first block alone": {func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.CausalMask} },
			fault{keys: func(_, _, r, key int, _ bool) bool { return key <= (r/8)*8+7 }}, "causal mask that holds"},
		"the other corner": {func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.CausalMask} },
			fault{keys: func(_, _, r, key int, _ bool) bool { return key <= r+8 }}, "other corner"},
		"the last partial block": {nil, fault{keys: func(_, _, _, key int, allowed bool) bool { return allowed && key < 32 }}, "tail of the keys"},
		"interleaved heads": {func(c *cases.Case) { c.KVHeads = 2 },
			fault{kvHead: func(_, h int) int { return h % 2 }}, "grouped heads"},
		"a factor": {nil, fault{store: func(t *cases.Tensors, b, h, r, d int, x float64) { t.Out.Set(b, h, r, d, 1.25*x) }}, ""},
		"noise": {nil, fault{store: func(t *cases.Tensors, b, h, r, d int, x float64) {
			t.Out.Set(b, h, r, d, x+0.3*float64((b*31+h*17+r*13+d*7)%11-5))
		}}, ""},
	} {
		d := diagnosed(t, shape(test.edit), test.f)
		family := d.Family()
		if test.want == "" {
			require.Nil(t, family, "%s: %v", name, d)
			continue
		}
		require.NotNil(t, family, "%s: %v", name, d)
		require.Contains(t, family.Summary, test.want, name)
		require.Equal(t, diagnose.Shown.String(), d.What[0].Sure, name)
		require.Equal(t, diagnose.Likely.String(), family.Sure, name)
	}
}

// Of a case with hardly a wrong element no family is told that the explanation itself is not sure of.
func TestNoFamilyOnLittleEvidence(t *testing.T) {
	for _, sure := range []string{"possible", "likely"} {
		d := diagnose.Diagnosis{What: []diagnose.Explanation{{Kind: "future", Sure: sure, Bits: 5, Agree: 1, Wrong: 1}}}
		if family := d.Family(); sure == "possible" {
			require.Nil(t, family)
		} else {
			require.Equal(t, "possible", family.Sure)
			d.What = append(d.What, diagnose.Explanation{Kind: "scale", Sure: "likely", Bits: 4})
			require.Nil(t, d.Family(), "a scale fits as well")
		}
	}
}
