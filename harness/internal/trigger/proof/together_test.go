package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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
			l, outside, err := p.run(t.Context(), 0, 16, 250, t.Logf)
			require.NoError(t, err)
			require.GreaterOrEqual(t, outside, 250)
			var found []string
			for _, f := range l.Findings() {
				if f.Explained() {
					found = append(found, f.Trigger.String())
				}
			}
			conditions, err := conditionsOf(bugs)
			require.NoError(t, err)
			list, _, err := name(t.Context(), found, conditions, 4000)
			require.NoError(t, err)
			for _, n := range list {
				require.Len(t, n.by, 1, "%s is %s; found %q", bugs[n.bug].Name, n.told(found), found)
			}
		})
	}
}
