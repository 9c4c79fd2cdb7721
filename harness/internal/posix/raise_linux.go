package posix

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Raise sends a signal to the calling thread, so that the process dies in this call and nowhere else.
func Raise(s syscall.Signal) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return unix.Tgkill(os.Getpid(), unix.Gettid(), s)
}
