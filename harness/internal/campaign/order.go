package campaign

import (
	"cmp"
	"slices"
	"time"
)

// ReduceTime is the longest that a run spends on reducing one failure; attest reduce goes on from there.
const ReduceTime = time.Minute

func sortedByIndex(failures []failure) []failure {
	return slices.SortedFunc(slices.Values(failures), func(a, b failure) int { return cmp.Compare(a.index, b.index) })
}
