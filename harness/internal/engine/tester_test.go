package engine

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
)

// keeps is a process that keeps the corner of the first diagonal for all calls of the same sizes, as a static variable
// does: a new context has it still.
type keeps struct {
	naive.Path
	kept map[[2]int]cases.Align
}

func (k *keeps) Memory(cases.Case) (cases.Allocator, error) {
	return func(_ string, bytes int) ([]byte, error) { return cases.Pages(bytes), nil }, nil
}

func (k *keeps) Restart(context.Context) error { clear(k.kept); return nil }

func (k *keeps) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	sizes := [2]int{c.QLen, c.KVLen}
	if _, known := k.kept[sizes]; !known {
		k.kept[sizes] = c.Mask.Align
	}
	c.Mask.Align = k.kept[sizes]
	return k.Path.Attend(ctx, c, t)
}

// TestACaseAfreshIsAsIfNothingHadBeenAsked: whether the second case fails is decided by the first, and by no question that
// was asked before.
func TestACaseAfreshIsAsIfNothingHadBeenAsked(t *testing.T) {
	corner := func(a cases.Align, after ...cases.Case) cases.Case {
		c := cases.Case{Version: 1, Batch: 1, Heads: 1, QLen: 3, KVLen: 9, HeadDim: 4, Input: precision.FP32, Mask: cases.Mask{Kind: cases.CausalMask, Align: a}, After: after}
		require.NoError(t, c.Normalize())
		return c
	}
	right, wrong := corner(cases.TopLeft, corner(cases.TopLeft)), corner(cases.TopLeft, corner(cases.BottomRight))
	tester := &Tester{NewPath: func(context.Context) (paths.Path, error) { return &keeps{kept: map[[2]int]cases.Align{}}, nil }, Warm: true, Afresh: true}
	defer tester.Close()
	for range 2 {
		for _, x := range []struct {
			c    cases.Case
			want verdict.Kind
		}{{wrong, verdict.Numeric}, {right, verdict.Pass}, {corner(cases.BottomRight), verdict.Pass}, {wrong, verdict.Numeric}} {
			outcome, err := tester.Try(t.Context(), x.c)
			require.NoError(t, err)
			require.Equal(t, x.want, outcome.Verdict.Kind, "%s: %s", cases.Describe(x.c), outcome.Verdict.Reason)
		}
	}
}
