package mutate

import (
	"slices"
	"strings"

	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/verdict"
)

// Mutant is one planted bug.
type Mutant struct {
	Name       string
	Family     string
	Bugs       []int  // numbers of the list of real bugs; empty: one that a reviewer would think of
	Trigger    string // when it strikes, in words
	When       string // the same as an expression of package predicate; empty: no condition over a case's fields says it
	Beside     string // what decides that is no field of a case; empty: nothing does, as far as is known
	Expect     []verdict.Kind
	Preset     gen.Preset
	Check      bool   // runs with the host device's checkers
	Plain      bool   // the library is called by the ABI's own functions, without descriptors
	Equivalent string // why no input can tell it from the original; empty: it must be killed
	Patches    []Patch
}

// Patch replaces a text that occurs exactly once in a file of the source tree.
type Patch struct {
	File          string // from the top of the source tree, with slashes
	Find, Replace string
}

// Target is what a mutant changes.
type Target string

// The targets.
const (
	Kernel  Target = "kernel"  // the Metal text
	Library Target = "library" // the C library
	GoPath  Target = "path"    // a path written in Go
)

// Target is where the mutant's bug lies.
func (m *Mutant) Target() Target {
	for _, p := range m.Patches {
		switch {
		case strings.HasSuffix(p.File, ".go"):
			return GoPath
		case !strings.HasSuffix(p.File, ".metal"):
			return Library
		}
	}
	return Kernel
}

// Files lists the files that the mutant changes.
func (m *Mutant) Files() []string {
	var files []string
	for _, p := range m.Patches {
		if !slices.Contains(files, p.File) {
			files = append(files, p.File)
		}
	}
	return files
}

// The most cases of mutants whose cases take long: those of presets long and sizes, and those
// that run with the checkers.
const (
	LongCases  = 50
	CheckCases = 100
	SizesCases = 25
)

// Cases is how many cases the mutant gets where n is asked for.
func (m *Mutant) Cases(n int) int {
	switch {
	case m.Preset == gen.Long:
		return min(n, LongCases)
	case m.Preset == gen.Sizes:
		return min(n, SizesCases)
	case m.Check:
		return min(n, CheckCases)
	}
	return n
}

// Families names the kinds of bug.
func Families() []string {
	return []string{
		"binding", "batch-and-heads", "grouped-heads", "causal", "window", "mask", "empty-rows", "block-edge", "head-dim",
		"softmax", "precision", "overflow", "logsumexp", "strides", "special-values", "synchronisation", "uninitialised",
		"state", "bounds", "dispatch", "quantised",
	}
}
