// Package reference computes scaled dot-product attention in float64, and how
// far a correct implementation of lower precision may be from it.
//
// Attend returns, for one Problem, the output and the logsumexp, and beside
// every element two lines computed for that very case from its inputs and from
// what the implementation under test declares about its Arithmetic:
//
//   - the bound, which no implementation with that arithmetic may pass;
//   - the sharp line, a statistical one: the rounding errors of different keys
//     are independent, so their squares add up and not their sizes. An element
//     past it and within the bound is suspicious, not yet wrong.
//
// What NaN, infinities, rows without a key, overflow and underflow demand of an
// implementation is written down in one place, special.go, and kept as one
// Demand an element. Result.JudgeOutput and Result.JudgeLSE hold an
// implementation's numbers against all of that.
//
// The work is done by gonum's matrix products over blocks of rows, so memory
// grows with kv_len and not with q_len*kv_len. Loops is a second
// implementation, by another route and without gonum, that checks the first.
//
// The package takes inputs as float64 that already have the values the
// implementation reads: it never rounds them, knows no storage layout but its
// own, runs no implementation, and decides nothing about a whole case.
package reference
