//go:build !linux

package proctree

import (
	"bytes"
	"os/exec"
	"strconv"
)

// Pids is the process alone: systems without /proc do not list children cheaply.
func Pids(pid int) []int { return []int{pid} }

// PrivateBytes is the resident memory of the process alone, what it shares included.
func PrivateBytes(pid int) (int64, error) {
	out, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return 0, err
	}
	kilobytes, err := strconv.ParseInt(string(bytes.TrimSpace(out)), 10, 64)
	return kilobytes << 10, err
}
