package worker

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// self is this very program, even where its file has been replaced since it started.
func self() (string, error) { return "/proc/self/exe", nil }

// attributes put a child into a process group of its own, out of reach of the terminal's interrupts, and let it die
// with its parent.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

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
