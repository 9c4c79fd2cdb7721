// Package host runs Metal kernels on the processor: a device whose threads are fibers, with a GPU's semantics for
// simdgroups, barriers and threadgroup memory, and its limits.
//
// The runtime itself is the C in this folder (host.h); this package builds it into a Go program, hands it the MSL
// compiler of package msl, and offers two ways in: [Device.API], the six calls as C sees them, for the mfa library;
// and [Device.Compile], [Device.Buffer] and [Pipeline.Run] for Go programs that run a kernel of their own.
//
// Which lanes take part in an operation of a simdgroup in divergent code follows a rule of the text, DIVERGENCE.md: lanes
// meet where they are in the same calls and the same turns of the same loops, in every schedule, checked or not.
//
// It never interprets what a kernel computes, knows nothing of attention, and never touches the caller's memory
// outside of a run.
package host

/*
#cgo CFLAGS: -std=gnu11 -O2 -I${SRCDIR}/../device -I${SRCDIR}/../msl/include
#cgo linux LDFLAGS: -ldl -lpthread -lm
*/
import "C"
