package swiftpkg

import (
	"os"
	"path/filepath"
)

// What is remembered of a package, by a file of this name in its scratch folder.
const (
	rememberedBranches = "for-macos"
	rememberedFeatures = "features"
)

func (p *project) recalls(name string) bool {
	_, err := os.Stat(filepath.Join(p.scratch, name))
	return err == nil
}

func (p *project) remember(name string) error {
	return os.WriteFile(filepath.Join(p.scratch, name), nil, 0o644)
}

func (p *project) forget() {
	os.Remove(filepath.Join(p.scratch, rememberedBranches))
	os.Remove(filepath.Join(p.scratch, rememberedFeatures))
}
