package trial

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
)

// onEngines leaves the engine to its device, which takes the next of a list at each call; at the end of the list calls fail and do
// not tell.
type onEngines struct {
	naive.Path
	engines []string
}

func (p *onEngines) LeavesEngine() bool { return true }

func (p *onEngines) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	if len(p.engines) == 0 {
		return paths.Timing{}, errors.New("on purpose")
	}
	engine := p.engines[0]
	p.engines = p.engines[1:]
	timing, err := p.Path.Attend(ctx, c, t)
	timing.Engine = engine
	return timing, err
}

// A case is run again on every engine that any of its calls had, and on all of them where a call did not come back to tell.
func TestEngineOfATrial(t *testing.T) {
	c, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":2,"q_len":5,"kv_len":9,"head_dim":8,"input":"fp32"}`))
	require.NoError(t, err)
	for _, try := range []struct {
		engines []string
		want    string
	}{
		{[]string{"wide", "wide", "wide", "wide", "wide", "wide"}, "wide"},
		{[]string{"fibers", "wide", "wide", "wide", "wide", "wide"}, paths.AnyEngine},
		{[]string{"wide"}, paths.AnyEngine}, // the second call does not come back
		{nil, paths.AnyEngine},
	} {
		o, err := Run(t.Context(), &onEngines{engines: try.engines}, c, Options{Repeats: RepeatAll})
		require.NoError(t, err)
		require.Equal(t, try.want, o.Timing.Engine, "%v: %s %s", try.engines, o.Verdict.Kind, o.Verdict.Reason)
	}
}
