//go:build unix

package plainfile

import "syscall"

// noWait has the opening of a pipe not wait for whoever writes into it.
const noWait = syscall.O_NONBLOCK
