package trigger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/predicate"
)

// TestAtomsSayWhatTheyMean holds every atom's function against its text, as the language of conditions reads it.
func TestAtomsSayWhatTheyMean(t *testing.T) {
	stream, err := gen.NewStream(gen.Default, 5, gen.Filter{})
	require.NoError(t, err)
	compiled := make([]predicate.Predicate, len(atoms()))
	for i, a := range atoms() {
		compiled[i], err = predicate.Compile(a.text)
		require.NoError(t, err)
	}
	held, failed := map[int]bool{}, map[int]bool{}
	for n := range 80 {
		c, err := stream.Case(n)
		require.NoError(t, err)
		x, facts := vector(&c), predicate.FactsOf(c)
		for i, a := range atoms() {
			want, err := compiled[i].Holds(facts)
			require.NoError(t, err, a.text)
			if got := a.holds(x.at(a.feature)); got != want {
				t.Fatalf("%s of %s, feature %v: %v; want %v", a.text, c.Mask.Kind, x.at(a.feature), got, want)
			}
			held[i], failed[i] = held[i] || want, failed[i] || !want
		}
	}
	both := 0
	for i := range atoms() {
		if held[i] && failed[i] {
			both++
		}
	}
	require.Greater(t, both, len(atoms())/2, "of %d", len(atoms()))
}
