package errormap

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

func TestMapShowsWhereItIsWrong(t *testing.T) {
	p := &reference.Problem{Batch: 1, Heads: 2, KVHeads: 2, QLen: 3, KVLen: 2, HeadDim: 4, Scale: 1,
		Q: make([]float64, 24), K: make([]float64, 16), V: make([]float64, 16)}
	for i := range p.V {
		p.V[i] = float64(i + 1)
	}
	a := reference.Arithmetic{In: reference.FP32, Acc: reference.FP32, Out: reference.FP32, Exp: reference.ExpError{A: 4}}
	truth, err := reference.Attend(context.Background(), p, a, reference.Options{})
	require.NoError(t, err)
	got := append([]float64(nil), truth.Output...)
	got[12+4+2] += 1         // head 1, row 1, column 2
	got[12+8+0] = math.NaN() // head 1, row 2, column 0
	var out strings.Builder
	require.NoError(t, Write(&out, truth, got, nil, 8))
	require.Equal(t, "batch 0, head 1\n0 ....\n1 ..X.\n2 !...\n1 more heads, none of them worse\n"+Legend+"\n", out.String())
	require.Error(t, Write(&out, truth, got[1:], nil, 8))
}

func TestMapShowsWhatAnotherRunContradicts(t *testing.T) {
	p := &reference.Problem{Batch: 1, Heads: 2, KVHeads: 2, QLen: 2, KVLen: 2, HeadDim: 3, Scale: 1,
		Q: make([]float64, 12), K: make([]float64, 12), V: make([]float64, 12)}
	a := reference.Arithmetic{In: reference.FP32, Acc: reference.FP32, Out: reference.FP32}
	truth, err := reference.Attend(context.Background(), p, a, reference.Options{})
	require.NoError(t, err)
	got := append([]float64(nil), truth.Output...)
	got[6+3] = 1 // head 1, row 1, column 0: past its bound, whatever another run finds
	broken := []verdict.Place{{Head: 1, Row: 0, Column: 2}, {Head: 1, Row: 1, Column: 0}}
	var out strings.Builder
	require.NoError(t, Write(&out, truth, got, broken, 8))
	require.Equal(t, "batch 0, head 1\n0 ..R\n1 X..\n1 more heads, none of them worse\n"+Legend+"\n", out.String())
	require.ErrorContains(t, Write(&out, truth, got, []verdict.Place{{Head: 7}}, 8), "want one of the output")
}

func TestLargeHeadsAreFolded(t *testing.T) {
	p := &reference.Problem{Batch: 1, Heads: 1, KVHeads: 1, QLen: 100, KVLen: 1, HeadDim: 200, Scale: 1,
		Q: make([]float64, 20000), K: make([]float64, 200), V: make([]float64, 200)}
	a := reference.Arithmetic{In: reference.FP32, Acc: reference.FP32, Out: reference.FP32}
	truth, err := reference.Attend(context.Background(), p, a, reference.Options{})
	require.NoError(t, err)
	got := append([]float64(nil), truth.Output...)
	got[99*200+199] = 3
	var out strings.Builder
	require.NoError(t, Write(&out, truth, got, nil, 8))
	lines := strings.Split(out.String(), "\n")
	block := strings.Repeat(".", 8) // of 32 columns by fours
	blocks := strings.Repeat(block+"|", 6)
	require.Equal(t, "92 "+blocks+"..", lines[26])
	require.Equal(t, "   "+strings.Repeat("=", 56), lines[27], "row 96 begins a block of 32")
	require.Equal(t, "96 "+blocks+".X", lines[28])
	require.Contains(t, out.String(), "each sign is the worst of 4 x 4 elements")
}
