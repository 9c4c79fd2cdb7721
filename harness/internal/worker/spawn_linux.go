package worker

import (
	"errors"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// self is this very program, even where its file has been replaced since it started.
func self() (string, error) { return "/proc/self/exe", nil }

// attributes put a child into a process group of its own, out of reach of the terminal's interrupts, and let it die
// with its parent.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// slack is by how much timers of a child, and of what it starts, may be late. Go's runtime watches over threads in calls of C
// from one that wakes every 20 microseconds, and where all processors are busy each of these times is somebody else's loss: of a
// run, a tenth of its processor time.
const slack = time.Millisecond

// unhurried lets timers of this thread, and of all processes that it starts, be late by slack.
func unhurried() { unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(slack.Nanoseconds()), 0, 0, 0) }

// reap waits for a child. What the child started ends with it: its group is killed while its number is still its own.
func reap(c *exec.Cmd) {
	for {
		err := unix.Waitid(unix.P_PID, c.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	unix.Kill(-c.Process.Pid, unix.SIGKILL)
	c.Wait()
}
