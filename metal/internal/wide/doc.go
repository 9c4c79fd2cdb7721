// Package wide turns the code of one lane of a kernel, in LLVM IR, into code for a whole simdgroup of 32 lanes: values that
// differ between lanes become vectors, branches that part lanes become masks. What is the same for all lanes stays scalar.
//
// It reads the part of LLVM 19's text that clang writes for kernels. It is strict: a kernel with anything it does not know, or
// that would break the rule of which lanes take part in an operation (metal/internal/host/DIVERGENCE.md), stays on fibers, and
// the reason is told. How the parts follow one another:
//
//	kept.go      before LLVM optimises: calls that a text wants to keep; keep_loops.go: loops that are to stay as they are
//	read.go      reads every instruction of the kernels; the rest stays text (spell.go writes instructions again)
//	flow.go      the graph of blocks; loops.go: which loop of the Metal text each loop is, by the marks of msl_wide.h
//	diverge.go   which values differ between lanes; region.go: the code that parted lanes run under masks
//	affine.go    which values are straight; flat.go: of which lane 0's and a step are all that is computed
//	emit.go      writes the blocks in a row under masks; instruction.go, memory.go, call.go: one instruction each
//	slot.go      where a value is between two pieces of the code
//	row.go       loads and stores of what lies side by side; join.go: stores that together leave no gap; gather.go: of what
//	             does not lie so, or may not; join_loads.go: a vector's parts that are fetched in one word
//	division.go  whole numbers divided; overflow.go: sums, differences and products that tell whether they fit
//	vectors/     what operations do with whole vectors, in C
//
// Words of this package: lanes part at a branch that they take to different sides, and a region is the code from there to where
// they meet again. A turn is one pass through a loop. A mark is a call that the compiler of package msl puts where the text
// enters a loop, begins a turn or leaves. A value is straight where it is first + lane * step in all lanes, and flat where the
// step is a number or is at hand, computed once for all lanes, so that lane 0's value is all else that has to be computed. A
// private variable lies side by side where the 32 lanes' copies of each element are neighbours.
//
// A mask has a bit for each lane that runs a block, and is a number between blocks. A branch adds its lanes to its targets'
// masks; the blocks of a region stand in one row, each behind all that lead to it, loops in one piece, and are tried in this
// order; a loop is repeated while lanes wait at its head. A region that has a loop's head has all of the loop: lanes that go
// round before they come to where its branches meet are in another turn than those that have come. Where no branch in between
// parts lanes, all that are in a block have come to it one way, and it needs no mask to tell what that way brought. So an
// operation is carried out by all lanes that ever come to it in this turn, which is the rule. For a loop around operations the
// turn is that of the text: what lanes do on their way out belongs to the turn in which they leave.
//
// A kernel that asks for its threads' positions is written twice: for threadgroups of which each simdgroup is a piece of one
// row, as nearly all are, where lanes differ in x alone, and for others.
//
// The package never runs a kernel and never starts a process: package msl does.
package wide
