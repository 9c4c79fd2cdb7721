package atomicfile

import (
	"os"
	"path/filepath"
)

// renamed does without renameio, which leaves out Windows: there a rename over a file that another process has open may
// fail, and then the old file stays.
type renamed struct {
	*os.File
	path string
}

func create(path string) (pending, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	return renamed{f, path}, err
}

func (r renamed) replace() error {
	if err := r.Sync(); err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	return os.Rename(r.Name(), r.path)
}

func (r renamed) discard() {
	r.Close()
	os.Remove(r.Name())
}
