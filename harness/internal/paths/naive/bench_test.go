package naive

import (
	"fmt"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// BenchmarkAttend reports what a call costs, by the head_dim and by the format of the accumulators.
func BenchmarkAttend(b *testing.B) {
	for _, dim := range []int{8, 64} {
		for _, intermediate := range []precision.Format{precision.FP32, precision.FP16} {
			c := cases.Case{Version: cases.Version, Batch: 1, Heads: 2, KVHeads: 1, QLen: 65, KVLen: 129, HeadDim: dim, Input: precision.FP16,
				Intermediate: intermediate, Mask: cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight}}
			if err := c.Normalize(); err != nil {
				b.Fatal(err)
			}
			t := cases.Materialize(c)
			b.Run(fmt.Sprintf("head_dim=%d/intermediate=%s", dim, intermediate), func(b *testing.B) {
				for b.Loop() {
					if _, err := New().Attend(b.Context(), c, t); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
