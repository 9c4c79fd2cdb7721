package plainfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "text")
	if err := os.WriteFile(file, []byte("twelve bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := Read(file, 12); err != nil || string(text) != "twelve bytes" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := Read(filepath.Join(dir, "none"), 12); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v; want %v", err, fs.ErrNotExist)
	}
	for name, want := range map[string]string{file: "12 bytes; want at most 11", dir: "not a regular file"} {
		if _, err := Read(name, 11); err == nil || !strings.HasPrefix(err.Error(), name+": "+want) {
			t.Errorf("%s: %v; want %s", name, err, want)
		}
	}
}
