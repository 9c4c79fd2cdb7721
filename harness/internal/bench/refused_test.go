package bench

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// refusing declares support for every row, and refuses some when it is called with them.
type refusing struct {
	*fake
	prepare, run func(cases.Case, int) bool // the latter is also told the number of the call
	runs         map[int]int
}

func (r *refusing) Prepare(ctx context.Context, c cases.Case, t *cases.Tensors, n int, limit time.Duration) (Call, error) {
	if r.prepare(c, 0) {
		return nil, paths.Unsupported("prepare: no head_dim %d", c.HeadDim)
	}
	call, err := r.fake.Prepare(ctx, c, t, n, limit)
	return &refusingCall{call.(*fakeCall), r, c}, err
}

type refusingCall struct {
	*fakeCall
	of *refusing
	c  cases.Case
}

func (c *refusingCall) Run() ([]float64, error) {
	c.of.runs[c.c.HeadDim]++
	if c.of.run(c.c, c.of.runs[c.c.HeadDim]) {
		return nil, paths.Unsupported("run: no head_dim %d", c.c.HeadDim)
	}
	return c.fakeCall.Run()
}

func TestARowThatThePathRefusesIsSkipped(t *testing.T) {
	never := func(cases.Case, int) bool { return false }
	for _, test := range []struct {
		name         string
		prepare, run func(cases.Case, int) bool
		reason       string
	}{
		{"when prepared", func(c cases.Case, _ int) bool { return c.HeadDim == 256 }, never, "prepare: no head_dim 256"},
		{"in its first call", never, func(c cases.Case, _ int) bool { return c.HeadDim == 256 }, "run: no head_dim 256"},
		{"while it is measured", never, func(c cases.Case, n int) bool { return c.HeadDim == 256 && n > 4 }, "run: no head_dim 256"},
	} {
		t.Run(test.name, func(t *testing.T) {
			target := &refusing{&fake{each: gigaflop}, test.prepare, test.run, map[int]int{}}
			done, err := target.timer(Effort{Rounds: 3}).withTarget(target).table(context.Background(), table(t))
			require.NoError(t, err)
			require.Len(t, done, len(table(t)))
			skipped := 0
			for _, m := range done {
				if m.Case.HeadDim != 256 {
					continue
				}
				skipped++
				require.Equal(t, test.reason, m.Skipped)
				require.Empty(t, m.samples)
				require.Zero(t, m.Cold)
			}
			require.Positive(t, skipped)
			require.Positive(t, (&Report{Rows: done}).Timed())
		})
	}
}

func TestARefusedRowOfTheWayToCIsSkipped(t *testing.T) {
	target := &refusing{&fake{each: gigaflop}, func(c cases.Case, _ int) bool { return c.HeadDim == 1 },
		func(cases.Case, int) bool { return false }, map[int]int{}}
	ffi, err := target.timer(Effort{Rounds: 3}).withTarget(target).ffi(context.Background(), 32)
	require.NoError(t, err)
	require.Equal(t, "prepare: no head_dim 1", ffi.Rows[0].Skipped)
	require.Empty(t, ffi.Rows[1].Skipped)
	var text bytes.Buffer
	require.NoError(t, (&Report{FFI: ffi}).WriteText(&text))
	require.Contains(t, text.String(), "q=1 kv=1 D=1: skipped: prepare: no head_dim 1")
}

func (t *timer) withTarget(target Target) *timer {
	t.target = target
	return t
}
