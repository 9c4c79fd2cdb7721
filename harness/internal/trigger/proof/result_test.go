package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// TestALawsTriggerIsNoneOfTheCases: a law puts NaN where no row sees it, and breaks for cases that are right by themselves.
func TestALawsTriggerIsNoneOfTheCases(t *testing.T) {
	worn := func(kinds ...verdict.Kind) (list []record.Worn) {
		for _, k := range kinds {
			list = append(list, record.Worn{Verdict: k, Count: 1})
		}
		return list
	}
	itself := record.Finding{Trigger: "lse", Verdicts: worn(verdict.Relation, verdict.Special)}
	law := record.Finding{Trigger: "batch >= 2", Verdicts: worn(verdict.Relation)}
	require.Equal(t, []string{"lse"}, (&result{Found: seenOf([]record.Finding{itself, law})}).triggers())
	require.Equal(t, []string{"batch >= 2"}, (&result{Found: seenOf([]record.Finding{law})}).triggers(), "only laws show it")
}

// TestWhatIsBesideTheFields: part of what such a bug strikes may have a condition, which must be right; all of it has none.
func TestWhatIsBesideTheFields(t *testing.T) {
	none, some := seen{Probes: 1}, seen{Trigger: "lse", Probes: 1}
	for _, x := range []struct {
		r    result
		want bool
	}{
		{result{Beside: "chance", Found: []seen{none}}, true},
		{result{Beside: "chance", Found: []seen{none, some}, Precision: 0.95, Recall: 0.4}, true},
		{result{Beside: "chance", Found: []seen{none, some}, Precision: 0.7, Recall: 1}, false},
		{result{Beside: "chance", Found: []seen{some}, Precision: 0.95, Recall: 0.4}, false},
		{result{Found: []seen{none, some}, Precision: 0.95, Recall: 0.4}, false},
		{result{Found: []seen{none}}, false},
	} {
		require.Equal(t, x.want, x.r.agrees(), "%+v", x.r)
	}
}
