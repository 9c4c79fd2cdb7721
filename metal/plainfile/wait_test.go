//go:build linux

package plainfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestWhatNeverEnds: a pipe that nobody writes into, a device, and a file that does not tell its size.
func TestWhatNeverEnds(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	var refused *Refused
	for _, file := range []string{pipe, "/dev/zero"} {
		if _, err := Read(file, MaxText); !errors.As(err, &refused) || refused.Why != "not a regular file; want one" {
			t.Errorf("%s: %v", file, err)
		}
	}
	if _, err := ReadFS(os.DirFS(dir), "pipe", MaxText); !errors.As(err, &refused) {
		t.Errorf("a pipe of a file system: %v", err)
	}
	if _, err := Read("/proc/self/status", 3); !errors.As(err, &refused) || refused.Why != "more than 3 bytes; want at most that" {
		t.Errorf("a file of unknown size: %v", err)
	}
	if text, err := Read("/proc/self/status", MaxText); err != nil || len(text) == 0 {
		t.Errorf("a file of unknown size: %q, %v", text, err)
	}
}
