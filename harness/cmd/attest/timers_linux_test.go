//go:build linux && cgo

package main

import (
	"testing"
	"time"

	"attest.example/attest/harness/internal/posix"
)

func TestTimersMayBeLate(t *testing.T) {
	if late, err := posix.TimersLate(); err != nil || late < time.Millisecond {
		t.Errorf("timers of this program may be %v late: %v; want a millisecond", late, err)
	}
}
