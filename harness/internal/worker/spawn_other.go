//go:build !linux

package worker

import (
	"os"
	"os/exec"
	"syscall"

	"attest.example/attest/harness/internal/posix"
)

func self() (string, error) { return os.Executable() }

// attributes put a child into a process group of its own. It notices its parent's death by the end of its pipe.
func attributes() *syscall.SysProcAttr { return posix.Group(true) }

// reap waits for a child and ends what it started.
func reap(c *exec.Cmd) {
	c.Wait()
	posix.Kill(-c.Process.Pid, syscall.SIGKILL)
}
