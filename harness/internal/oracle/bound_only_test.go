package oracle

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// What laws are held to is what the oracle would hold them to: without the sharp line, outputs, bounds and demands keep
// their bits, over whatever masks, sinks, formats and values cases have.
func TestBoundsAloneHaveTheBitsOfAll(t *testing.T) {
	stream, err := gen.NewStream(gen.Default, 19, gen.Filter{MaxWork: 300_000})
	require.NoError(t, err)
	sharper := 0
	for index := range 150 {
		c, err := stream.Case(index)
		require.NoError(t, err)
		tensors := cases.Materialize(c)
		truth := func(o reference.Options) *reference.Result {
			o.Workers = 1
			r, err := Truth(t.Context(), c, tensors, paths.ArithmeticOf(c), o)
			require.NoError(t, err)
			return r
		}
		all, bounds := truth(reference.Options{}), truth(reference.Options{BoundOnly: true})
		for name, x := range map[string][2][]float64{
			"Output": {all.Output, bounds.Output}, "LSE": {all.LSE, bounds.LSE}, "Bound": {all.Bound, bounds.Bound},
			"LSEBound": {all.LSEBound, bounds.LSEBound}, "Condition": {all.Condition, bounds.Condition}, "Sharp": {bounds.Bound, bounds.Sharp},
		} {
			require.True(t, slices.EqualFunc(x[0], x[1], sameBits), "case %d (%s): %s", index, cases.Describe(c), name)
		}
		require.True(t, slices.Equal(all.OutputDemand, bounds.OutputDemand), "case %d (%s)", index, cases.Describe(c))
		require.True(t, slices.Equal(all.LSEDemand, bounds.LSEDemand), "case %d (%s)", index, cases.Describe(c))
		if !slices.Equal(all.Sharp, all.Bound) {
			sharper++
		}
	}
	require.Greater(t, sharper, 50, "of most cases the sharp line lies below the bound, or there was nothing to leave out")
}

func sameBits(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) }
