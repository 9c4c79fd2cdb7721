// Package posix is what the harness asks of a Unix system beside package os: shared memory with guard pages, process
// groups, pipes that block. Elsewhere every call ends with [ErrMissing], so that the rest of the program builds there
// and reports what is missing. It decides nothing.
package posix

import "errors"

// ErrMissing is for systems that are no Unix.
var ErrMissing = errors.New("this needs a Unix system, as Linux and macOS are; Windows has one in WSL")
