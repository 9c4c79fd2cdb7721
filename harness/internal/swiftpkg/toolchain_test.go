package swiftpkg

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// A stand-in for swift/toolchain.sh, whose first command crashes.
const crashing = `
echo x >> "$2/calls"
if [ "$(wc -l < "$2/calls")" = 1 ]; then kill -%s $$; fi
if [ -e "$2/always" ]; then kill -SEGV $$; fi
echo built
`

func TestABuildToolThatCrashesIsCalledOnceMore(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs signals")
	}
	for _, c := range []struct {
		name, signal string
		always       bool
		calls        int
		works        bool
	}{
		{"a crash", "SEGV", false, 2, true},
		{"crash after crash", "SEGV", true, 2, false},
		{"ended by somebody", "TERM", false, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			script := filepath.Join(folder, "toolchain.sh")
			require.NoError(t, os.WriteFile(script, fmt.Appendf(nil, crashing, c.signal), 0o755))
			if c.always {
				require.NoError(t, os.WriteFile(filepath.Join(folder, "always"), nil, 0o644))
			}
			var out, errs bytes.Buffer
			tools := &toolchain{script: script}
			err := tools.build(context.Background(), folder, &out, &errs, nil, "swift", "build")
			require.Equal(t, c.works, err == nil, "%v", err)
			calls, _ := os.ReadFile(filepath.Join(folder, "calls"))
			require.Len(t, calls, 2*c.calls)
			require.Equal(t, c.calls == 2, bytes.Contains(errs.Bytes(), []byte("swift build itself crashed")), "%s", &errs)
		})
	}
}
