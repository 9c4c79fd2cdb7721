package metalpath

import (
	"context"
	"errors"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/metal"
)

const dispatchesPhase = paths.ProbePhase + "dispatches"

// dispatchesAsked is how often a call is told to run in order to see how often it does.
const dispatchesAsked = 5

// dispatches is how often a kernel really ran.
type dispatches struct {
	ran int
	err error
}

func (d dispatches) words() string {
	switch {
	case d.err != nil:
		return "unknown: " + d.err.Error()
	case d.ran == dispatchesAsked:
		return fmt.Sprintf("%d of %d ran", d.ran, dispatchesAsked)
	}
	return fmt.Sprintf("%d of %d ran: a rate by the dispatches that were asked for is too high", d.ran, dispatchesAsked)
}

// probeDispatches counts without a clock. The output of the call is its own query, and the values move every row's one
// to the next column, so that each run of the kernel leaves the rows one column further on.
func probeDispatches(ctx context.Context, p *Path, base baseCase) dispatches {
	if paths.Skip(ctx, dispatchesPhase) {
		return dispatches{err: errEnded}
	}
	c := cases.Case{Version: cases.Version, Batch: 1, Heads: 1, QLen: base.rows, KVLen: base.rows, HeadDim: base.dim, Input: base.format}
	if !c.Input.Valid() {
		c.Input = precision.FP32
	}
	const sharp = 40 // one key has all the weight that fp32 can tell
	c = c.WithScale(sharp)
	if err := c.Normalize(); err != nil {
		return dispatches{err: err}
	}
	t, err := cases.MaterializeIn(c, roomy)
	if err != nil {
		return dispatches{err: err}
	}
	n := min(base.rows, base.dim)
	for row := range base.rows {
		for column := range base.dim {
			one := func(at int) float64 {
				if column == at%n {
					return 1
				}
				return 0
			}
			t.Q.Set(0, 0, row, column, one(row))
			t.K.Set(0, 0, row, column, one(row))
			t.V.Set(0, 0, row, column, one(row+1))
		}
	}
	if _, err := p.attend(ctx, c, t, func(o *metal.AttentionOptions) { o.Out, o.Dispatches = o.Q, dispatchesAsked }); err != nil {
		return dispatches{err: err}
	}
	for ran := range n {
		if rowsMoved(&t.Q, ran, n) {
			return dispatches{ran: ran}
		}
	}
	return dispatches{err: errors.New("a call whose output is its query gave something else than moved rows")}
}

func rowsMoved(t *cases.Tensor, by, n int) bool {
	for row := range t.Shape[2] {
		if x := t.At(0, 0, row, (row+by)%n); !(x > 0.9 && x < 1.1) {
			return false
		}
	}
	return true
}
