package picture_test

import (
	"context"
	"math"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/diagnose"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/picture"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// subject is a right output of a case, changed by spoil.
func subject(t *testing.T, c cases.Case, spoil func(*cases.Tensors)) diagnose.Subject {
	t.Helper()
	c.Version = cases.Version
	require.NoError(t, c.Normalize())
	tensors := cases.Materialize(c)
	path := naive.New()
	_, err := path.Attend(context.Background(), c, tensors)
	require.NoError(t, err)
	spoil(tensors)
	truth, err := oracle.Truth(context.Background(), c, tensors, path.Arithmetic(c), reference.Options{Workers: 1})
	require.NoError(t, err)
	return diagnose.Subject{Case: c, Tensors: tensors, Truth: truth, Arithmetic: path.Arithmetic(c)}
}

func small() cases.Case {
	return cases.Case{Batch: 1, Heads: 4, QLen: 10, KVLen: 12, HeadDim: 8, Input: precision.FP32, LSE: true}
}

func TestPictureShowsTheWorstElementAndFoldsAlikeHeads(t *testing.T) {
	s := subject(t, small(), func(to *cases.Tensors) {
		for h := 1; h < 4; h++ {
			to.Out.Set(0, h, 4, 2, to.Out.At(0, h, 4, 2)+float64(h))
		}
		to.Out.Set(0, 3, 4, 2, 77)
	})
	p, err := picture.Of(context.Background(), s, nil)
	require.NoError(t, err)
	require.Equal(t, 3, p.Wrong)
	require.Equal(t, "out", p.Output)
	require.Equal(t, verdict.Place{Head: 3, Row: 4, Column: 2}, p.Worst.At)
	require.EqualValues(t, 77, p.Worst.Got)
	require.Len(t, p.Maps, 2)
	require.Equal(t, [][2]int{{0, 1}, {0, 2}, {0, 3}}, p.Maps[0].Of)
	require.Equal(t, [][2]int{{0, 0}}, p.Maps[1].Of)
	// The map of several heads is that of the worst.
	want := float64(p.Worst.Ratio)
	require.InEpsilon(t, want, p.Maps[0].Cells[4][2], 0.006)
	require.Len(t, p.Around, 7*6) // rows 1 to 7, columns 0 to 5
	require.Equal(t, "row 4 of 10", find(p.Diagnosis.Where, "row 4 of 10"))
}

func find(in, what string) string {
	for i := range in {
		if len(in)-i >= len(what) && in[i:i+len(what)] == what {
			return what
		}
	}
	return in
}

func TestPictureOfSpecialAndContradictedElements(t *testing.T) {
	s := subject(t, small(), func(to *cases.Tensors) { to.Out.Set(0, 2, 0, 1, math.NaN()) })
	p, err := picture.Of(context.Background(), s, []verdict.Place{{Head: 2, Row: 9, Column: 7}})
	require.NoError(t, err)
	require.EqualValues(t, picture.Special, p.Maps[0].Cells[0][1])
	require.EqualValues(t, picture.Contradicted, p.Maps[0].Cells[9][7])
	require.Equal(t, 2, p.Wrong)
	require.True(t, math.IsNaN(float64(p.Worst.Got)))

	text, err := json.Marshal(p)
	require.NoError(t, err)
	var second picture.Picture
	require.NoError(t, json.Unmarshal(text, &second))
	require.True(t, math.IsNaN(float64(second.Worst.Got)))
	require.Equal(t, p.Maps, second.Maps)
}

func TestPictureOfTheLogsumexp(t *testing.T) {
	s := subject(t, small(), func(to *cases.Tensors) { to.LSE.Set(0, 1, 3, 0, 5) })
	p, err := picture.Of(context.Background(), s, nil)
	require.NoError(t, err)
	require.Equal(t, "lse", p.Output)
	require.Equal(t, verdict.Place{Head: 1, Row: 3, Output: "lse"}, p.Worst.At)
	require.Len(t, p.Maps[0].Cells[0], 1)
}

func TestPicturesAreBounded(t *testing.T) {
	c := cases.Case{Batch: 4, Heads: 16, QLen: 150, KVLen: 4, HeadDim: 72, Input: precision.FP32}
	s := subject(t, c, func(to *cases.Tensors) {
		for b := range 4 {
			for h := range 16 {
				to.Out.Set(b, h, b*16+h, 70, 9) // every head is wrong in another place
			}
		}
	})
	p, err := picture.Of(context.Background(), s, nil)
	require.NoError(t, err)
	require.Len(t, p.Maps, picture.MaxMaps)
	heads := p.Hidden
	for _, m := range p.Maps {
		heads += len(m.Of)
		require.Len(t, m.Cells, 19)
		require.Len(t, m.Cells[0], 9)
	}
	require.Equal(t, 64, heads)
	text, err := json.Marshal(p)
	require.NoError(t, err)
	require.Less(t, len(text), 100_000)
}
