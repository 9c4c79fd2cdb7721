package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Place is where a line of results.jsonl stands.
type Place struct {
	Index  int // the case's number
	Offset int64
	Length int
}

// Lines is the results of a run directory, found by the numbers of their cases without holding them.
type Lines struct {
	file   *os.File
	Places []Place // in the order of the file; a number comes once
	Damage []error
}

// OpenLines reads through the results of a run directory once.
func OpenLines(dir string) (*Lines, error) {
	name := filepath.Join(dir, ResultsFile)
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the run: %w", err)
	}
	l := &Lines{file: f}
	seen := map[int]bool{}
	for at, err := range scan(f, name) {
		var damaged *LineError
		switch {
		case errors.As(err, &damaged):
			l.Damage = append(l.Damage, err)
		case err != nil:
			f.Close()
			return nil, err
		case seen[at.result.Index]:
			l.Damage = append(l.Damage, fmt.Errorf("%s: case index %d is recorded twice", name, at.result.Index))
		default:
			seen[at.result.Index] = true
			l.Places = append(l.Places, Place{at.result.Index, at.offset, at.length})
		}
	}
	return l, nil
}

// Read returns the result that stands at a place.
func (l *Lines) Read(p Place) (Result, error) {
	line := make([]byte, p.Length)
	if _, err := l.file.ReadAt(line, p.Offset); err != nil && !errors.Is(err, io.EOF) {
		return Result{}, fmt.Errorf("%s: %w", l.file.Name(), err)
	}
	r, err := decodeLine(line)
	if err != nil {
		return Result{}, fmt.Errorf("%s, at byte %d: %w", l.file.Name(), p.Offset, err)
	}
	return r, nil
}

// Close closes the file.
func (l *Lines) Close() error { return l.file.Close() }
