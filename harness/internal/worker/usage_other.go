//go:build !linux

package worker

import (
	"bytes"
	"os/exec"
	"strconv"
)

// privateBytes is the resident memory of a process; systems without /proc do not tell shared memory from its own.
func privateBytes(pid int) (int64, error) {
	out, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return 0, err
	}
	kilobytes, err := strconv.ParseInt(string(bytes.TrimSpace(out)), 10, 64)
	return kilobytes << 10, err
}
