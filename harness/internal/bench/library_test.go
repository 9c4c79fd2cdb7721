package bench

import (
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/paths/catalog"
)

// A real shared library that runs once while the caller counts five is told from one that runs as often as it is asked
// to. Both sleep for a dispatch, which no other load on the machine can shorten.
func TestLibraryThatRunsOnceIsCaught(t *testing.T) {
	for _, row := range []struct {
		name  string
		flags []string
		once  bool
	}{{"honest", nil, false}, {"once", []string{"-DONCE"}, true}} {
		file := filepath.Join(t.TempDir(), "lib"+row.name+".so")
		args := append([]string{"-shared", "-fPIC", "-O1", "-o", file, "testdata/once.c"}, row.flags...)
		out, err := exec.Command("cc", args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		p, err := catalog.Open(context.Background(), "lib:"+file)
		require.NoError(t, err)
		r, err := Run(context.Background(), TargetOf(p), Options{N: 16, MaxKeys: 1, Only: []string{"mask=none/in=fp32/D=64/"},
			Effort: Effort{Rounds: 15, Limit: time.Minute}})
		require.NoError(t, err)
		require.Len(t, r.Rows, 1)
		require.Zero(t, r.Peak, "no way to the library's device")
		for _, m := range r.Rows {
			require.Equal(t, row.once, m.Count.Verdict == CountFewer, m.Count.Summary())
		}
		require.Equal(t, !row.once, r.Credible())
		require.NoError(t, p.(io.Closer).Close())
	}
}
