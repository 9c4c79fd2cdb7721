package gen_test

import (
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
)

// TestDecodeIsDecoding: every case is of a few grouped queries over a longer cache that is in pages, of integers, or both,
// and 100 of them reach each of these and what goes with it.
func TestDecodeIsDecoding(t *testing.T) {
	regions := []string{"paged-decode", "paged-shared", "quant-decode", "quant-paged", "quant-q8_0", "quant-int4-heads", "quant-scales-of-heads",
		"quant-zero-points", "kv-offset-decode", "sinks-of-heads", "softcap", "lengths-decode"}
	for seed := range uint64(4) {
		s := mustStream(t, gen.Decode, seed, gen.Filter{})
		coverage := gen.NewCoverage()
		for i := range 100 {
			c := draw(t, s, i)
			coverage.Add(c)
			if c.QLen > 8 || c.KVLen < 4*c.QLen || c.KVHeads == c.Heads || c.Paging.Page == 0 && !c.Quant.Any() {
				t.Fatalf("case %d of seed %d: %s", i, seed, cases.Describe(c))
			}
		}
		for _, name := range regions {
			if coverage.Count(name) == 0 {
				t.Errorf("seed %d: 100 cases never lie in %s", seed, name)
			}
		}
	}
}
