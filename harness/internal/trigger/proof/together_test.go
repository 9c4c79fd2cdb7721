package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/harness/internal/predicate"
)

// TestEveryBugOfALibraryIsNamed plants the conditions of six and of ten mutants at once. From the reduced case of one bug
// the base must not grow into another, whose condition would then be learned for both.
func TestEveryBugOfALibraryIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	all, err := mutate.All()
	require.NoError(t, err)
	for _, names := range []string{
		"kv-len-from-q,grouped-heads-interleaved,row-slack-ignored,window-right-exclusive,mask-bias-before-scale,logsumexp-base-2",
		"large-head-dim-never-runs,mask-one-tile-of-four,window-left-exclusive,logsumexp-by-kv-head,v-has-strides-of-k,bf16-store-truncates,scale-magnitude,scale-zero-is-default,rows-past-q-written,softcap-dropped",
	} {
		t.Run(fmt.Sprint(strings.Count(names, ",")+1), func(t *testing.T) {
			bugs, err := named(all, strings.Split(names, ","))
			require.NoError(t, err)
			p := &pretended{}
			for _, m := range bugs {
				when, err := predicate.Compile(m.When)
				require.NoError(t, err)
				p.when = append(p.when, when)
			}
			search, err := p.search(gen.Default, 16, t.Logf)
			require.NoError(t, err)
			require.NoError(t, search.peel(t.Context(), 250))
			require.GreaterOrEqual(t, search.passed, 250)
			found := search.triggers()
			conditions, err := conditionsOf(bugs)
			require.NoError(t, err)
			list, _, err := name(t.Context(), found, conditions, 4000)
			require.NoError(t, err)
			for _, n := range list {
				require.NotEmpty(t, n.by, "%s is %s; found %q", bugs[n.bug].Name, n.told(found), found)
			}
		})
	}
}

// TestDrawnLibraries plants conditions that are drawn from the table of fields, in libraries of four and of eight.
// Before what hides a bug was counted keys by keys and no more than once, 14 of 32 bugs in libraries of eight were named.
func TestDrawnLibraries(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	var all drawnScore
	for _, bugs := range []int{4, 8} {
		d, err := newDrawing(int64(1000 + bugs))
		require.NoError(t, err)
		var told strings.Builder
		s, err := drawnLibrary(t.Context(), d, bugs, &told, nil)
		require.NoError(t, err)
		t.Log(told.String())
		all.add(s)
	}
	t.Log(all)
	require.GreaterOrEqual(t, (all.One+all.Several)*100, all.Bugs*90, "%s", all)
	require.GreaterOrEqual(t, all.One*100, all.Bugs*80, "%s", all)
}

// TestMoreWaysOfABug: a finding about part of what a bug strikes is that bug's, named as it is by another, and one about what no
// bug strikes is none's.
func TestMoreWaysOfABug(t *testing.T) {
	found := []string{"lse", "head_dim >= 65", "lse && batch >= 2", "q_len >= 9"}
	list, stray, err := name(t.Context(), found, []string{"lse", "head_dim >= 65"}, 1500)
	require.NoError(t, err)
	require.Equal(t, []int{0}, list[0].by)
	require.Equal(t, []int{2}, list[0].more)
	require.Equal(t, []int{1}, list[1].by)
	require.Empty(t, list[1].more)
	require.Equal(t, []int{3}, stray)
	require.Contains(t, list[0].told(found), "also `lse && batch >= 2`")
}
