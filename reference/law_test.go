package reference

import (
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"
)

// law is what holds of every problem of a kind.
type law[T any] struct {
	name  string
	holds func(T) error
}

// satisfied holds laws against so many drawn problems each, which one seed decides. What fails is shrunk.
func satisfied[T any](t *testing.T, seed int64, count int, problems gopter.Gen, laws []law[T]) {
	t.Helper()
	parameters := gopter.DefaultTestParametersWithSeed(seed)
	if testing.Short() {
		count = max(count/8, 4)
	}
	parameters.MinSuccessfulTests = count
	properties := gopter.NewProperties(parameters)
	for _, l := range laws {
		// A string is a failure that gopter shrinks; an error it would not.
		properties.Property(l.name, prop.ForAll(func(problem T) string {
			if err := l.holds(problem); err != nil {
				return err.Error()
			}
			return ""
		}, problems))
	}
	properties.TestingRun(t)
}
