package trigger

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// losesTheLastKey is a path that loses the last key of a row where the window bounds it there.
func losesTheLastKey(_ context.Context, c cases.Case) (verdict.Kind, error) {
	if !c.Mask.IsWindow() || c.Mask.Right < 0 {
		return verdict.Pass, nil
	}
	for row := range c.QLen {
		if end := c.Diagonal(0) + row + c.Mask.Right + 1; 0 < end && end <= c.KVLen {
			return verdict.Numeric, nil
		}
	}
	return verdict.Pass, nil
}

// TestABoundPastAllKeysShowsNothing: a window that ends 32 keys to the right of 9 passes, and that says nothing against a
// condition on its end. Taken for a pass like others, it was found that the end must be below 32.
func TestABoundPastAllKeysShowsNothing(t *testing.T) {
	l := New(Options{Ask: losesTheLastKey, Fresh: stream(t, 7001).Case, Seed: 1, Log: t.Logf})
	s := stream(t, 1)
	for i := range 100 {
		c, err := s.Case(i)
		require.NoError(t, err)
		if kind, _ := losesTheLastKey(t.Context(), c); !kind.Fails() { // other bugs failed there
			l.Tell(c, kind)
		}
	}
	found, _, err := l.Find(t.Context(), smallest(t, `"mask":{"kind":"window","left":-1,"right":0,"align":"top-left"}`))
	require.NoError(t, err)
	for _, right := range []string{"2", "3", "5", "20", "40"} {
		c := smallest(t, `"mask":{"kind":"window","left":-1,"right":`+right+`,"align":"top-left"}`)
		c.QLen, c.KVLen = 80, 80
		require.True(t, found.Matches(&c), "right %s: %s", right, found.Trigger)
	}
}

// smallest is a case of one element, with some fields more.
func smallest(t *testing.T, fields string) cases.Case {
	c, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":1,"q_len":1,"kv_len":1,"head_dim":1,"input":"fp32",` + fields + `}`))
	require.NoError(t, err)
	return c
}

// TestAQuantityThatAnotherFieldHasToo: the first key of a row lies past the first of all by a window, or by padding on the
// left. Padding was varied with q_len and kv_len, whose group has a like name, and never alone.
func TestAQuantityThatAnotherFieldHasToo(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for seed := range 6 {
		p := plant(t, `q_len == 1 && visible.skips >= 1`)
		l := New(Options{Ask: p.Ask, Fresh: stream(t, 7001).Case, Seed: int64(seed), Log: t.Logf})
		c := smallest(t, `"mask":{"kind":"window","left":0,"right":-1,"align":"bottom-right"}`)
		c.KVLen = 2
		found, _, err := l.Find(t.Context(), c)
		require.NoError(t, err)
		precision, recall := p.agreement(found.Matches)
		t.Log(found.Trigger, precision, recall)
		require.GreaterOrEqual(t, precision, 0.9, "seed %d: %s", seed, found.Trigger)
		require.GreaterOrEqual(t, recall, 0.9, "seed %d: %s", seed, found.Trigger)
	}
}

// TestOneRowUnderAWindow: a window from the top-left hides no key from one row, so that its pass tells nothing of one row. The
// same window from the bottom-right does.
func TestOneRowUnderAWindow(t *testing.T) {
	for seed := range 3 {
		p := plant(t, `q_len in 2..8 && visible.skips >= 1`)
		l := New(Options{Ask: p.Ask, Fresh: stream(t, 7001).Case, Seed: int64(seed), Log: t.Logf})
		c := smallest(t, `"mask":{"kind":"window","left":0,"right":-1,"align":"top-left"}`)
		c.QLen, c.KVLen = 2, 2
		found, _, err := l.Find(t.Context(), c)
		require.NoError(t, err)
		one := smallest(t, `"mask":{"kind":"window","left":2,"right":-1,"align":"bottom-right"}`)
		one.KVLen = 40
		require.False(t, found.Matches(&one), "seed %d: %s", seed, found.Trigger)
		one.QLen = 4
		require.True(t, found.Matches(&one), "seed %d: %s", seed, found.Trigger)
	}
}
