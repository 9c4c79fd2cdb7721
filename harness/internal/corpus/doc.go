// Package corpus reads and writes case files, one scenario each, and converts cases to and from the arguments and
// the corpus files of Go's native fuzzing. A damaged file costs itself and nothing else. The package never runs a
// case.
package corpus
