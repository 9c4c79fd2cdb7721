package trigger

import (
	"context"
	"hash/crc32"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// sometimes is a path that fails on one case in two of those whose v has infinities, by what values are drawn.
func sometimes(_ context.Context, c cases.Case) (verdict.Kind, error) {
	if c.Values.V == cases.WithInf && crc32.ChecksumIEEE([]byte(key(&c)))%2 == 0 {
		return verdict.Special, nil
	}
	return verdict.Pass, nil
}

// TestABugThatStrikesWithSomeValues: passes inside the condition are to be expected then, and no reason to tell by heart
// which sizes failed.
func TestABugThatStrikesWithSomeValues(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for seed := range 4 {
		l := New(Options{Ask: sometimes, Fresh: stream(t, 7001).Case, Seed: int64(seed), Log: t.Logf})
		var failed []cases.Case
		for i, s := 0, stream(t, 1); i < 160; i++ {
			c, err := s.Case(i)
			require.NoError(t, err)
			kind, _ := sometimes(t.Context(), c)
			l.Tell(c, kind)
			if kind.Fails() {
				failed = append(failed, c)
			}
		}
		c := smallest(t, `"values":{"v":"inf"}`)
		c.KVLen = 8
		for kind, _ := sometimes(t.Context(), c); !kind.Fails(); kind, _ = sometimes(t.Context(), c) {
			c.Values.Seed++
		}
		found, _, err := l.Find(t.Context(), c)
		require.NoError(t, err)
		t.Log(found.Trigger, found.Note)
		require.True(t, found.Explained())
		matched := 0
		for i := range failed {
			if found.Matches(&failed[i]) {
				matched++
			}
		}
		require.GreaterOrEqual(t, matched*10, len(failed)*9, "seed %d: %s matches %d of %d", seed, found.Trigger, matched, len(failed))
		plain := smallest(t, `"lse":true`)
		plain.KVLen = 40
		require.False(t, found.Matches(&plain), "seed %d: %s", seed, found.Trigger)
	}
}
