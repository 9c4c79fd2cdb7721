package trigger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
)

// TestAnyOperandButOneInPages: pages hold k and v, and not q, so that their layouts strike only where nothing is in pages and that of q
// does always. From a base with k, no change of one field and hardly a generated case shows that.
func TestAnyOperandButOneInPages(t *testing.T) {
	for seed := range 4 {
		p := plant(t, "columns_apart.q || paging.page == 0 && (columns_apart.k || columns_apart.v)")
		l := New(Options{Ask: p.Ask, Fresh: stream(t, 1).Case, Seed: int64(seed), Log: t.Logf})
		apart := func(operand string, page int) cases.Case {
			c := smallest(t, `"mask":{"kind":"none"}`)
			c.KVLen, c.HeadDim, c.Paging.Page = 4, 4, page
			c.Layout.Operand(operand).Strides = cases.Strides{0, 0, 100, 2}
			require.NoError(t, c.Normalize())
			return c
		}
		found, _, err := l.Find(t.Context(), apart("k", 0))
		require.NoError(t, err)
		for _, x := range []struct {
			operand string
			page    int
			want    bool
		}{{"q", 0, true}, {"k", 0, true}, {"v", 0, true}, {"q", 2, true}, {"k", 2, false}, {"v", 2, false}} {
			c := apart(x.operand, x.page)
			require.Equal(t, x.want, found.Matches(&c), "seed %d: %s, page %d: %s", seed, x.operand, x.page, found.Trigger)
		}
	}
}
