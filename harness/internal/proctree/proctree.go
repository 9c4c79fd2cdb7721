// Package proctree looks at a process together with what it has started: how much memory they hold, and how to end them
// all. It starts nothing.
package proctree

import (
	"syscall"

	"attest.example/attest/harness/internal/posix"
)

// Kill ends a process and all its descendants, as far as this system lets them be found.
func Kill(pid int) {
	// Stopped first, so that none of them starts another while the others end.
	all := Pids(pid)
	for _, p := range all {
		posix.Stop(p)
	}
	all = append(all, Pids(pid)...)
	for _, p := range all {
		posix.Kill(p, syscall.SIGKILL)
	}
}
