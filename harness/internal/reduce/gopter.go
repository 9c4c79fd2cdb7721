package reduce

import (
	"github.com/leanovate/gopter"

	"attest.example/attest/harness/internal/cases"
)

// Shrinker returns simpler neighbours of a cases.Case, the boldest first. gopter starts over from each that fails, so
// it ends where no neighbour fails. Reduce goes further with fewer runs; this is for properties.
func Shrinker(value any) gopter.Shrink {
	c, ok := value.(cases.Case)
	if !ok || c.Normalize() != nil {
		return gopter.NoShrink
	}
	var candidates []cases.Case
	for candidate := range Candidates(c) {
		candidates = append(candidates, candidate)
	}
	return func() (any, bool) {
		if len(candidates) == 0 {
			return nil, false
		}
		next := candidates[0]
		candidates = candidates[1:]
		return next, true
	}
}
