//go:build linux

package queue

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk that is full ends the server with a word; what was stored is there when there is room again.
func TestAFullDiskEndsTheServer(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=4m"); err != nil {
		t.Skip("wants a small disk of its own: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(disk, unix.MNT_DETACH) })
	s, b := served(t, ServerOptions{Dir: filepath.Join(disk, "queue")})
	if err := s.Healthy(); err != nil {
		t.Fatal(err)
	}
	o := small(48)
	submitted(t, b, "disk", o, PlannedRun{Path: "mine"})
	worked(t, b, map[string]string{"mine": "naive"}, "one")
	filler := filepath.Join(disk, "filler")
	_ = os.WriteFile(filler, make([]byte, 4<<20), 0o600) // as much as there is room for
	if err := s.Healthy(); !errors.Is(err, ErrStoreGone) {
		t.Errorf("on a full disk: %v", err)
	}
	s.Close()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	_, second := served(t, ServerOptions{Dir: filepath.Join(disk, "queue")})
	dir, _ := merged(t, second, "disk")
	same(t, dir, alone(t, o, "naive"))
}
