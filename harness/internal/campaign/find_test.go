package campaign

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// TestAFailureOfTheCaseBeforeIsItsOwn: a call that fails ends the case that comes after it. What is asked then is when the
// call fails. Asked about the case that never ran, the search found that it strikes where the one before differs in
// mask.kind, and of eight bugs at once one had this for a second finding.
func TestAFailureOfTheCaseBeforeIsItsOwn(t *testing.T) {
	o := Options{Path: `fault:error?when=mask.kind=="causal"`, Preset: gen.Default, Cases: 40, Seed: 1, Deadline: time.Minute, Workers: 1, Reduce: 4, ReduceCalls: 80, Triggers: true}
	stream, err := gen.NewStream(o.Preset, o.Seed, o.Filter)
	require.NoError(t, err)
	run, err := record.Open(filepath.Join(t.TempDir(), "run"), o, record.Header{Path: o.Path})
	require.NoError(t, err)
	defer run.Close()
	r := &runner{options: o, run: run, log: run.Logger()}
	s := newFindings(r, stream)
	defer s.close()
	failed, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":2,"q_len":9,"kv_len":20,"head_dim":16,"input":"fp32",
		"after":[{"version":1,"batch":1,"heads":1,"q_len":5,"kv_len":4,"head_dim":8,"input":"fp32","mask":{"kind":"causal"}}]}`))
	require.NoError(t, err)
	f := failure{c: failed, v: verdict.Verdict{Kind: verdict.Error, Reason: "after[0]: it fails, on purpose"}}
	r.failed = []failure{f}
	require.NoError(t, s.explain(t.Context(), f))
	require.Len(t, s.of, 1)
	found := s.recorded()[0]
	t.Log(found.Trigger, found.Note)
	require.NotContains(t, found.Trigger, "before")
	require.Equal(t, 1, found.Cases)
	when, err := predicate.Compile(found.Trigger)
	require.NoError(t, err)
	causal := failed.After[0]
	matches, err := when.Match(causal)
	require.NoError(t, err)
	require.True(t, matches, found.Trigger)
	causal.Mask = cases.Mask{}
	matches, err = when.Match(causal)
	require.NoError(t, err)
	require.False(t, matches, found.Trigger)
}
