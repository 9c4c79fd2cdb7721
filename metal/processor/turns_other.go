//go:build !cgo

package processor

// Bits are those of the processor's vectors; 0: there is no C here.
func Bits() int { return 0 }

// Operations is what a turn counts: of each element of each sum a multiplication and an addition. 0: there is no C here.
func Operations() float64 { return 0 }

// Turn does nothing without C.
func Turn(uint64) {}
