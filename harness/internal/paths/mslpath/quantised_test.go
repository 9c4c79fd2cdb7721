package mslpath

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// quantisedCases are generated ones that a path takes, of every format and span, some with a v of its own width.
func quantisedCases(t *testing.T, p *Path, n int) []cases.Case {
	t.Helper()
	var streams [2]*gen.Stream // of all formats, and of those with scales and zero points of their own
	const rest = " q_len=1-6 kv_len=1-60 heads=1-4 batch=1-2 mask=none,causal paging.page=0 softcap=default sinks=none alibi=none lengths.packed=0"
	for i, conditions := range []string{
		"quant.k=int8,int4,q8_0,q4_0 quant.v=int8,int4,q8_0,q4_0" + rest,
		"quant.k=int8,int4 quant.v=int8,int4 quant.scales=block,head quant.zero_points=true quant.fill=apart,ends,fitted" + rest,
	} {
		var f gen.Filter
		for _, condition := range strings.Fields(conditions) {
			name, values, _ := strings.Cut(condition, "=")
			require.NoError(t, f.Set(name, values))
		}
		var err error
		streams[i], err = gen.NewStream(gen.Default, 3, f)
		require.NoError(t, err)
	}
	var list []cases.Case
	seen := map[string]int{}
	for i := 0; len(list) < n && i < 40*n; i++ {
		c, err := streams[i%2].Case(i / 2)
		require.NoError(t, err)
		c.After, c.Call = nil, cases.Call{}
		if paths.Supports(p, c) != nil {
			continue
		}
		list = append(list, c)
		for _, what := range []string{string(c.Quant.K), string(c.Quant.V), "scales " + string(c.Quant.Scales)} {
			seen[what]++
		}
		if c.Quant.ZeroPoints {
			seen["zero points"]++
		}
		if c.VHeadDim > 0 {
			seen["v_head_dim"]++
		}
	}
	require.Len(t, list, n)
	for _, what := range []string{"int8", "int4", "q8_0", "q4_0", "scales ", "scales block", "scales head", "zero points", "v_head_dim"} {
		require.NotZero(t, seen[what], "%s among %v", what, seen)
	}
	return list
}

// TestQuantisedOperandsAreBound: a manifest binds packed data, scales and zero points, and tells v's own head_dim; and each
// of them, read wrongly, is found.
func TestQuantisedOperandsAreBound(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	p := example(t, "quantised.toml")
	list := quantisedCases(t, p, 70)
	passed := 0
	for _, c := range list {
		o, err := trial.Run(context.Background(), p, c, trial.Options{})
		require.NoError(t, err)
		require.False(t, o.Verdict.Kind.Fails(), "%s: %s", cases.Describe(c), o.Verdict.Reason)
		if o.Verdict.Kind == verdict.Pass {
			passed++
		}
	}
	require.GreaterOrEqual(t, passed, 60)
	for _, fault := range []struct{ what, find, replace string }{
		{"nibbles in the other order", "column % 2 * 4", "(1 - column % 2) * 4"},
		{"zero points left out", "if (m.has_zeros != 0)", "if (m.has_zeros > 1)"},
		{"a scale for a row where blocks have theirs", "if (m.scale_columns != 0)", "if (m.scale_columns > 32)"},
		{"q4_0 without its 8", "& 15) - 8;\n  return", "& 15) - 7;\n  return"},
	} {
		wrong, found := planted(t, "quantised", fault.find, fault.replace), false
		for i := 0; i < len(list) && !found; i++ {
			o, err := trial.Run(context.Background(), wrong, list[i], trial.Options{})
			require.NoError(t, err)
			found = o.Verdict.Kind.Fails()
		}
		require.True(t, found, fault.what)
	}
}
