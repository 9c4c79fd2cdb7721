package paths

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
)

// Options reads what stands behind the ? of a path's name, NAME=VALUE with & between. Only those that several names may stand there
// more than once.
func Options(text string, several ...string) (url.Values, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, fmt.Errorf("options %q: %w", text, err)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if n := len(values[key]); n > 1 && !slices.Contains(several, key) {
			return nil, fmt.Errorf("option %s: given %d times, want once", key, n)
		}
	}
	return values, nil
}
