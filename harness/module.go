package harness

import (
	"os"
	"path"
	"path/filepath"
	"strings"
)

// startDir is where the test began: go test starts it in its package's folder.
var startDir, _ = os.Getwd()

// packagePath names the package under test so that go test finds it from anywhere in its module: the module's path and
// the folder's place in it. It is "." where no go.mod is found.
func packagePath() string {
	for dir := startDir; dir != ""; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			below, err := filepath.Rel(dir, startDir)
			if module := modulePath(string(text)); err == nil && module != "" {
				return path.Join(module, filepath.ToSlash(below))
			}
			return "."
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return "."
}

// modulePath finds the module's path in the text of a go.mod.
func modulePath(text string) string {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "module" {
			return strings.Trim(fields[1], "\"`")
		}
	}
	return ""
}
