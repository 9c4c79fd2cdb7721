package swiftpkg

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// products are the shared libraries and the executables of the build, with attest beside them, where the stand-in in them
// looks for the kernel compiler.
func (p *project) products() ([]string, error) {
	folder, err := filepath.EvalSymlinks(filepath.Join(p.scratch, p.configuration()))
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 || isWork(e.Name()) {
			continue
		}
		found = append(found, filepath.Join(folder, e.Name()))
	}
	link := filepath.Join(folder, "attest")
	if at, err := os.Readlink(link); err != nil || at != p.Program {
		if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err := os.Symlink(p.Program, link); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func isWork(name string) bool {
	return strings.HasSuffix(name, ".o") || strings.HasSuffix(name, ".a") || strings.HasSuffix(name, ".xctest") ||
		strings.HasSuffix(name, "-tool")
}
