// Package host runs Metal kernels on the processor: a device whose threads are fibers, with a GPU's semantics for
// simdgroups, barriers and threadgroup memory, and its limits.
//
// The runtime itself is the C in this folder (host.h); this package builds it into a Go program, hands it the MSL
// compiler of package msl, and makes a [device.Device] of its six calls.
//
// Which lanes take part in an operation of a simdgroup in divergent code follows a rule of the text, DIVERGENCE.md: lanes
// meet where they are in the same calls and the same turns of the same loops, in every schedule, checked or not.
//
// With Options.Engine Wide a simdgroup is one fiber, and its 32 lanes are vectors, for every kernel that the compiler can
// make so; results, schedules, fills, limits and reports are the same. Checkers and lockstep keep to fibers. With Auto a
// kernel is that only where it pays, and nothing waits for the compiler of vectors (earned.go).
//
// It never interprets what a kernel computes, knows nothing of attention, and never touches the caller's memory
// outside of a run.
package host
