package relation

import (
	"math/rand/v2"
	"testing"

	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/precision"
)

// TestNaiveKeepsEveryLaw: an implementation that rounds, in every format of input, output and accumulators.
func TestNaiveKeepsEveryLaw(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 2))
	problems := 400
	if testing.Short() {
		problems = 40
	}
	for range problems {
		c := randomCase(r)
		if r.IntN(3) == 0 {
			c.Intermediate = oneOf(r, precision.Formats()...)
			if err := c.Normalize(); err != nil {
				t.Fatal(err)
			}
		}
		s, err := subject(naive.New(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range Applicable(c, s.Promises) {
			if err := l.Check(t.Context(), s); err != nil {
				t.Errorf("%v\n%s", err, describe(c, s.Arithmetic))
			}
		}
	}
}
