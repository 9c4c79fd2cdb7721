// Package queue lets many machines work on one run, by way of NATS JetStream.
//
// A campaign is a plan: what to draw, how many cases, and on which paths. For each path the plan makes one run. Its cases
// are cut into items of a few seconds, which wait in a work queue. A worker takes one, runs it, stores what it came to
// under the item's own name, and acknowledges it then and not before; while it computes it sends heartbeats. An item whose
// worker died goes to another. Since a name can be taken only once, an item that two workers ran counts once.
//
// Between batches of items stand steps: a step reads all results so far, asks the path for verdicts of more cases until it
// knows what explains the failures, and decides what is drawn next, or that all is done. Any worker may take it; what it
// decides is stored once, under the step's name. There is no coordinator: whoever finds the queue of a run empty puts the
// next step into it.
//
// Messages hold data only. A plan asks for a path by name, and each worker's own configuration decides what stands behind
// the name; all that is read is checked as a file would be. The package never opens a path by a text that it was sent.
package queue
