package corpus

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
)

// The bug families that a forward case of this format can express, by their numbers in the collection of real
// attention bugs that the notes cite.
var expressible = [][2]int{
	{1, 9}, {11, 14}, {18, 19}, {23, 23}, {25, 34}, {36, 37}, {39, 39}, {41, 41}, {43, 61}, {63, 68}, {72, 75}, {78, 78},
}

var bugNumber = regexp.MustCompile(`\bbug (\d+): `)

func TestCommittedCorpusIsCanonicalUniqueAndExplained(t *testing.T) {
	items, errs := Load(committed)
	require.Empty(t, errs)
	require.GreaterOrEqual(t, len(items), 60)
	named := map[string]string{}
	guarded := map[int]bool{}
	for _, item := range items {
		text, err := os.ReadFile(item.Path)
		require.NoError(t, err)
		require.Equal(t, string(cases.Encode(item.Case)), string(text), "%s is not in canonical form", item.Path)
		require.NoError(t, CheckSlug(item.Slug))
		require.Empty(t, named[item.ID], "%s is the same case", item.Path)
		named[item.ID] = item.Path

		require.Regexp(t, `^bug \d+: .{20,}`, item.Case.Notes, item.Path)
		for _, found := range bugNumber.FindAllStringSubmatch(item.Case.Notes, -1) {
			n, err := strconv.Atoi(found[1])
			require.NoError(t, err)
			guarded[n] = true
		}
	}
	for _, r := range expressible {
		for n := r[0]; n <= r[1]; n++ {
			require.True(t, guarded[n], "no case guards bug %d", n)
		}
	}
}

// A corpus is replayed often, so its cases are small: 0.2 GFLOP, a tenth of a second at 2 GFLOP/s, but for a few.
func TestCommittedCorpusIsCheap(t *testing.T) {
	items, errs := Load(committed)
	require.Empty(t, errs)
	long := 0
	for _, item := range items {
		work := record.NominalFLOP(item.Case)
		for _, before := range item.Case.After {
			work += record.NominalFLOP(before)
		}
		require.Less(t, work, 1e9, item.Path)
		if work > 0.2e9 {
			long++
		}
	}
	require.LessOrEqual(t, long, 3)
}
