// Package relation holds laws between two runs of a path: what attention itself says must stay the same, or change in
// a known way, when the problem changes. A law needs no reference to be true, so it also checks the reference.
//
// Some laws hold bit for bit: a key that a row may not see cannot change a bit of that row, whatever the arithmetic.
// They are held only against paths that promise them. The others are bounded: both runs round, so they may differ, each
// by its own bound. Where the derived problem has the base's bounds, those do for both runs; else the law asks the
// reference for the bounds of the derived one. How rounding errors add up is written in package reference alone.
//
// Elements that cannot be judged (ill-conditioned rows, outputs near the end of their format's range) are left out of
// bounded laws; bit-for-bit laws need no such exception. Any NaN equals any other.
//
// The package never decides whether a run is right by itself, and never runs a path but through Subject.Run.
package relation
