package record

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
)

// TestACaseWithoutWorkHasNoRate: its seconds are measurements, but work by time is not one.
func TestACaseWithoutWorkHasNoRate(t *testing.T) {
	for _, x := range []struct {
		c     cases.Case
		bytes float64
	}{
		{cases.Case{Batch: 2, Heads: 1, QLen: 3, KVLen: 0, HeadDim: 8, Input: precision.FP32, LSE: true}, 2 * 3 * (8 + 1) * 4},
		{cases.Case{Batch: 2, Heads: 1, QLen: 0, KVLen: 9, HeadDim: 8, Input: precision.FP32}, 0},
		{cases.Case{Batch: 0, Heads: 1, QLen: 3, KVLen: 9, HeadDim: 8, Input: precision.FP32}, 0},
	} {
		c := normalized(t, x.c)
		require.Equal(t, Speed{BytesMoved: x.bytes}, SpeedOf(c, 1, 0.001))
		var text strings.Builder
		w, err := NewBenchWriter(&text, Header{})
		require.NoError(t, err)
		require.NoError(t, w.Add(Result{Case: c, Verdict: verdict.Verdict{Kind: verdict.Pass}, DeviceSeconds: []float64{0.001}, WallSeconds: 0.002}))
		lines := strings.Split(strings.TrimSpace(text.String()), "\n")
		last := lines[len(lines)-1]
		require.Contains(t, last, UnitDevice)
		for _, unit := range []string{UnitInstrs, UnitNominal, UnitNeeded, UnitBytes} {
			require.NotContains(t, last, " "+unit)
		}
	}
}
