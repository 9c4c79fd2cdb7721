package swiftpkg

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/metal/atomicfile"
)

// An overlayFile is what the compiler reads in place of a source of the package's; LLVM's virtual file system has the form.
type overlayFile struct {
	Type     string `json:"type"`
	Name     string `json:"name"`
	Contents string `json:"external-contents"`
}

// writeMacOverlay writes the sources in which a branch for macOS is taken into dir, with the list that has the compiler
// read them at their own paths, and returns the list's path and the sources' paths; "" where there are none.
func writeMacOverlay(folders []string, dir string) (list string, changed []string, err error) {
	var files []overlayFile
	for _, folder := range folders {
		err := eachSource(folder, func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			mended, n := takeMacBranches(string(text))
			if n == 0 {
				return nil
			}
			copied := filepath.Join(dir, fmt.Sprintf("%d.swift", len(files)))
			files = append(files, overlayFile{"file", path, copied})
			changed = append(changed, path)
			return writeIfOther(copied, []byte(mended))
		})
		if err != nil {
			return "", nil, err
		}
	}
	if len(files) == 0 {
		return "", nil, nil
	}
	text, err := json.MarshalIndent(map[string]any{"version": 0, "use-external-names": false, "roots": files}, "", "  ")
	if err != nil {
		return "", nil, err
	}
	list = filepath.Join(dir, "overlay.yaml") // JSON is YAML
	return list, changed, writeIfOther(list, text)
}

// eachSource walks the Swift sources of a package, but not what was built there.
func eachSource(folder string, do func(path string) error) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != folder && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case entry.Type().IsRegular() && strings.HasSuffix(path, ".swift") && entry.Name() != "Package.swift":
			return do(path)
		}
		return nil
	})
}

// writeIfOther leaves a file alone that has this text: the build tool goes by times.
func writeIfOther(path string, text []byte) error {
	if there, err := os.ReadFile(path); err == nil && string(there) == string(text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, text)
}
