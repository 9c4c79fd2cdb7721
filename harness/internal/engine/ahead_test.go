package engine

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/trial"
)

// kitchen is what the paths of a run share: what each has been asked for.
type kitchen struct {
	mu     sync.Mutex
	opened int
	fails  bool         // every third of the calls below
	small  []cases.Case // calls in the smallest size
}

type cook struct {
	naive.Path
	*kitchen
}

func (k cook) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	if small, ok := smallest(c); ok && cases.Name(small) == cases.Name(c) {
		k.mu.Lock()
		k.small = append(k.small, c)
		fails := k.fails && len(k.small)%3 == 0
		k.mu.Unlock()
		if fails {
			return paths.Timing{}, errors.New("not this one")
		}
	}
	return k.Path.Attend(ctx, c, t)
}

func TestCompileAheadChangesNoVerdictAndSeesEveryKind(t *testing.T) {
	cfg := Config{Source: quick(t, 9), Cases: 96, Workers: 2, Trial: trial.Options{Workers: 1}}
	k := &kitchen{fails: true}
	cfg.NewPath = func(context.Context) (paths.Path, error) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.opened++
		return cook{kitchen: k}, nil
	}
	e := &engine{cfg: cfg}
	e.compileAhead(context.Background())
	require.Equal(t, 1, k.opened)
	seen := map[string]int{}
	for _, c := range k.small {
		seen[cases.Name(c)]++
	}
	for index := 2 * SequenceLength; index < cfg.Cases; index++ {
		c, err := cfg.Source(index)
		require.NoError(t, err)
		small, ok := smallest(c)
		require.True(t, ok)
		require.Equal(t, 1, seen[cases.Name(small)], "case %d, once", index)
		require.Equal(t, c.HeadDim, small.HeadDim)
		require.Equal(t, c.Mask.Kind, small.Mask.Kind)
		require.Equal(t, c.Group(), small.Group())
	}

	k.fails = false
	plain := run(t, cfg)
	cfg.CompileAhead = true
	ahead := run(t, cfg)
	require.Len(t, ahead, len(plain))
	require.Greater(t, k.opened, 4, "two workers twice, and the one ahead")
	for index, r := range plain {
		require.Equal(t, r.Verdict, ahead[index].Verdict, "case %d", index)
	}
}

func TestCompileAheadEndsWithTheRun(t *testing.T) {
	cfg := Config{Source: quick(t, 9), Cases: 1 << 30, NewPath: naivePath, Trial: trial.Options{Workers: 1}, CompileAhead: true}
	enough := errors.New("enough")
	cfg.Sink = func(r Result) error {
		if r.Index == 20 {
			return enough
		}
		return nil
	}
	require.ErrorIs(t, Run(context.Background(), cfg), enough) // and returns, though there are cases without end
}
