//go:build !cgo

package processor

// Bits are those of the processor's vectors; 0: there is no C here.
func Bits() int { return 0 }

// Turn does nothing without C.
func Turn(uint64) {}
