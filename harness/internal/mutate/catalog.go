package mutate

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"attest.example/attest/metal/plainfile"
)

//go:embed mutants/*.txt
var files embed.FS

// All reads every mutant, in the order of their names.
func All() ([]Mutant, error) { return load(files) }

// Read reads a mutant from a file of the user's own, in the form of those in mutants/.
func Read(file string) (Mutant, error) {
	text, err := plainfile.Read(file, plainfile.MaxText)
	if err != nil {
		return Mutant{}, fmt.Errorf("mutant: %w", err)
	}
	return Parse(strings.TrimSuffix(filepath.Base(file), ".txt"), string(text))
}

func load(from fs.FS) ([]Mutant, error) {
	names, err := fs.Glob(from, "mutants/*.txt")
	if err != nil {
		return nil, err
	}
	var all []Mutant
	var damaged []error
	for _, file := range names {
		text, err := fs.ReadFile(from, file)
		if err != nil {
			return nil, fmt.Errorf("mutants: %w", err)
		}
		m, err := Parse(strings.TrimSuffix(path.Base(file), ".txt"), string(text))
		if err != nil {
			damaged = append(damaged, err)
			continue
		}
		all = append(all, m)
	}
	return all, errors.Join(damaged...)
}
