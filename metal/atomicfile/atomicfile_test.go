package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "kept")
	if err := WriteBytes(file, []byte("old")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is full")
	err := Write(file, func(w io.Writer) error {
		_, _ = w.Write([]byte(strings.Repeat("new", 10000)))
		return broken
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), file) {
		t.Errorf("%v", err)
	}
	if text, _ := os.ReadFile(file); string(text) != "old" {
		t.Errorf("%.20q: a write that failed was seen", text)
	}
	if err := WriteBytes(file, []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if text, _ := os.ReadFile(file); string(text) != "new" || err != nil || info.Mode().Perm()&0o444 != 0o444 {
		t.Errorf("%q, %v, %v", text, info.Mode(), err)
	}
	if err := WriteBytes(filepath.Join(dir, "nowhere", "file"), nil); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("%v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files are left; want 1", len(entries))
	}
}
