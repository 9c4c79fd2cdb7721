package plainfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "text")
	if err := os.WriteFile(file, []byte("twelve bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	of := func(fsys fs.FS) func(string, int64) ([]byte, error) {
		return func(name string, most int64) ([]byte, error) { return ReadFS(fsys, name, most) }
	}
	for name, read := range map[string]func(string, int64) ([]byte, error){
		"Read":             func(name string, most int64) ([]byte, error) { return Read(filepath.Join(dir, name), most) },
		"ReadFS of disk":   of(os.DirFS(dir)),
		"ReadFS of memory": of(fstest.MapFS{"text": {Data: []byte("twelve bytes")}}),
	} {
		for _, most := range []int64{12, MaxText, NoLimit} {
			if text, err := read("text", most); err != nil || string(text) != "twelve bytes" {
				t.Errorf("%s: %q, %v", name, text, err)
			}
		}
		if _, err := read("none", 12); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "open ") {
			t.Errorf("%s: %v; want %v", name, err, fs.ErrNotExist)
		}
		for file, want := range map[string]string{"text": "12 bytes; want at most 11", ".": "not a regular file; want one"} {
			var refused *Refused
			if _, err := read(file, 11); !errors.As(err, &refused) || refused.Why != want || !strings.HasSuffix(err.Error(), ": "+want) {
				t.Errorf("%s of %s: %v; want %s", name, file, err, want)
			}
		}
	}
}
