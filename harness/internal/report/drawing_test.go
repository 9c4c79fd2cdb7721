package report

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAMapFitsAScreen: one column of 33 rows was drawn 60 pixels wide and 2,000 tall.
func TestAMapFitsAScreen(t *testing.T) {
	for _, x := range []struct{ rows, columns int }{{1, 1}, {33, 1}, {1, 40}, {8, 8}, {33, 64}, {56, 3}} {
		cell := cellSize(x.rows, x.columns)
		what := fmt.Sprintf("%d by %d: cells of %d", x.rows, x.columns, cell)
		require.LessOrEqual(t, x.rows*cell, 460, what)
		require.GreaterOrEqual(t, cell, 8, what)
	}
	require.Equal(t, 60, cellSize(1, 1), "a single element is seen")
	require.Equal(t, 14, cellSize(8, 8))
}
