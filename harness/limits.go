package harness

import (
	"context"
	"testing"
	"time"
)

// limits are when a test must stop to be over before go test ends the whole program, and everything it found is lost.
type limits struct {
	// cases is when the last case must have ended, report when a failure must have been made smaller and told. Zero: the
	// test has no deadline.
	cases, report time.Time
}

// The time left for a failure found at the last moment: a fifth of what there is, within reason.
const (
	reserveShare = 5
	mostReserve  = 40 * time.Second
)

func limitsOf(t testing.TB) limits {
	deadlined, ok := t.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return limits{}
	}
	deadline, ok := deadlined.Deadline()
	if !ok {
		return limits{}
	}
	reserve := min(time.Until(deadline)/reserveShare, mostReserve)
	return limits{cases: deadline.Add(-reserve), report: deadline.Add(-reserve / 4)}
}

// within ends ctx at a time; the zero time is no end.
func within(ctx context.Context, end time.Time) (context.Context, context.CancelFunc) {
	if end.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end)
}
