package proctree

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// Pids lists a process and its descendants, the process first. One whose parent has ended belongs to nobody and is
// not found.
func Pids(pid int) []int {
	list := []int{pid}
	for i := 0; i < len(list); i++ {
		tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", list[i]))
		if err != nil {
			continue
		}
		for _, task := range tasks {
			children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", list[i], task.Name()))
			if err != nil {
				continue
			}
			for _, field := range bytes.Fields(children) {
				if child, err := strconv.Atoi(string(field)); err == nil {
					list = append(list, child)
				}
			}
		}
	}
	return list
}

// PrivateBytes is the memory that a process and its descendants hold for themselves, what they share left out.
func PrivateBytes(pid int) (int64, error) {
	var sum int64
	for i, p := range Pids(pid) {
		bytes, err := privateBytes(p)
		if err != nil {
			if i == 0 {
				return 0, err
			}
			continue // ended since
		}
		sum += bytes
	}
	return sum, nil
}

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
