//go:build cgo && unix

package main

import (
	"runtime"

	"attest.example/attest/metal/processor"
)

// peak measures how many GFLOP/s one thread of this processor makes of multiplications and additions in registers, and the
// bits of its vectors.
func peak() (gflops float64, bits int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const turns = 4 << 20
	processor.Turn(1 << 16)
	for range batches {
		start := threadSeconds()
		processor.Turn(turns)
		gflops = max(gflops, processor.Operations()*turns/(threadSeconds()-start)/1e9)
	}
	return gflops, processor.Bits()
}

// burn keeps the vector units of one thread busy.
func burn() { processor.Turn(1 << 19) }
