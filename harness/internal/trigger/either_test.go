package trigger

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestThisOrThat: a bug that strikes in two ways with most of their conditions in common is told as one condition with an
// "or" in it. What was found first matched one of the two ways.
func TestThisOrThat(t *testing.T) {
	for _, condition := range []string{
		`q_len != kv_len && (lse || heads >= 4)`,
		`mask.kind == "additive" && (batch >= 2 || head_dim >= 65)`,
		`causal && (output == "bf16" || group >= 2)`,
	} {
		p := plant(t, condition)
		l, failures := p.lab(300)
		found, _, err := l.Find(t.Context(), p.reduced(failures[0]))
		require.NoError(t, err)
		var both, matched, struck float64
		for i, s := 0, stream(t, 31337); i < 1500; i++ {
			c, err := s.Case(i)
			require.NoError(t, err)
			if MayHide(&c) {
				continue
			}
			match, strikes := truth(found.Matches(&c)), truth(p.truth(c))
			both, matched, struck = both+match*strikes, matched+match, struck+strikes
		}
		t.Logf("%s | %s, %d probes, %.2f %.2f of %.0f", condition, found.Trigger, found.Probes, both/matched, both/struck, struck)
		require.LessOrEqual(t, found.Probes, DefaultProbes)
		require.GreaterOrEqual(t, both, 0.95*matched, "precision of %s", found.Trigger)
		require.GreaterOrEqual(t, both, 0.95*struck, "recall of %s", found.Trigger)
	}
}

// TestAnotherBugIsNoOther: where another bug strikes, and not by the rest of the condition, the two are not told as one.
func TestAnotherBugIsNoOther(t *testing.T) {
	for _, other := range []string{"lse", `output == "bf16"`} {
		p := plant(t, "q_len != kv_len && heads >= 4", other)
		l, failures := p.lab(300)
		one := plant(t, "q_len != kv_len && heads >= 4")
		for _, c := range failures {
			if !plant(t, other).truth(c) && one.truth(c) {
				found, _, err := l.Find(t.Context(), p.reduced(c))
				require.NoError(t, err)
				t.Log(other, "|", found.Trigger)
				require.NotContains(t, found.Trigger.String(), "||")
				break
			}
		}
	}
}
