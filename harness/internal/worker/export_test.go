package worker

import "time"

// Frugal makes regions small for a test and returns what undoes that.
func Frugal() (restore func()) {
	slot, generous := smallestSlot, generousRegion
	smallestSlot, generousRegion = 1<<16, 1<<20
	return func() { smallestSlot, generousRegion = slot, generous }
}

// SharedBytes is the memory of the slots that trials use.
func (p *Path) SharedBytes() int { return p.regions[0].slots.memory }

// Impatient bounds the opening of a path for a test and returns what undoes that.
func Impatient(limit time.Duration) (restore func()) {
	before := startTime
	startTime = limit
	return func() { startTime = before }
}
