//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreFileSizeSignal makes a file that may not grow any more an error of the write, with that reason, and not the end
// of the run.
func ignoreFileSizeSignal() { signal.Ignore(syscall.SIGXFSZ) }
