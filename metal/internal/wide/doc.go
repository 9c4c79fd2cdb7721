// Package wide makes of one lane's code of a kernel, as LLVM IR, code for a whole simdgroup of 32 lanes: values that differ
// between lanes become vectors, branches that part lanes become masks. What is the same for all lanes stays scalar.
//
// It reads the text of LLVM 19, and of that what clang makes of kernels. It is strict: what it does not know, or what would
// break the rule of which lanes take part in an operation (metal/internal/host/DIVERGENCE.md), makes a kernel stay on
// fibers, with the reason. How the parts follow one another:
//
//	read.go      the text of the kernels, every instruction; the rest stays text (spell.go writes them again)
//	flow.go      how blocks hang together; loops.go: which of the text's loops each is, by the marks of msl_wide.h
//	diverge.go   which values differ between lanes; region.go: which code lanes go through in parts
//	affine.go    which values rise by the same from lane to lane
//	emit.go      the blocks in a row under masks; instruction.go, memory.go, call.go: one instruction each
//	vectors/     what operations do with whole vectors
//
// A mask has a bit for each lane that runs a block. A branch adds its lanes to its targets' masks; the blocks of a region
// stand in one row, each behind all that lead to it, loops in one piece, and are tried in this order; a loop goes round
// while lanes wait at its head. So an operation is carried out by all lanes that ever come to it in this turn, which is the
// rule. For a loop around operations the turn is the text's: what lanes do on their way out belongs to the turn in which
// they leave.
//
// The package never runs a kernel and never starts a process: package msl does.
package wide
