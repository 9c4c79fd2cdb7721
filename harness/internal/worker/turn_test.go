package worker_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
)

// turner takes turns, and tells of each call whose turn it was.
type turner struct {
	naive.Path
	told string
}

func init() { further["takes turns"] = func() paths.Path { return new(turner) } }

func (p *turner) Turn(sequence int, work float64) { p.told = turnOf(sequence, work) }

func turnOf(sequence int, work float64) string {
	return fmt.Sprintf("sequence %d and work %g", sequence, work)
}

func (p *turner) LeavesEngine() bool { return true }

func (p *turner) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	timing, err := p.Path.Attend(ctx, c, t)
	timing.Engine = p.told
	return timing, err
}

// A case's turn is that of its sequence and its own work, in all its calls, in whatever process they are, those of the relations
// too, whose tensors may be of another size.
func TestTurnsReachTheProcess(t *testing.T) {
	results := run(t, engine.Config{NewPath: opener("takes turns"), Source: small(t, 5), Cases: 40, Workers: 2})
	require.Len(t, results, 40)
	for index, r := range results {
		if !r.Called {
			continue
		}
		want := turnOf(index/engine.SequenceLength+1, r.Case.Work())
		require.Equal(t, want, r.Timing.Engine, "case %d", index)
	}
}
