// Package reduce finds the smallest case that still fails in the same way.
//
// It works on all parameters of a case together, until none of its moves makes the case smaller: sizes alone and in
// pairs, the cases that run before, the mask, layouts, values, precisions. "Smaller" is the total order Less, so a
// reduction always ends and never gives back more than it was given. What counts as failing is the caller's: the
// package knows no path and no oracle, starts no process, writes no file, and never asks twice about the same case.
package reduce
