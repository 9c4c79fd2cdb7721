package trigger

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// TestOneOfSeveralSizes begins at one of the eight sizes for which there is no kernel, and no run has shown another.
func TestOneOfSeveralSizes(t *testing.T) {
	p := plant(t, "head_dim in 89..96")
	l := New(Options{Ask: p.Ask, Fresh: stream(t, 7001).Case, Seed: 1, Log: t.Logf})
	c := smallest(t, `"mask":{"kind":"none"}`)
	c.HeadDim, c.KVLen = 89, 2
	require.NoError(t, c.Normalize())
	found, _, err := l.Find(t.Context(), c)
	require.NoError(t, err)
	for size, want := range map[int]bool{80: false, 88: false, 90: true, 92: true, 95: true, 97: false, 128: false} {
		c := smallest(t, `"mask":{"kind":"none"}`)
		c.HeadDim, c.KVLen = size, 40
		require.NoError(t, c.Normalize())
		require.Equal(t, want, found.Matches(&c), "head_dim %d: %s", size, found.Trigger)
	}
}

// TestADiagonalBehindACache: the base has no cache, and there the two lengths that differ are all that can be seen. What
// decides is where the last row stands.
func TestADiagonalBehindACache(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for seed := range 12 {
		p := plant(t, `mask.align == "top-left" && q_len + kv_offset != kv_len`)
		l := New(Options{Ask: p.Ask, Fresh: stream(t, 7001).Case, Seed: int64(seed), Log: t.Logf})
		c := smallest(t, `"mask":{"kind":"causal","align":"top-left"}`)
		c.QLen, c.KVLen = 2, 3
		found, _, err := l.Find(t.Context(), c)
		require.NoError(t, err)
		cached := func(q, kv, offset int) *cases.Case {
			c := smallest(t, `"mask":{"kind":"causal","align":"top-left"}`)
			c.QLen, c.KVLen, c.KVOffset = q, kv, offset
			return &c
		}
		require.False(t, found.Matches(cached(5, 40, 35)), "seed %d: %s", seed, found.Trigger)
		require.True(t, found.Matches(cached(5, 40, 0)), "seed %d: %s", seed, found.Trigger)
		require.True(t, found.Matches(cached(40, 40, 7)), "seed %d: %s", seed, found.Trigger)
	}
}

// TestNothingToCompute: a path that goes wrong where there are no rows, no keys or no batch at all, and one where there are no
// rows. Zero was no size that anything was asked about.
func TestNothingToCompute(t *testing.T) {
	for _, bug := range []struct {
		strikes func(*cases.Case) bool
		keys    bool // whether it strikes where there are no keys
	}{
		{func(c *cases.Case) bool { return c.Batch == 0 || c.QLen == 0 || c.KVLen == 0 }, true},
		{func(c *cases.Case) bool { return c.QLen == 0 }, false},
	} {
		ask := func(_ context.Context, c cases.Case) (verdict.Kind, error) {
			if bug.strikes(&c) {
				return verdict.Crash, nil
			}
			return verdict.Pass, nil
		}
		l := New(Options{Ask: ask, Fresh: stream(t, 7001).Case, Seed: 1, Log: t.Logf})
		sized := func(batch, rows, keys int) *cases.Case {
			c := smallest(t, `"mask":{"kind":"none"}`)
			c.Batch, c.QLen, c.KVLen = batch, rows, keys
			require.NoError(t, c.Normalize())
			return &c
		}
		found, _, err := l.Find(t.Context(), *sized(1, 0, 1))
		require.NoError(t, err)
		t.Log(found.Trigger, found.Note)
		require.True(t, found.Matches(sized(2, 0, 40)), found.Trigger)
		require.Equal(t, bug.keys, found.Matches(sized(2, 40, 0)), found.Trigger)
		require.Equal(t, bug.keys, found.Matches(sized(0, 40, 40)), found.Trigger)
		require.False(t, found.Matches(sized(2, 1, 1)), found.Trigger)
		require.False(t, found.Matches(sized(2, 40, 40)), found.Trigger)
	}
}

// TestAnEdgeThatIsNoBlock: what changes past 30 keys was told as 25 or more, and no case between had been asked about.
func TestAnEdgeThatIsNoBlock(t *testing.T) {
	for _, bug := range []struct {
		condition string
		set       func(c *cases.Case, n int)
		edge      int  // the first size that is struck, or the first that is not
		above     bool // whether it strikes from there on
	}{
		{"kv_len > 30", func(c *cases.Case, n int) { c.KVLen = n }, 31, true},
		{"q_len >= 53", func(c *cases.Case, n int) { c.QLen = n }, 53, true},
		{"head_dim < 46", func(c *cases.Case, n int) { c.HeadDim = n }, 46, false},
	} {
		p := plant(t, bug.condition)
		l := New(Options{Ask: p.Ask, Fresh: stream(t, 7001).Case, Seed: 1, Log: t.Logf})
		sized := func(n int) *cases.Case {
			c := smallest(t, `"mask":{"kind":"none"}`)
			c.QLen, c.KVLen, c.HeadDim = 80, 80, 80
			bug.set(&c, n)
			require.NoError(t, c.Normalize())
			return &c
		}
		found, _, err := l.Find(t.Context(), *sized(bug.edge - map[bool]int{true: 0, false: 1}[bug.above]))
		require.NoError(t, err)
		t.Log(bug.condition, "|", found.Trigger, found.Probes)
		require.LessOrEqual(t, found.Probes, DefaultProbes)
		for _, n := range []int{bug.edge - 3, bug.edge - 1, bug.edge, bug.edge + 2} {
			require.Equal(t, (n >= bug.edge) == bug.above, found.Matches(sized(n)), "%s, %d: %s", bug.condition, n, found.Trigger)
		}
	}
}
