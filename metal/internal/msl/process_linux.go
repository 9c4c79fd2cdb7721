package msl

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// childAttributes put the compiler in a process group of its own, and have it die with this process.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limitChild bounds what the compiler takes of the machine, also where nobody is left to end it. It may come a moment
// late for what the child starts at once; the deadline ends that too.
func limitChild(pid int, deadline time.Duration) {
	seconds := uint64(deadline/time.Second) + 1
	for resource, limit := range map[int]uint64{
		unix.RLIMIT_CPU: seconds, unix.RLIMIT_FSIZE: maxFileBytes, unix.RLIMIT_AS: maxMemoryBytes, unix.RLIMIT_CORE: 0,
	} {
		var old unix.Rlimit
		if unix.Prlimit(pid, resource, nil, &old) == nil {
			limit := min(limit, old.Max)
			_ = unix.Prlimit(pid, resource, &unix.Rlimit{Cur: limit, Max: limit}, nil) // the deadline holds without it
		}
	}
}

// dieWithParent has this process end when the one that started it does: it is somebody's compiler, and nobody waits for
// it then.
func dieWithParent() {
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
}
