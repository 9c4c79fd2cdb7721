// Package worker runs any path in a child process, so that a crash, a hang or a poisoned device costs one case and
// never the run. The child is the same program started again, its tensors lie in memory that both processes map, and
// it answers over a pipe. Whatever ends it becomes an error with a verdict; the next call starts another.
//
// A program that opens workers calls Main first thing in main, and in TestMain:
//
//	func main() {
//		worker.Main(catalog.Open) // does not return in a child
//		...
//	}
//
// The package never judges an output. It does find accesses outside the tensors, because it lays out their memory:
// between any two lie pages that the child cannot touch, and the bytes between a tensor and its page's end hold a
// pattern. Where a tensor ends at a page's end an overrun is caught at once, where it starts at one an underrun; which
// of the two holds follows from the case's name.
package worker
