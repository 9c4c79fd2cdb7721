package campaign

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/picture"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// planted is the naive path with a bug in the weights, or in the values.
type planted struct {
	paths.Path
	attend func(ctx context.Context, inner paths.Path, c cases.Case, t *cases.Tensors) (paths.Timing, error)
}

func (p planted) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	return p.attend(ctx, p.Path, c, t)
}

func (p planted) Arithmetic(c cases.Case) reference.Arithmetic { return p.Path.Arithmetic(c) }

func weighed(t *testing.T, c cases.Case, p planted) *picture.Picture {
	t.Helper()
	require.NoError(t, c.Normalize())
	pic := &picture.Picture{Batch: c.Batch, Heads: c.Heads, QLen: c.QLen, KVLen: c.KVLen, HeadDim: c.HeadDim, Output: "out"}
	tester := &engine.Tester{NewPath: func(context.Context) (paths.Path, error) { return p, nil }}
	require.NoError(t, weigh(t.Context(), tester, c, pic))
	return pic
}

// A kernel that sees one key too many under a causal mask has wrong weights from there to the left of each row, and the
// key after the diagonal, which should have none, has one.
func TestWeightsOfACausalMaskWithOneKeyTooMany(t *testing.T) {
	c := cases.Case{Version: cases.Version, Batch: 1, Heads: 2, QLen: 5, KVLen: 7, HeadDim: 3, Input: precision.FP32, Mask: cases.Mask{Kind: cases.CausalMask}}
	leaky := planted{naive.New(), func(ctx context.Context, inner paths.Path, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
		c.Mask = cases.Mask{Kind: cases.WindowMask, Left: -1, Right: 1, Align: cases.TopLeft}
		return inner.Attend(ctx, c, t)
	}}
	p := weighed(t, c, leaky)
	require.Len(t, p.Keys, 1, "both heads are alike")
	for r, row := range p.Keys[0].Cells {
		for k, cell := range row {
			require.Equal(t, k <= r+1, picture.Class(cell) >= 5, "row %d, key %d: %v", r, k, cell)
		}
	}
	require.Equal(t, "with v one key at a time, 40 of 70 weights are wrong, of 5 rows and 6 keys", p.Note)
}

// Where the weights are right there is no map, and that is told.
func TestWeightsOfAKernelThatSpoilsItsOutput(t *testing.T) {
	c := cases.Case{Version: cases.Version, Batch: 1, Heads: 1, QLen: 2, KVLen: 4, HeadDim: 4, Input: precision.FP32}
	right := planted{naive.New(), func(ctx context.Context, inner paths.Path, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
		return inner.Attend(ctx, c, t)
	}}
	p := weighed(t, c, right)
	require.Empty(t, p.Keys)
	require.Contains(t, p.Note, "every weight is right")
	c.Call.Repeat = 1
	require.Contains(t, weighed(t, c, right).Note, "depends on calls before it")
	c.Call.Repeat, c.KVLen = 0, 300
	require.Contains(t, weighed(t, c, right).Note, "too large")
	c.KVLen, c.Quant = 4, cases.Quant{V: cases.Int8, Scales: cases.RowScales}
	require.Contains(t, weighed(t, c, right).Note, "cannot be written in integers")
	c.Quant, c.Batch, c.Layout.V.Strides = cases.Quant{}, 2, cases.Strides{0, 16, 4, 1}
	require.Contains(t, weighed(t, c, right).Note, "share memory")
}
