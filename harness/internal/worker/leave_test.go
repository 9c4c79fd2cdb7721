package worker_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/compiling"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
)

// asideFile is an environment's variable: a file that a path writes once it has compiled something aside, which lasts until there
// is a file beside it, .let.
const asideFile = "ATTEST_TEST_ASIDE"

// aside compiles in the background when it is asked for a case of one row.
type aside struct {
	naive.Path
	closed chan struct{}
}

func init() {
	further["compiles aside"] = func() paths.Path { return aside{closed: make(chan struct{})} }
}

func (p aside) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	if c.QLen == 1 {
		end := compiling.Aside.Begin()
		go func() {
			defer end()
			for {
				select {
				case <-p.closed:
					return
				case <-time.After(5 * time.Millisecond):
				}
				if _, err := os.Stat(os.Getenv(asideFile) + ".let"); err == nil {
					os.WriteFile(os.Getenv(asideFile), []byte("done"), 0o644)
					return
				}
			}
		}()
	}
	return p.Path.Attend(ctx, c, t)
}

func (p aside) Close() error {
	close(p.closed) // which panics the second time
	return nil
}

// TestAProcessStaysForWhatItCompiles: the next one does not wait for it, no two stay, and none stays for the end.
func TestAProcessStaysForWhatItCompiles(t *testing.T) {
	file := t.TempDir() + "/aside"
	t.Setenv(asideFile, file)
	p := openWorker(t, "compiles aside")
	row := plain(t, func(c *cases.Case) { c.QLen = 1 })
	attend := func(c cases.Case) {
		t.Helper()
		_, err := p.Attend(t.Context(), c, materialize(t, p, c))
		require.NoError(t, err)
	}
	attend(row)
	require.NoError(t, p.Restart(t.Context()))
	attend(row)
	require.Equal(t, 2, children(t))
	require.NoError(t, p.Restart(t.Context()))
	require.Equal(t, 2, children(t), "the first stays, and the second does not")
	require.NoFileExists(t, file)
	require.NoError(t, os.WriteFile(file+".let", nil, 0o644))
	require.Eventually(t, func() bool { return children(t) == 1 }, 20*time.Second, 20*time.Millisecond)
	require.FileExists(t, file)

	require.NoError(t, os.Remove(file))
	require.NoError(t, os.Remove(file+".let"))
	attend(row)
	require.NoError(t, p.Restart(t.Context()))
	require.Equal(t, 2, children(t))
	require.NoError(t, p.Close())
	require.Zero(t, children(t))
	require.NoFileExists(t, file)
}
