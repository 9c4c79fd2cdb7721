package oracle

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// written returns a case whose outputs hold the reference's own values, rounded.
func written(t *testing.T) (cases.Case, *cases.Tensors, *reference.Result) {
	t.Helper()
	c := cases.Case{Version: 1, Batch: 1, Heads: 2, KVHeads: 1, QLen: 3, KVLen: 5, HeadDim: 4, Input: precision.FP32, LSE: true}
	require.NoError(t, c.Normalize())
	tensors := cases.Materialize(c)
	a := reference.Arithmetic{In: reference.FP32, Acc: reference.FP32, Out: reference.FP32, Exp: reference.ExpError{A: 4}}
	truth, err := Truth(context.Background(), c, tensors, a, reference.Options{})
	require.NoError(t, err)
	for i, x := range truth.Output {
		tensors.Out.Set(0, i/12, i/4%3, i%4, x)
	}
	for i, x := range truth.LSE {
		tensors.LSE.Set(0, i/3, i%3, 0, x)
	}
	return c, tensors, truth
}

func TestJudge(t *testing.T) {
	tests := []struct {
		name   string
		change func(*cases.Tensors)
		kind   verdict.Kind
		where  verdict.Place
		reason string
	}{
		{"right", func(*cases.Tensors) {}, verdict.Pass, verdict.Place{}, ""},
		{"a number off", func(t *cases.Tensors) { t.Out.Set(0, 1, 2, 3, t.Out.At(0, 1, 2, 3)+1) },
			verdict.Numeric, verdict.Place{Head: 1, Row: 2, Column: 3}, "out[0,1,2,3] is"},
		{"a logsumexp off", func(t *cases.Tensors) { t.LSE.Set(0, 1, 1, 0, 9) },
			verdict.Numeric, verdict.Place{Head: 1, Row: 1, Output: "lse"}, "lse[0,1,1] is 9"},
		{"NaN is graver than a number off", func(t *cases.Tensors) { t.Out.Set(0, 0, 0, 0, 7); t.LSE.Set(0, 0, 2, 0, math.NaN()) },
			verdict.Special, verdict.Place{Row: 2, Output: "lse"}, "lse[0,0,2] is NaN where the reference accepts"},
	}
	for _, test := range tests {
		_, tensors, truth := written(t)
		test.change(tensors)
		v, err := Judge(truth, tensors)
		require.NoError(t, err)
		require.Equal(t, test.kind, v.Kind, test.name)
		require.Equal(t, 24+6, v.Elements, test.name)
		require.Contains(t, v.Reason, test.reason, test.name)
		if test.kind != verdict.Pass {
			require.Equal(t, test.where, *v.Where, test.name)
		}
	}
}

// The reference must read what is stored, wherever it lies.
func TestProblemReadsStoredValues(t *testing.T) {
	c, tensors, _ := written(t)
	strided := c
	strided.Layout.K = cases.Operand{Transpose: true, Pad: 3, Offset: 2}
	require.NoError(t, strided.Normalize())
	require.Equal(t, Problem(c, tensors).K, Problem(strided, cases.Materialize(strided)).K)
	require.Nil(t, Problem(c, tensors).Mask, "no mask is nil, not a nil pointer in an interface")
}
