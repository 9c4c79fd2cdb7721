package trial

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

func TestAHugeCaseNeedsRoom(t *testing.T) {
	huge := small(t, func(c *cases.Case) {
		c.KVLen, c.QLen, c.Batch, c.Heads, c.HeadDim, c.Layout.K.Pad = 262200, 1, 1, 1, 1, cases.MaxPad
		c.KVHeads = 0
	})
	require.Greater(t, bytesOf(huge), int64(1)<<31)
	v := crowded(huge, 3<<30)
	require.Equal(t, verdict.Unsupported, v.Kind)
	require.Contains(t, v.Reason, "GiB of memory, where 3.0 are free")
	require.Nil(t, crowded(huge, 1<<40))
	require.Nil(t, crowded(huge, 0), "where nobody knows, it is tried")
	require.Nil(t, crowded(small(t, nil), 1), "a small case is never refused")
	if runtime.GOOS == "linux" {
		require.Positive(t, availableMemory())
	}
}
