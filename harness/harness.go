// Package harness tests attention implementations from go test. An implementation joins by the one interface Path;
// Conform then generates cases, judges every output element against a bound computed for that very case, checks
// relations between runs, and on a failure shows the smallest case that still fails:
//
//	func TestMyKernel(t *testing.T) {
//		harness.Conform(t, myPath{}, harness.Cases(500))
//	}
//
// An implementation declares what it cannot do: Supports returns why, and Attend may return Unsupported where only the call
// finds out. Such cases are drawn again until as many as were asked for have been judged, and told by their reasons; none
// of them is a failure, and a test in which little was judged fails.
//
// This package is the door for tests. What is behind it: cases (what a case is), paths (implementations), oracle and
// relation (what is right), trial (one case), engine (many), gen, reduce, corpus and record. It never compares with a
// fixed tolerance.
package harness

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// The types of the interface that an implementation needs.
type (
	// Path is an implementation of attention under test.
	Path = paths.Path
	// Case is one attention problem.
	Case = cases.Case
	// Tensors is a case in memory.
	Tensors = cases.Tensors
	// Tensor is one operand in memory.
	Tensor = cases.Tensor
	// Timing is what a path knows of its own speed.
	Timing = paths.Timing
	// Arithmetic is what a path declares about how it computes.
	Arithmetic = reference.Arithmetic
	// Promises is what a path guarantees beyond being right; a path without a method of that name promises all.
	Promises = paths.Promises
	// Knower is a path that knows fields of a case which came after the first version, such as softcap, or later values of
	// older ones, such as "kv_len=0": without a method Knows that names it, a path is not asked for a case that sets one.
	Knower = paths.Knower
)

// ArithmeticOf returns the usual arithmetic of a case: fp32 accumulators (or the case's intermediate format), an
// exponential good to 4 ulp, blocks of 16 keys or more.
func ArithmeticOf(c Case) Arithmetic { return paths.ArithmeticOf(c) }
