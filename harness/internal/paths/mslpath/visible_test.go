package mslpath

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// A manifest may leave out cases with a row that sees no key, whatever hides them.
func TestAManifestLeavesOutRowsWithoutKeys(t *testing.T) {
	from, to := filepath.Join("..", "..", "..", "..", "examples", "msl"), t.TempDir()
	for _, name := range []string{"vector.toml", "vector.metal"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		require.NoError(t, err)
		text = []byte(strings.Replace(string(text), "[[supports]]", "[[supports]]\nwhen = '!visible.none'\nwhy = \"every row sees a key\"\n[[supports]]", 1))
		require.NoError(t, os.WriteFile(filepath.Join(to, name), text, 0o644))
	}
	asks, err := Open(filepath.Join(to, "vector.toml"))
	require.NoError(t, err)
	defer asks.Close()
	asksNot := example(t, "vector.toml")
	for _, c := range []struct {
		more string
		none bool
	}{
		{``, false}, {`,"mask":{"kind":"bool","shape":"1h1k"}`, false}, {`,"mask":{"kind":"causal","align":"bottom-right"}`, false},
		{`,"mask":{"kind":"causal","align":"bottom-right"},"q_len":4`, true},
		{`,"mask":{"kind":"bool","shape":"bhqk","empty_rows":2}`, true},
		{`,"mask":{"kind":"bool","shape":"bhqk","empty_rows":2},"q_len":1`, false},
	} {
		text := `{"version":1,"batch":2,"heads":4,"kv_heads":2,"kv_len":3,"head_dim":64,"input":"bf16"` + c.more
		if !strings.Contains(c.more, `"q_len":`) {
			text += `,"q_len":3`
		}
		problem, err := cases.Decode([]byte(text + `}`))
		require.NoError(t, err)
		require.NoError(t, paths.Supports(asksNot, problem), c.more)
		if err := paths.Supports(asks, problem); c.none {
			require.ErrorContains(t, err, "every row sees a key", c.more)
		} else {
			require.NoError(t, err, c.more)
		}
	}
}
