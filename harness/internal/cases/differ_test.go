package cases

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDifferences(t *testing.T) {
	base := minimal()
	base.Mask = Mask{Kind: AdditiveMask}
	base = normalized(t, base)
	for _, test := range []struct {
		change func(*Case)
		want   []string
	}{
		{func(*Case) {}, nil},
		{func(c *Case) { c.Notes, c.After = "other", []Case{normalized(t, minimal())} }, nil},
		{func(c *Case) { c.Batch, c.Mask.Floor = 2, LowestFloor }, []string{"batch", "mask.floor"}},
		{func(c *Case) { c.Layout.Out.Transpose, c.Values.K = true, Sinks }, []string{"layout.out.transpose", "values.k"}},
		{func(c *Case) { c.Mask = Mask{Kind: BoolMask, Shape: "11qk", Density: 3} }, []string{"mask.kind"}},
		{func(c *Case) { *c = c.WithScale(0.25) }, []string{"scale"}},
		{func(c *Case) { *c = c.WithScale(0.5) }, nil}, // the default
	} {
		other := base.Clone()
		test.change(&other)
		other = normalized(t, other)
		require.Equal(t, test.want, Differences(&base, &other))
		require.Equal(t, test.want, Differences(&other, &base))
	}
}
