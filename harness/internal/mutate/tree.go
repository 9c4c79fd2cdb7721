package mutate

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Tree is the project's source tree, from which mutants are made.
type Tree struct{ Root string }

// FindTree looks for the source tree from dir upwards.
func FindTree(dir string) (Tree, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return Tree{}, err
	}
	for at := start; ; at = filepath.Dir(at) {
		if isTree(at) {
			return Tree{at}, nil
		}
		if at == filepath.Dir(at) {
			return Tree{}, fmt.Errorf("no source tree of attest at %s or above: mutants are made from the sources", start)
		}
	}
}

// isTree tells by what a mutant changes, not by the module's name, which whoever publishes the module chooses.
func isTree(dir string) bool {
	for _, name := range []string{"go.mod", kernelFile, "metal/mfa/plan.c"} {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return false
		}
	}
	return true
}

func (t Tree) path(name string) string { return filepath.Join(t.Root, filepath.FromSlash(name)) }

// Mutate returns the texts of the files that a mutant changes, with its patches in them.
func (t Tree) Mutate(m *Mutant) (map[string]string, error) {
	texts := map[string]string{}
	for i, p := range m.Patches {
		text, ok := texts[p.File]
		if !ok {
			data, err := os.ReadFile(t.path(p.File))
			if err != nil {
				return nil, fmt.Errorf("mutant %s: %w", m.Name, err)
			}
			text = string(data)
		}
		if n := strings.Count(text, p.Find); n != 1 {
			return nil, fmt.Errorf("mutant %s: patch %d: its text occurs %d times in %s; want exactly once:\n%s", m.Name, i+1, n, p.File, p.Find)
		}
		texts[p.File] = strings.Replace(text, p.Find, p.Replace, 1)
	}
	return texts, nil
}
