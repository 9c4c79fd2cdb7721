//go:build cgo

package processor

import (
	"testing"
	"time"
)

// Not how fast this machine is, but that the unit is right: turns take time, in proportion, and no thread does less than 1e8
// operations a second or more than 1e12.
func TestTurnsTakeTheirTime(t *testing.T) {
	if Bits() != 128 && Bits() != 256 && Bits() != 512 {
		t.Fatalf("vectors of %d bits", Bits())
	}
	seconds := func(turns uint64) float64 {
		least := time.Hour
		for range 20 {
			start := time.Now()
			Turn(turns)
			least = min(least, time.Since(start))
		}
		return least.Seconds()
	}
	short, long := seconds(20_000), seconds(200_000)
	if long < 3*short {
		t.Errorf("20,000 turns take %g s and 200,000 %g s", short, long)
	}
	if rate := Operations() * 200_000 / long; rate < 1e8 || rate > 1e12 {
		t.Errorf("%g operations a second", rate)
	}
}
