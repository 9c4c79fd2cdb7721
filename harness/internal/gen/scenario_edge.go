package gen

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
)

// edge is where a length lies beside a multiple of a block.
type edge struct {
	name  string
	delta int
}

var edges = []edge{{"less", -1}, {"whole", 0}, {"more", 1}}

// The blocks whose remainders are paired: of head_dim a tile's, of keys a traversal block's.
const (
	edgeDim = 8
	edgeKey = 32
)

// edgeScenarios and edgeRegions go through all pairs of remainders of head_dim and kv_len: a kernel that is right at every
// edge of one may be wrong where two meet.
var edgeScenarios, edgeRegions = func() (scenarios []scenario, regions []Region) {
	for _, dim := range edges {
		for _, key := range edges {
			scenarios = append(scenarios, scenario{name: fmt.Sprintf("head_dim %s, kv_len %s", dim.name, key.name), weight: 1,
				size: func(d dice, t *draft) {
					t.dim(edgeDim*d.between(1, 16) + dim.delta)
					t.KVLen, t.keepKV = edgeKey*d.spread(1, 8)+key.delta, true
				}})
			regions = append(regions, Region{
				Name:    "dim-" + dim.name + "-keys-" + key.name,
				Summary: "head_dim " + beside(dim, edgeDim) + ", kv_len " + beside(key, edgeKey),
				Holds: func(c *cases.Case) bool {
					return c.HeadDim > 1 && c.KVLen > edgeDim && (c.HeadDim-dim.delta)%edgeDim == 0 && (c.KVLen-key.delta)%edgeKey == 0
				},
			})
		}
	}
	return scenarios, regions
}()

func beside(e edge, block int) string {
	switch e.delta {
	case -1:
		return fmt.Sprintf("one less than a multiple of %d", block)
	case 1:
		return fmt.Sprintf("one more than a multiple of %d", block)
	}
	return fmt.Sprintf("a multiple of %d", block)
}
