// Package mutate shows that the harness finds bugs: it plants one in a copy of the real texts (the Metal kernel, the C
// library, a path written in Go), builds the copy and runs it through the ordinary harness, with the same generators,
// seeds and relations as any implementation. A mutant that nothing reports is a hole in the harness.
//
// A mutant is one text file in mutants/. To add one, write the file; nothing else names it:
//
//	name: causal-diagonal-hidden
//	family: causal
//	bugs: 3, 44
//	trigger: a causal mask
//	expect: numeric, special
//	file: metal/mfa/plan.c
//
//	--- find
//	if (d->causal && *end_key > diagonal + 1) *end_key = diagonal + 1;
//	--- replace
//	if (d->causal && *end_key > diagonal) *end_key = diagonal;
//
// The keys of the header:
//
//	name        the file's name without .txt
//	family      one of Families
//	bugs        optional: its numbers in the project's list of real bugs
//	trigger     in words, what a case needs to show it
//	when        optional: the same as a condition of package predicate, which make triggers holds found triggers against
//	beside      optional, and instead of when: what decides, beside the fields of a case, whether the bug strikes, as
//	            whether a kernel was compiled before. A search for the condition is right to find none.
//	expect      the kinds of verdict that a correct harness may come to, from package verdict
//	file        the text that the patches change, from the top of the source tree
//	preset      optional: the generator's mix of cases, where default cannot reach the trigger; long has 50 cases,
//	            sizes 25
//	mode        optional: "check" runs the kernel with the checkers of the host device, as attest run --check does;
//	            "plain" calls the library by the ABI's own functions, without descriptors
//	equivalent  instead of expect: the proof that no input tells the mutant from the original. Such a mutant must
//	            survive; one that is killed refutes its proof.
//
// Any other key is an error. Then come one or more pairs of find and replace. The text to find must occur exactly once
// in the file; "--- file PATH" before a pair changes the file. A text that has moved on is therefore an error and never
// a mutant without its bug.
//
// Nothing of a mutant is in the product: the sources know no mutants, and the copies live in a temporary directory.
package mutate
