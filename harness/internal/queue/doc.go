// Package queue lets many machines work on one run, by way of NATS JetStream.
//
// A campaign is a plan: what to draw, how many cases, and on which paths. For each path the plan makes one run. Its cases
// are cut into items of a few seconds, which wait in a work queue. A worker takes one, runs it, stores what it came to
// under the item's own name, and acknowledges it then and not before; while it computes it sends heartbeats. An item whose
// worker died is given to another. Since the name can be taken once only, twice is once.
//
// Between batches of items stand steps: a step looks at all that came back, asks the path what explains the failures, and
// decides what is drawn next, or that all is done. Any worker takes it; what it decides is stored under the step's name,
// once. Nobody is in charge: whoever finds the queue of a run empty puts the next step into it.
//
// What is on the wire is data. A path is a name that means what a worker's own configuration says, and all that is read
// is checked as a file would be. The package never opens a path by a text that it was sent.
package queue
