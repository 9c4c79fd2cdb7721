package mslpath

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// planted is an example with an edit in its text, in a folder of its own.
func planted(t *testing.T, name, find, replace string) *Path {
	t.Helper()
	from, to := filepath.Join("..", "..", "..", "..", "examples", "msl"), t.TempDir()
	for _, suffix := range []string{".toml", ".metal"} {
		text, err := os.ReadFile(filepath.Join(from, name+suffix))
		require.NoError(t, err)
		if suffix == ".metal" {
			require.Equal(t, 1, strings.Count(string(text), find))
			text = []byte(strings.Replace(string(text), find, replace, 1))
		}
		require.NoError(t, os.WriteFile(filepath.Join(to, name+suffix), text, 0o644))
	}
	p, err := Open(filepath.Join(to, name+".toml"))
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

func judged(t *testing.T, p *Path, text string) verdict.Verdict {
	t.Helper()
	c, err := cases.Decode([]byte(`{"version":1,` + text + `}`))
	require.NoError(t, err)
	require.NoError(t, paths.Supports(p, c))
	o, err := trial.Run(context.Background(), p, c, trial.Options{Relations: -1})
	require.NoError(t, err)
	return o.Verdict
}

// TestExtentsOfZero: without rows the grid is empty and no pass runs; without keys the kernel writes zeros, and one that divides
// by what is not there is found.
func TestExtentsOfZero(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	const divides = "T(normaliser == 0 ? 0 : value / normaliser)"
	right, wrong := example(t, "vector.toml"), planted(t, "vector", divides, "T(value / normaliser)")
	for _, text := range []string{
		`"batch":2,"heads":4,"q_len":3,"kv_len":0,"head_dim":64,"input":"fp32","layout":{"out":{"order":"BSHD","pad":3}}`,
		`"batch":1,"heads":1,"q_len":1,"kv_len":0,"head_dim":16,"input":"bf16","mask":{"kind":"bool"}`,
		`"batch":2,"heads":4,"kv_heads":2,"q_len":0,"kv_len":9,"head_dim":64,"input":"fp32","mask":{"kind":"causal","align":"bottom-right"}`,
		`"batch":0,"heads":4,"q_len":5,"kv_len":9,"head_dim":32,"input":"fp16","layout":{"out":{"offset":5}}`,
		`"batch":0,"heads":4,"q_len":0,"kv_len":0,"head_dim":32,"input":"fp16"`,
	} {
		v := judged(t, right, text)
		require.Equal(t, verdict.Pass, v.Kind, text+": "+v.Reason)
		want := verdict.Pass
		if strings.Contains(text, `"kv_len":0`) && !strings.Contains(text, `"batch":0`) {
			want = verdict.Special
		}
		v = judged(t, wrong, text)
		require.Equal(t, want, v.Kind, text+": "+v.Reason)
	}
	c, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":1,"q_len":3,"kv_len":0,"head_dim":64,"input":"fp32"}`))
	require.NoError(t, err)
	require.ErrorContains(t, paths.Supports(example(t, "blocked.toml"), c), "kv_len=0: the path does not know it")
}
