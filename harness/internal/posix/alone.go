package posix

import (
	"os/exec"
	"syscall"
)

// Alone has a command, and all that it starts, ended by its context and by nothing else: with that signal, in a process group of
// its own. A terminal sends its interruption to a whole group at once, and a compiler that it ends says nothing of why. Where a
// system has no such groups, the context ends the command's process.
func Alone(c *exec.Cmd, by syscall.Signal) {
	c.SysProcAttr = Group(true)
	c.Cancel = func() error {
		if Kill(-c.Process.Pid, by) == nil {
			return nil
		}
		return c.Process.Kill()
	}
}
