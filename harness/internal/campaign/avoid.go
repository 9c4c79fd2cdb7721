package campaign

import (
	"errors"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

// errNothingLeft is of a run that may draw nothing any more.
var errNothingLeft = errors.New("every case that is drawn is excluded, by a trigger or by the ledger")

// avoiding is a stream without the cases that somebody has explained already. A case is the first draw of its number that
// is not one of them, so that it depends on nothing but the stream and what is avoided.
type avoiding struct {
	stream *gen.Stream
	avoid  func(*cases.Case) bool // nil: nothing
}

// avoidTries is how many draws of a number are looked at.
const avoidTries = 300

func (a avoiding) Case(index int) (cases.Case, error) { return a.Draw(index, 0) }

// Draw returns the n-th of a number's draws that are not avoided.
func (a avoiding) Draw(index, n int) (cases.Case, error) {
	if a.avoid == nil {
		return a.stream.Draw(index, n)
	}
	for draw := range avoidTries {
		c, err := a.stream.Draw(index, draw)
		if err != nil {
			return cases.Case{}, err
		}
		if a.avoid(&c) {
			continue
		}
		if n == 0 {
			return c, nil
		}
		n--
	}
	return cases.Case{}, fmt.Errorf("%d draws: %w", avoidTries, errNothingLeft)
}
