package mslpath

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal/msltool"
)

// What a skeleton leaves blank is told by line; filled in, it is a manifest that runs.
func TestASkeletonIsFilledIn(t *testing.T) {
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "examples", "msl", "vector.metal"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "vector.metal"), text, 0o644))
	made, err := Skeleton(context.Background(), msltool.Text{File: filepath.Join(dir, "vector.metal")}, "vector_attention_float_64")
	require.NoError(t, err)
	file := filepath.Join(dir, "m.toml")
	require.NoError(t, os.WriteFile(file, []byte(made), 0o644))
	_, err = load(file, "")
	require.ErrorContains(t, err, file+":9:8: supports[0].when: is still blank")
	require.ErrorContains(t, err, "pass[0].bind[5].value: is still blank")

	for _, x := range []struct{ find, fill string }{
		{`when = "???" #`, `when = 'head_dim == 64 && input == "fp32" && output == "fp32" && intermediate == "fp32" && mask.kind == "causal"' #`},
		{`why = "???"`, `why = "one instantiation"`},
		{`grid = ["???"]`, `grid = ["q_len", "heads", "batch"]`}, {`threadgroup = ["???"]`, `threadgroup = [256]`},
		{`"has_mask", type = "bool", value = "???"`, `"has_mask", type = "bool", value = false`},
		{`"is_causal", type = "bool", value = "???"`, `"is_causal", type = "bool", value = true`},
		{`{ index = 4, tensor = "mask", when = "???" }`, `{ index = 4, tensor = "mask", when = false }`},
		{`index = 5, type = "int", value = "???"`, `index = 5, type = "int", value = "kv_len"`},
		{`index = 6, type = "int", value = "???"`, `index = 6, type = "int", value = "group"`},
		{`index = 7, type = "float", value = "???"`, `index = 7, type = "float", value = "scale"`},
		{`index = 8, type = "int", value = "???"`, `index = 8, type = "int", value = "diagonal"`},
		{`index = 9, type = "ulong", value = "???"`, `index = 9, type = "ulong", value = "[stride.q.batch, stride.q.head, stride.q.row]"`},
		{`index = 10, type = "ulong", value = "???"`, `index = 10, type = "ulong", value = "[stride.k.batch, stride.k.head, stride.k.row]"`},
		{`index = 11, type = "ulong", value = "???"`, `index = 11, type = "ulong", value = "[stride.v.batch, stride.v.head, stride.v.row]"`},
		{`index = 12, type = "ulong", value = "???"`, `index = 12, type = "ulong", value = "[stride.out.batch, stride.out.head, stride.out.row]"`},
		{`index = 13, type = "ulong", value = "???", when = "???"`, `index = 13, type = "ulong", value = 0, when = false`},
	} {
		require.Contains(t, made, x.find, made)
		made = strings.Replace(made, x.find, x.fill, 1)
	}
	require.NotContains(t, strings.SplitN(made, "\n", 2)[1], blank)
	require.NoError(t, os.WriteFile(file, []byte(made), 0o644))
	p, err := Open(file)
	require.NoError(t, err)
	defer p.Close()
	c, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":2,"q_len":3,"kv_len":40,"head_dim":64,"input":"fp32","mask":{"kind":"causal","align":"top-left"}}`))
	require.NoError(t, err)
	require.NoError(t, p.Supports(c))
	o, err := trial.Run(context.Background(), p, c, trial.Options{})
	require.NoError(t, err)
	require.Equal(t, verdict.Pass, o.Verdict.Kind, o.Verdict.Reason)

	_, err = Skeleton(context.Background(), msltool.Text{File: filepath.Join(dir, "vector.metal")}, "vector")
	require.ErrorContains(t, err, "no kernel is called vector; it has vector_attention_float_16,")
}
