package corpus

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/rundir"
	"attest.example/attest/metal/plainfile"
)

// Extension ends the name of a case file.
const Extension = ".json"

// Item is a case and the file it came from.
type Item struct {
	Path string     // as it can be opened
	Slug string     // the file's name without its folder and extension
	ID   string     // cases.Name of Case
	Case cases.Case // normalized, with its notes
	// Failure is what the file keeps of a failure; nil: it was not kept for one.
	Failure *cases.Evidence
	// Run is the run directory that the file was read from; empty: it was named otherwise.
	Run string
}

// FileError names a file that could not be read as a case, and holds why.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Load reads case files: each path is a file, or a folder whose .json files are read in the order of their names,
// without its subfolders. Of a run directory it reads the failures. What cannot be read is reported, one *FileError
// a file, and the rest is returned.
func Load(paths ...string) ([]Item, []error) {
	var items []Item
	var errs []error
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			errs = append(errs, &FileError{p, err})
			continue
		}
		if !info.IsDir() {
			item, err := loadFile(p)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			items = append(items, item)
			continue
		}
		run := ""
		if _, err := os.Stat(filepath.Join(p, rundir.ResultsFile)); err == nil {
			run = p
			p = filepath.Join(p, rundir.FailuresDir)
		}
		more, failed := LoadFS(os.DirFS(p), ".")
		for i := range more {
			more[i].Path, more[i].Run = filepath.Join(p, filepath.FromSlash(more[i].Path)), run
		}
		for _, err := range failed {
			if f, ok := err.(*FileError); ok {
				f.Path = filepath.Join(p, filepath.FromSlash(f.Path))
			}
		}
		items, errs = append(items, more...), append(errs, failed...)
	}
	return items, errs
}

// loadFile reads a file that was named by itself, whatever its extension.
func loadFile(p string) (Item, error) {
	item, err := loadFrom(os.DirFS(filepath.Dir(p)), filepath.Base(p))
	if err != nil {
		return Item{}, &FileError{p, err}
	}
	item.Path = p
	return item, nil
}

// LoadFS reads the case files of a folder of a file system, as Load does.
func LoadFS(fsys fs.FS, dir string) ([]Item, []error) {
	entries, err := fs.ReadDir(fsys, dir) // sorted by name
	if err != nil {
		return nil, []error{&FileError{dir, err}}
	}
	var items []Item
	var errs []error
	for _, e := range entries {
		if e.IsDir() || path.Ext(e.Name()) != Extension || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		name := path.Join(dir, e.Name())
		item, err := loadFrom(fsys, name)
		if err != nil {
			errs = append(errs, &FileError{name, err})
			continue
		}
		items = append(items, item)
	}
	return items, errs
}

func loadFrom(fsys fs.FS, name string) (Item, error) {
	text, err := plainfile.ReadFS(fsys, name, cases.MaxFileBytes)
	if err != nil {
		return Item{}, cause(err)
	}
	c, failure, err := cases.DecodeFile(text)
	if err != nil {
		return Item{}, err
	}
	return Item{Path: name, Slug: strings.TrimSuffix(path.Base(name), Extension), ID: cases.Name(c), Case: c, Failure: failure}, nil
}

// cause drops the path, which a FileError has.
func cause(err error) error {
	switch e := err.(type) {
	case *fs.PathError:
		return e.Err
	case *plainfile.Refused:
		return errors.New(e.Why)
	}
	return err
}
