// Package referee runs small Metal kernels by execution masks, to hold the engine of package host to the rule of
// metal/internal/host/DIVERGENCE.md: it walks over the kernel's own text, and each statement and expression is carried
// out for a mask of the 32 lanes of one simdgroup. It also writes random kernels that diverge, and makes smaller those on
// which the two disagree.
//
// The language is what those kernels need: unsigned integers and floats, calls, every kind of branch and loop, operations
// of a simdgroup, two buffers. There is one simdgroup, no barrier and no threadgroup memory. It is slow, shares nothing
// with the compiler or the engine, and is for tests.
package referee
