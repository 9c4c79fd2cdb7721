package mutate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryMutantApplies: every file parses, and every patch finds its text exactly once in today's sources.
func TestEveryMutantApplies(t *testing.T) {
	all, err := All()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(all), 80)
	tree, err := FindTree(".")
	require.NoError(t, err)
	for _, m := range all {
		if _, err := tree.Mutate(&m); err != nil {
			t.Error(err)
		}
	}
}
