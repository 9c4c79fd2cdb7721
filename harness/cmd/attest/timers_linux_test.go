//go:build linux && cgo

package main

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTimersMayBeLate(t *testing.T) {
	slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil || time.Duration(slack) < time.Millisecond {
		t.Errorf("timers of this program may be %v late: %v; want a millisecond", time.Duration(slack), err)
	}
}
