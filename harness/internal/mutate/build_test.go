package mutate

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryLibraryMutantCompiles lets the C compiler look at each, without making anything. Kernels take seconds each
// and are compiled when they run.
func TestEveryLibraryMutantCompiles(t *testing.T) {
	if testing.Short() {
		t.Skip("a compiler run for each")
	}
	all, err := All()
	require.NoError(t, err)
	b := &Builder{Tree: tree(t)}
	root := t.TempDir()
	require.NoError(t, b.copyTree(root, nil))
	checked := 0
	for _, m := range all {
		if m.Target() != Library {
			continue
		}
		texts, err := b.Tree.Mutate(&m)
		require.NoError(t, err)
		for file, text := range texts {
			if file == kernelFile {
				continue // a mutant of the library may change the kernel too, which is not C
			}
			require.NoError(t, os.WriteFile(filepath.Join(root, file), []byte(text), 0o644))
		}
		for file := range texts {
			if !strings.HasSuffix(file, ".c") {
				continue
			}
			arguments := []string{"-std=gnu11", "-fsyntax-only", "-Werror=incompatible-pointer-types", "-w"}
			for _, folder := range library.headers {
				arguments = append(arguments, "-I", folder)
			}
			command := exec.CommandContext(t.Context(), cc(), append(arguments, file)...)
			command.Dir = root
			out, err := command.CombinedOutput()
			require.NoError(t, err, "mutant %s: %s", m.Name, out)
			checked++
		}
		require.NoError(t, b.copyTree(root, nil)) // back to the originals
	}
	require.Greater(t, checked, 30)
}
