package mslpath

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// racyVerdict runs the kernel that lacks a barrier on one case.
func racyVerdict(t *testing.T, options string, kvLen int) verdict.Verdict {
	t.Helper()
	p, err := Open("testdata/racy.toml" + options)
	require.NoError(t, err)
	defer p.Close()
	c, err := cases.Decode(fmt.Appendf(nil, `{"version":1,"batch":2,"heads":2,"kv_heads":1,"q_len":3,"kv_len":%d,"head_dim":128,"input":"fp32"}`, kvLen))
	require.NoError(t, err)
	require.NoError(t, p.Supports(c))
	o, err := trial.Run(context.Background(), p, c, trial.Options{})
	require.NoError(t, err)
	return o.Verdict
}

// A lane that writes where others still read makes values wrong in every schedule but that of lanes in step; none where
// engine wide runs the kernel, for vectors go in step too. The checkers find it in all of them, and tell the kernel's author
// both lines, the barrier that is missing, and where it belongs.
func TestARacyVectorKernel(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	text, err := os.ReadFile("testdata/racy.metal")
	require.NoError(t, err)
	line := func(mark string) int {
		before, _, found := strings.Cut(string(text), mark)
		require.True(t, found)
		return strings.Count(before, "\n") + 1
	}
	read, write := line("// the read"), line("// the write")
	for _, schedule := range []string{"forward", "reverse", "random", "lockstep"} {
		v := racyVerdict(t, "?engine=wide&schedule="+schedule, 37)
		require.Equal(t, verdict.Pass, v.Kind, schedule+": "+v.Reason)
		v = racyVerdict(t, "?engine=fibers&schedule="+schedule, 37)
		if schedule == "lockstep" {
			require.Equal(t, verdict.Pass, v.Kind, schedule+": "+v.Reason)
		} else {
			require.Equal(t, verdict.Numeric, v.Kind, schedule+": "+v.Reason)
		}
		v = racyVerdict(t, "?check=true&schedule="+schedule, 37)
		require.Equal(t, verdict.Nondeterministic, v.Kind, schedule+": "+v.Reason)
		for _, words := range []string{
			fmt.Sprintf("racy.metal:%d", read), fmt.Sprintf("racy.metal:%d", write),
			fmt.Sprintf("missing: simdgroup_barrier(mem_flags::mem_threadgroup) between the read at line %d and the write at line %d", read, write),
			"latent: no wrong value when lanes run in step",
		} {
			require.Contains(t, v.Reason, words, schedule)
		}
	}
}
