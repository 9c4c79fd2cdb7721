package metalpath

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal"
)

// TestPartsOfKeys cuts rows' keys where it matters what a part saw: parts without a key, the sink of the first part alone, NaN
// and Inf in one of them, scores of -inf, rows that no packed entry has, pages, integers, a last part of one key.
func TestPartsOfKeys(t *testing.T) {
	p := partsPath(t, 3)
	for words, change := range map[string]func(*cases.Case){
		"plain":          func(*cases.Case) {},
		"two dispatches": func(c *cases.Case) { c.Call.Dispatches = 2 },
		"causal":         func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.CausalMask}; c.QLen = 70 },
		"a window":       func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.WindowMask, Left: 5}; c.QLen = 70 },
		"one key behind": func(c *cases.Case) { c.KVLen = 65 },
		"empty rows": func(c *cases.Case) {
			c.Mask = cases.Mask{Kind: cases.BoolMask, Shape: "bhqk", Density: 20, EmptyRows: 3}
		},
		"sinks": func(c *cases.Case) {
			c.Sinks, c.Mask = "some", cases.Mask{Kind: cases.CausalMask}
		},
		"nan in v":      func(c *cases.Case) { c.Values.V = "nan" },
		"infinite v":    func(c *cases.Case) { c.Values.V, c.HeadDim = "inf", 1 }, // of both signs in one column
		"nan in k":      func(c *cases.Case) { c.Values.K = "nan" },
		"infinite k":    func(c *cases.Case) { c.Values.K, c.KVLen = "inf", 65 }, // at times the last part's only key
		"fp16":          func(c *cases.Case) { c.Input = precision.FP16 },
		"packed":        func(c *cases.Case) { c.Lengths = cases.Lengths{Packed: 2} },
		"pages":         func(c *cases.Case) { c.Paging = cases.Paging{Page: 16} },
		"integers of v": func(c *cases.Case) { c.Quant.V = "int8" },
		"v_head_dim":    func(c *cases.Case) { c.VHeadDim = 13 },
	} {
		t.Run(words, func(t *testing.T) {
			c := cases.Case{Version: 1, Batch: 2, Heads: 2, QLen: 9, KVLen: 100, HeadDim: 16, Input: precision.FP32, LSE: true}
			change(&c)
			require.NoError(t, c.Normalize())
			for seed := range uint64(40) { // of one kernel, in no time
				c.Values.Seed = seed
				outcome, err := trial.Run(context.Background(), p, c, trial.Options{})
				require.NoError(t, err)
				require.Equal(t, verdict.Pass, outcome.Verdict.Kind, "%s: %s", cases.Describe(c), outcome.Verdict.Reason)
			}
		})
	}
}

// TestPartsAreDeclared: the bound knows of the parts, and rows that fixed parts compute do not depend on how many there are.
func TestPartsAreDeclared(t *testing.T) {
	c := square(t, func(c *cases.Case) { c.KVLen = 1000 })
	fixed := partsPath(t, 3)
	require.Equal(t, 3, fixed.Arithmetic(c).SplitKV)
	require.True(t, fixed.Promises(c).AnyRows)
	whole := hostPath(t)
	require.Zero(t, whole.Arithmetic(c).SplitKV)
	require.True(t, whole.Promises(c).AnyRows)
	gpu := &Path{cutsKeys: true}
	require.Equal(t, 1000/leastPartKeys+1, gpu.Arithmetic(c).SplitKV)
	require.False(t, gpu.Promises(c).AnyRows, "a GPU cuts by how many rows there are")
	short := square(t, func(c *cases.Case) { c.KVLen = 2*leastPartKeys - 1 })
	require.True(t, gpu.Promises(short).AnyRows, "where it never does, the promise holds")
	require.True(t, cutsKeys(metal.DeviceInfo{MaxThreadgroupMemory: 160 << 10, Processors: 132}))
	require.False(t, cutsKeys(metal.DeviceInfo{MaxThreadgroupMemory: 32 << 10, Processors: 132}))
	require.False(t, cutsKeys(metal.DeviceInfo{MaxThreadgroupMemory: 160 << 10}))
}

func partsPath(t *testing.T, parts int) *Path {
	p, err := openDevice("host", Mode{Device: HostDevice, KeyParts: parts})
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}
