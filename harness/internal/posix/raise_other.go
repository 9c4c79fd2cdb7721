//go:build !linux

package posix

import (
	"os"
	"syscall"
)

// Raise sends a signal to this process; which of its threads takes it is not known here.
func Raise(s syscall.Signal) error { return Kill(os.Getpid(), s) }
