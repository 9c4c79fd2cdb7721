package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

// TestABugOfHidingCasesIsJudgedOnThem: infinities in v may hide an error, and so each case that such a bug strikes was left
// aside where the trigger missed it. A trigger that matched one case in ten agreed.
func TestABugOfHidingCasesIsJudgedOnThem(t *testing.T) {
	o := &options{formulas: 1000}
	strikes := func(c *cases.Case) bool { return c.Values.V == cases.WithInf }
	a, err := o.agreement(t.Context(), gen.Default, []string{`values.v == "inf" && batch >= 3`}, strikes)
	require.NoError(t, err)
	require.Less(t, a.recall(), 0.9)
	a, err = o.agreement(t.Context(), gen.Default, []string{`values.v == "inf"`}, strikes)
	require.NoError(t, err)
	require.True(t, a.agrees())
	// Of a bug that strikes others too, those aside.
	a, err = o.agreement(t.Context(), gen.Default, []string{`batch >= 2 && values.v != "zero"`}, func(c *cases.Case) bool { return c.Batch >= 2 })
	require.NoError(t, err)
	require.True(t, a.agrees())
}
