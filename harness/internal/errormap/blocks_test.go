package errormap

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/picture"
)

func TestHalfBlocks(t *testing.T) {
	p := &picture.Picture{QLen: 24, HeadDim: 2, Hidden: 3, Maps: []picture.Map{
		{Of: [][2]int{{0, 1}, {0, 2}}, RowStep: 8, ColumnStep: 1, Cells: [][]float64{{0, 2}, {picture.Special, 0.05}, {picture.Unjudged, 50}}},
		{Of: [][2]int{{0, 0}}, RowStep: 8, ColumnStep: 1, Cells: [][]float64{{0, 0}, {0, 0}, {0, 0}}},
	}}
	var b strings.Builder
	require.NoError(t, Blocks(&b, p, 1))
	lines := strings.Split(b.String(), "\n")
	require.Equal(t, "2 heads that are alike, such as batch 0, head 1", lines[0])
	require.Equal(t, " 0 \x1b[38;5;236;48;5;231m▀\x1b[38;5;214;48;5;24m▀\x1b[0m", lines[1])
	require.Equal(t, "16 \x1b[0;38;5;244m▀\x1b[0;38;5;196m▀\x1b[0m", lines[2])
	require.Equal(t, "each cell is the worst of 8 x 1 elements", lines[3])
	require.Equal(t, "1 more maps, none of them worse", lines[4])
	require.Equal(t, "3 more heads, none of them worse", lines[5])
}

// Without colours the map of the weights has the signs of the other one, with lines at tiles and blocks.
func TestKeys(t *testing.T) {
	row := make([]float64, 34)
	row[8], row[33] = picture.Special, 4
	p := &picture.Picture{QLen: 1, KVLen: 34, Note: "2 weights", Keys: []picture.Map{{Of: [][2]int{{1, 0}}, RowStep: 1, ColumnStep: 1, Cells: [][]float64{row}}}}
	var b strings.Builder
	require.NoError(t, Keys(&b, p, 4))
	require.Equal(t, "the weights, keys across: batch 1, head 0\n0 ........ !....... ........ ........|.X\n2 weights\n", b.String())
}

// Nothing that a map without colours prints steers a terminal.
func TestNoColours(t *testing.T) {
	p := &picture.Picture{QLen: 1, KVLen: 1, Keys: []picture.Map{{Of: [][2]int{{0, 0}}, RowStep: 1, ColumnStep: 1, Cells: [][]float64{{3}}}}}
	var b strings.Builder
	require.NoError(t, Keys(&b, p, 4))
	require.NotContains(t, b.String(), "\x1b")
}
