package mslpath

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"attest.example/attest/metal/plainfile"
)

// mostErrors is how many of a document's mistakes are told at once.
const mostErrors = 10

// loader collects what is wrong with a document.
type loader struct {
	file      string
	positions positions
	errs      []error
}

func (l *loader) wrong(path string, format string, args ...any) {
	at := l.file
	for p := path; p != ""; p = parent(p) { // a key that is missing is told where its table begins
		if position, ok := l.positions[p]; ok {
			at = fmt.Sprintf("%s:%d:%d", l.file, position.Line, position.Column)
			break
		}
	}
	l.errs = append(l.errs, fmt.Errorf("%s: %s: %s", at, path, fmt.Sprintf(format, args...)))
}

func parent(path string) string {
	if at := strings.LastIndexAny(path, ".["); at >= 0 {
		return path[:at]
	}
	return ""
}

// maxManifestBytes bounds a manifest; a long one has some thousand bytes.
const maxManifestBytes = 1 << 20

// load reads a manifest and the texts it names. An error names the file, the line and the field.
// root is where the texts lie; "": beside the manifest.
func load(file, root string) (*manifest, error) {
	data, err := plainfile.Read(file, maxManifestBytes)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if root == "" {
		root = filepath.Dir(file)
	} else if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("root=%s: no such folder; want the one that text.sources are relative to", root)
	}
	m := &manifest{file: file, root: root}
	decoder := toml.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m.document); err != nil {
		return nil, explain(file, err)
	}
	l := &loader{file: file, positions: findPositions(data)}
	m.compile(l)
	if len(l.errs) == 0 {
		m.holdAgainstText(l)
	}
	if len(l.errs) > mostErrors {
		l.errs = append(l.errs[:mostErrors], fmt.Errorf("and %d more", len(l.errs)-mostErrors))
	}
	if len(l.errs) > 0 {
		return nil, errors.Join(l.errs...)
	}
	return m, nil
}

// explain puts the decoder's error into one line.
func explain(file string, err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		e := unknown.Errors[0]
		line, column := e.Position()
		return fmt.Errorf("%s:%d:%d: %s: unknown field", file, line, column, strings.Join(e.Key(), "."))
	}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		line, column := wrong.Position()
		return fmt.Errorf("%s:%d:%d: %s%s", file, line, column, prefix(wrong.Key()), strings.TrimPrefix(wrong.Error(), "toml: "))
	}
	return fmt.Errorf("%s: %w", file, err)
}

func prefix(key toml.Key) string {
	if len(key) == 0 {
		return ""
	}
	return strings.Join(key, ".") + ": "
}
