package campaign

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// firstCall is a path in a process of its own that is wrong there on its first call.
type firstCall struct {
	naive.Path
	calls, all int // of this process, and of all
}

func (p *firstCall) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	timing, err := p.Path.Attend(ctx, c, t)
	p.all++
	if p.calls++; p.calls == 1 && err == nil {
		t.Out.Set(0, 0, 0, 0, t.Out.At(0, 0, 0, 0)+1)
	}
	return timing, err
}

func (p *firstCall) Memory(cases.Case) (cases.Allocator, error) {
	return func(_ string, bytes int) ([]byte, error) { return cases.Pages(bytes), nil }, nil
}

func (p *firstCall) Restart(context.Context) error {
	p.calls = 0
	return nil
}

// TestAStateIsOneFinding: a failure that passes when its process runs it again is told so, and has no trigger; the next one of
// the kind belongs to it, after two calls.
func TestAStateIsOneFinding(t *testing.T) {
	o := Options{Path: "naive", Preset: gen.Default, Cases: 40, Seed: 1, Deadline: time.Minute, Workers: 1, Reduce: 4, ReduceCalls: 80, Triggers: true}
	stream, err := gen.NewStream(o.Preset, o.Seed, o.Filter)
	require.NoError(t, err)
	run, err := record.Open(filepath.Join(t.TempDir(), "run"), o, record.Header{Path: o.Path})
	require.NoError(t, err)
	defer run.Close()
	r := &runner{options: o, run: run, log: run.Logger()}
	s := newFindings(r, stream)
	defer s.close()
	p := &firstCall{}
	s.tester.NewPath = func(context.Context) (paths.Path, error) { return p, nil }
	for i, text := range []string{
		`{"version":1,"batch":1,"heads":2,"q_len":9,"kv_len":20,"head_dim":16,"input":"fp32"}`,
		`{"version":1,"batch":2,"heads":1,"q_len":4,"kv_len":7,"head_dim":8,"input":"fp16"}`,
	} {
		c, err := cases.Decode([]byte(text))
		require.NoError(t, err)
		r.failed = append(r.failed, failure{index: i, c: c, v: verdict.Verdict{Kind: verdict.Numeric, Reason: "by 1"}})
	}
	require.NoError(t, s.explain(t.Context(), r.failed[0]))
	before := p.all
	require.NoError(t, s.explain(t.Context(), r.failed[1]))
	require.Equal(t, 2, p.all-before)
	list := s.recorded()
	require.Len(t, list, 1)
	require.Empty(t, list[0].Trigger)
	require.Contains(t, list[0].Summary, "first time")
	require.Equal(t, 2, list[0].Cases)
}
