package worker

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// privateBytes is the memory that belongs to a process alone: the tensors that it shares are not its own.
func privateBytes(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, after, found := bytes.Cut(status, []byte("\nRssAnon:"))
	if !found {
		return 0, fmt.Errorf("/proc/%d/status has no RssAnon", pid)
	}
	fields := bytes.Fields(after)
	kilobytes, err := strconv.ParseInt(string(fields[0]), 10, 64)
	return kilobytes << 10, err
}
