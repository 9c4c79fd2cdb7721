package mutate

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func tree(t testing.TB) Tree {
	t.Helper()
	tree, err := FindTree(".")
	require.NoError(t, err)
	return tree
}

func TestFindTree(t *testing.T) {
	require.FileExists(t, filepath.Join(tree(t).Root, "go.mod"))
	_, err := FindTree(t.TempDir())
	require.ErrorContains(t, err, "no source tree of attest")
}

// TestEveryMutantApplies: every file parses, and every patch finds its text exactly once in today's sources.
func TestEveryMutantApplies(t *testing.T) {
	all, err := All()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(all), 80)
	for _, m := range all {
		if _, err := tree(t).Mutate(&m); err != nil {
			t.Error(err)
		}
	}
}

// TestLibrariesWithSeveralBugsCanBeMade: the mutants that make triggers plants at once change other places each. Two that
// changed the same line ended the command, in the middle, with an error.
func TestLibrariesWithSeveralBugsCanBeMade(t *testing.T) {
	all, err := All()
	require.NoError(t, err)
	text, err := os.ReadFile("mutate.mk")
	require.NoError(t, err)
	libraries := regexp.MustCompile(`(?m)^[A-Z]+ = ([a-z0-9,-]+,[a-z0-9,-]+)$`).FindAllStringSubmatch(string(text), -1)
	require.GreaterOrEqual(t, len(libraries), 3)
	for _, l := range libraries {
		joint := Mutant{Name: l[1]}
		for name := range strings.SplitSeq(l[1], ",") {
			at := slices.IndexFunc(all, func(m Mutant) bool { return m.Name == name })
			require.GreaterOrEqual(t, at, 0, name)
			require.NotEmpty(t, all[at].When, "%s has no condition that a finding could be held against", name)
			joint.Patches = append(joint.Patches, all[at].Patches...)
		}
		_, err := tree(t).Mutate(&joint)
		require.NoError(t, err)
	}
}

// TestEveryRealBugIsPlanted holds the mutants against the numbers of the real bugs that a forward pass can express.
func TestEveryRealBugIsPlanted(t *testing.T) {
	all, err := All()
	require.NoError(t, err)
	planted := map[int]bool{}
	for _, m := range all {
		for _, bug := range m.Bugs {
			planted[bug] = true
		}
	}
	wanted := []int{18, 19, 23, 36, 37, 39, 40}
	for _, span := range [][2]int{{1, 9}, {11, 14}, {25, 34}, {43, 51}, {55, 60}, {62, 68}} {
		for bug := span[0]; bug <= span[1]; bug++ {
			wanted = append(wanted, bug)
		}
	}
	wanted = slices.DeleteFunc(wanted, func(bug int) bool { return planted[bug] })
	require.Empty(t, wanted, "real bugs without a mutant")
}

func TestPatchesFindTheirTextOnce(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.c"), []byte("one two two"), 0o644))
	for find, want := range map[string]string{"two": "occurs 2 times in a.c", "three": "occurs 0 times in a.c"} {
		_, err := Tree{dir}.Mutate(&Mutant{Name: "m", Patches: []Patch{{File: "a.c", Find: find, Replace: "x"}}})
		require.ErrorContains(t, err, want)
	}
	texts, err := Tree{dir}.Mutate(&Mutant{Name: "m", Patches: []Patch{
		{File: "a.c", Find: "one", Replace: "two"}, {File: "a.c", Find: "two two two", Replace: "in turn"},
	}})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a.c": "in turn"}, texts)
}
