package mslpath

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

func example(t *testing.T, name string) *Path {
	t.Helper()
	p, err := Open(filepath.Join("..", "..", "..", "..", "examples", "msl", name))
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

func TestTheExampleConforms(t *testing.T) {
	p := example(t, "vector.toml")
	for _, more := range []string{
		``, `,"mask":{"kind":"causal","align":"bottom-right"}`, `,"mask":{"kind":"bool","shape":"1h1k"}`,
		`,"layout":{"q":{"order":"BSHD","pad":3},"k":{"offset":5},"out":{"order":"BSHD"}}`,
	} {
		c, err := cases.Decode([]byte(`{"version":1,"batch":2,"heads":4,"kv_heads":2,"q_len":3,"kv_len":37,"head_dim":64,"input":"bf16"` + more + `}`))
		require.NoError(t, err)
		require.NoError(t, p.Supports(c))
		o, err := trial.Run(context.Background(), p, c, trial.Options{})
		require.NoError(t, err)
		require.Equal(t, verdict.Pass, o.Verdict.Kind, o.Verdict.Reason)
	}
}

// What a manifest does not bind is unsupported, whether the manifest excludes it or not.
func TestWhatAManifestDoesNotBindIsUnsupported(t *testing.T) {
	p := example(t, "vector.toml")
	for more, words := range map[string]string{
		`,"head_dim":65`:            "no instantiation",
		`,"head_dim":64,"lse":true`: "binds no lse",
		`,"head_dim":64,"mask":{"kind":"additive","format":"fp32"}`: "masks are causal or bool",
		`,"head_dim":64,"layout":{"v":{"transpose":true}}`:          "columns stand next to each other",
	} {
		c, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":1,"q_len":3,"kv_len":5,"input":"fp32"` + more + `}`))
		require.NoError(t, err)
		require.ErrorContains(t, p.Supports(c), words)
	}
}

// The manifests of the three styles that kernels of this kind come in, on cases that reach their options.
func TestTheOtherStylesConform(t *testing.T) {
	for name, all := range map[string][]string{
		"blocked.toml": {`"input":"fp32","lse":true`, `"input":"fp32","mask":{"kind":"causal","align":"bottom-right"}`},
		"split.toml": {
			`"input":"bf16","output":"fp32","lse":true`, `"input":"fp16","output":"fp32","mask":{"kind":"window","left":3,"right":4}`,
			`"input":"fp16","output":"fp32","mask":{"kind":"additive","format":"fp16","shape":"bh1k"},"layout":{"k":{"order":"BSHD"},"out":{"pad":3}}`,
		},
	} {
		p := example(t, name)
		for _, more := range all {
			c, err := cases.Decode([]byte(`{"version":1,"batch":2,"heads":4,"kv_heads":2,"q_len":11,"kv_len":77,"head_dim":32,` + more + `}`))
			require.NoError(t, err)
			require.NoError(t, p.Supports(c), more)
			o, err := trial.Run(context.Background(), p, c, trial.Options{})
			require.NoError(t, err)
			require.Equal(t, verdict.Pass, o.Verdict.Kind, name+" "+more+": "+o.Verdict.Reason)
		}
	}
}
