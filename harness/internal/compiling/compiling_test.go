package compiling

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestTheClockStands while something is compiled: a deadline that has passed waits for the end of it, and then for what is left.
func TestTheClockStands(t *testing.T) {
	var clock Stopwatch
	end := clock.Begin()
	ctx, cancel := WithTimeout(context.Background(), time.Millisecond, &clock)
	defer cancel()
	time.Sleep(3 * again) // long past the deadline, and looked at since
	if err := ctx.Err(); err != nil {
		t.Fatal("while it compiles:", err)
	}
	end()
	end() // twice is once
	<-ctx.Done()
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Error(ctx.Err())
	}
	if now, spent := clock.Compiling(); now || spent < 3*again {
		t.Error(now, spent)
	}
}

// TestACompilerThatNeverEnds: a driver that does not come back is a call that hangs. Two compilations in a row are two, each of
// which may take its time.
func TestACompilerThatNeverEnds(t *testing.T) {
	var clock Stopwatch
	end := clock.Begin()
	ctx, cancel := withTimeout(context.Background(), time.Millisecond, 6*again, &clock)
	defer cancel()
	time.Sleep(4 * again)
	end()
	defer clock.Begin()()
	time.Sleep(4 * again)
	if err := ctx.Err(); err != nil {
		t.Error("in the second of two:", err)
	}
	<-ctx.Done()
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Error(ctx.Err())
	}
}

// TestWhatWasCompiledBeforeIsNoExcuse: only what is compiled during a call lengthens it.
func TestWhatWasCompiledBeforeIsNoExcuse(t *testing.T) {
	clock := &Stopwatch{spent: time.Hour}
	ctx, cancel := WithTimeout(context.Background(), time.Millisecond, clock)
	defer cancel()
	<-ctx.Done()
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Error(ctx.Err())
	}
}

// TestOthersEndItToo: whoever cancels, and a deadline of the context above, at once and under their own name.
func TestOthersEndItToo(t *testing.T) {
	var clock Stopwatch
	defer clock.Begin()()
	above, stop := context.WithCancel(context.Background())
	ctx, cancel := WithTimeout(above, time.Hour, &clock)
	defer cancel()
	below, cancelBelow := context.WithCancel(ctx)
	defer cancelBelow()
	if at, ok := ctx.Deadline(); !ok || time.Until(at) > time.Hour {
		t.Error(at, ok)
	}
	stop()
	<-below.Done()
	if !errors.Is(ctx.Err(), context.Canceled) || !errors.Is(below.Err(), context.Canceled) {
		t.Error(ctx.Err(), below.Err())
	}
	above, stop = context.WithTimeout(context.Background(), time.Millisecond)
	defer stop()
	ctx, cancel = WithTimeout(above, time.Hour, &clock)
	defer cancel()
	<-ctx.Done()
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Error(ctx.Err())
	}
}

// TestListenersHearEveryChange, once for several at a time.
func TestListenersHearEveryChange(t *testing.T) {
	var clock Stopwatch
	var heard []bool
	clock.Tell(func(now bool, _ time.Duration) { heard = append(heard, now) })
	first, second := clock.Begin(), clock.Begin()
	first()
	second()
	clock.Begin()()
	if len(heard) != 4 || !heard[0] || heard[1] || !heard[2] || heard[3] {
		t.Error(heard)
	}
}
