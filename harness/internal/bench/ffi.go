package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/perf/benchmath"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
)

// FFI is what the way from Go to the library costs: the same prepared calls, made from Go and from a loop in C by
// turns, in one run.
type FFI struct {
	Rows []FFIRow `json:"rows"`
}

// FFIRow is one shape.
type FFIRow struct {
	Case cases.Case `json:"case"`
	// Skipped is why the path refuses the case; then the rest is empty.
	Skipped string `json:"skipped,omitempty"`

	Batch int   `json:"batch"` // calls of one measurement
	Go    Stats `json:"go"`    // of a call
	C     Stats `json:"c"`
	// Ratio is the time from C by the time from Go in the same turn: 1 is a way that costs nothing. It is the median
	// with its interval.
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// ffiCases are the shapes: the smallest call there is, where only the way counts, and one of the table.
func ffiCases(n int) ([]cases.Case, error) {
	list := []cases.Case{
		{QLen: 1, KVLen: 1, HeadDim: 1}, {QLen: n, KVLen: n, HeadDim: 64},
	}
	for i := range list {
		c := &list[i]
		c.Version, c.Batch, c.Heads, c.KVHeads, c.Input = cases.Version, 1, 1, 1, precision.FP32
		if err := c.Normalize(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ffiTurns is how often each side is measured.
const ffiTurns = 15

// turn is how long one measurement of one side takes, where a single call does not take longer.
const turn = 5 * time.Millisecond

func (t *timer) ffi(ctx context.Context, n int) (*FFI, error) {
	list, err := ffiCases(n)
	if err != nil {
		return nil, err
	}
	out := &FFI{}
	for _, c := range list {
		row, err := t.ffiRow(ctx, c)
		if errors.Is(err, paths.ErrUnsupported) {
			row, err = FFIRow{Case: c, Skipped: err.Error()}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("ffi: %w", err)
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func (t *timer) ffiRow(ctx context.Context, c cases.Case) (FFIRow, error) {
	row := FFIRow{Case: c}
	if why := t.target.Supports(c); why != nil {
		return row, paths.Unsupported("%w", why)
	}
	calls, closeAll, err := t.prepare(ctx, Row{Case: c}, []int{1})
	if err != nil {
		return row, err
	}
	defer closeAll()
	repeater, ok := calls[0].call.(Repeater)
	if !ok {
		return row, fmt.Errorf("path %s has no C side", t.target.Name())
	}
	if _, err := t.warmUp(ctx, calls, t.effort.WarmUp); err != nil {
		return row, err
	}
	one, err := t.one(ctx, calls[0])
	if err != nil {
		return row, err
	}
	row.Batch = int(min(max(turn.Seconds()/max(one.wall, 1e-9), 1), 100_000))
	sides := []func() error{
		func() error {
			for range row.Batch {
				if _, err := calls[0].call.Run(); err != nil {
					return err
				}
			}
			return nil
		},
		func() error { return repeater.Repeat(row.Batch) },
	}
	var seconds [2][]float64
	var ratios []float64
	for i := range ffiTurns {
		for j := range sides {
			side := (i + j) % 2 // each goes first as often
			if err := ctx.Err(); err != nil {
				return row, err
			}
			begin := t.now()
			if err := sides[side](); err != nil {
				return row, err
			}
			seconds[side] = append(seconds[side], t.now().Sub(begin).Seconds()/float64(row.Batch))
		}
		ratios = append(ratios, seconds[1][i]/seconds[0][i])
	}
	row.Go, row.C = StatsOf(seconds[0]), StatsOf(seconds[1])
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(slices.Clone(ratios), &benchmath.DefaultThresholds), confidence)
	row.Ratio, row.Low, row.High = s.Center, s.Lo, s.Hi
	return row, nil
}
