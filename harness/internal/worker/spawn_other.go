//go:build !linux

package worker

import (
	"os"
	"os/exec"
	"syscall"
)

func self() (string, error) { return os.Executable() }

// attributes put a child into a process group of its own. It notices its parent's death by the end of its pipe.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// reap waits for a child and ends what it started.
func reap(c *exec.Cmd) {
	c.Wait()
	syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
}
