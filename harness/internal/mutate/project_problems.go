package mutate

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// The projects' own problems: their shapes, masks and formats, with the values that they draw. Left out is what no
// forward call of this interface can express (softcap, dropout, quantised caches) and what would take a processor minutes
// (more than ownWork multiply-adds); where a list has 24 or 32 heads, it is run with an eighth of them. Of a longer
// list 48 problems are run, spread evenly.

const ownWork = 40e6

type problem struct{ batch, heads, kvHeads, q, kv, dim int }

// list makes the cases of every combination, without those that are too large.
func list(problems []problem, formats []precision.Format, masks []cases.Mask, values cases.Regime, scale float32) []cases.Case {
	var out []cases.Case
	for _, p := range problems {
		for _, f := range formats {
			for _, mask := range masks {
				c := cases.Case{
					Version: cases.Version, Batch: p.batch, Heads: p.heads, KVHeads: p.kvHeads, QLen: p.q, KVLen: p.kv, HeadDim: p.dim,
					Input: f, Mask: mask, Values: cases.Values{Seed: 42, Q: values, K: values, V: values},
				}
				if scale != 0 {
					c.Scale = &scale
				}
				if c.Work() <= ownWork && c.Normalize() == nil {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

var (
	none        = cases.Mask{}
	topLeft     = cases.Mask{Kind: cases.CausalMask, Align: cases.TopLeft}
	bottomRight = cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight}
	additive    = cases.Mask{Kind: cases.AdditiveMask, Format: precision.FP16, Shape: "11qk", Fill: cases.RandomFill, Density: 70}
	boolean     = cases.Mask{Kind: cases.BoolMask, Shape: "bhqk", Fill: cases.RandomFill, Density: 50}
	bias        = cases.Mask{Kind: cases.AdditiveMask, Format: precision.FP32, Shape: "bhqk", Fill: cases.RandomFill, Density: 100}
)

var halves = []precision.Format{precision.FP16, precision.BF16}

// test-backend-ops, FLASH_ATTN_EXT: 4 kv heads under 4 or 16 heads, uniform values, an fp16 mask or none.
func ggmlCases() []cases.Case {
	var problems []problem
	for _, dim := range []int{40, 64, 80, 96, 128, 192, 256} {
		for _, group := range []int{1, 4} {
			for _, kv := range []int{113, 512, 1024} {
				for _, q := range []int{1, 3, 32, 35} {
					problems = append(problems, problem{1, 4 * group, 4, q, kv, dim})
				}
			}
		}
	}
	return thin(list(problems, []precision.Format{precision.FP16}, []cases.Mask{none, additive}, cases.Uniform, 0))
}

// test_flash_attn_output: 6 heads, as many kv heads, 2 or 1; batch 4.
func flashCases() []cases.Case {
	var problems []problem
	for _, dim := range []int{32, 40, 59, 64, 80, 96, 111, 128, 160, 192, 224, 256} {
		for i, n := range [][2]int{{1, 147}, {113, 203}, {128, 217}, {113, 211}, {108, 256}} {
			problems = append(problems, problem{1, 6, []int{6, 2, 1}[i%3], n[0], n[1], dim})
		}
	}
	window := cases.Mask{Kind: cases.WindowMask, Align: cases.BottomRight, Left: 61, Right: 17}
	return thin(list(problems, halves, []cases.Mask{none, bottomRight, window}, cases.Normal, 0))
}

// test_transformers.py, flash and memory-efficient attention against math: one length for q, one for kv.
func torchCases() []cases.Case {
	var problems []problem
	for _, batch := range []int{1, 8} {
		for _, q := range []int{4, 8, 64, 128, 143} {
			for _, kv := range []int{4, 8, 64, 128} {
				for _, dim := range []int{8, 16, 32, 72, 96, 128} {
					problems = append(problems, problem{batch, 1, 1, q, kv, dim})
				}
			}
		}
	}
	return thin(list(problems, []precision.Format{precision.FP16, precision.BF16, precision.FP32}, []cases.Mask{none, topLeft}, cases.Normal, 0))
}

// test_fast_sdpa.py, TestSDPA.
func mlxCases() []cases.Case {
	problems := []problem{
		{1, 4, 4, 128, 128, 64}, {1, 4, 4, 64, 128, 64}, {1, 4, 1, 65, 128, 64}, {1, 4, 1, 64, 127, 64}, {1, 4, 1, 65, 127, 64},
		{1, 4, 1, 127, 65, 64}, {1, 4, 1, 128, 128, 128}, {1, 4, 1, 64, 128, 128}, {1, 4, 1, 65, 127, 128}, {1, 4, 1, 127, 65, 128},
		{2, 3, 3, 63, 63, 64}, {2, 3, 3, 129, 129, 64},
		{1, 4, 1, 1, 1, 128}, {1, 4, 1, 1, 7, 128}, {1, 4, 4, 1, 9, 128}, {1, 4, 1, 1, 32, 128}, {1, 4, 4, 1, 67, 128},
		{1, 4, 1, 1, 129, 128}, {1, 4, 4, 1, 400, 128}, {1, 4, 1, 1, 2000, 128}, {1, 8, 1, 8, 43, 64}, {1, 4, 1, 1, 4096, 64},
	}
	formats := []precision.Format{precision.FP32, precision.FP16}
	// Their values have half the deviation of ours: a quarter of the scale gives the same scores.
	var all []cases.Case
	for _, dim := range []int{64, 128} {
		var some []problem
		for _, p := range problems {
			if p.dim == dim {
				some = append(some, p)
			}
		}
		all = append(all, list(some, formats, []cases.Mask{none, bias, boolean, bottomRight}, cases.Normal, cases.DefaultScale(dim)/4)...)
	}
	return thin(all)
}

// The fused attention tutorial's test_op: fp16, standard deviation 1/2, scale 1/2.
func tritonCases() []cases.Case {
	var problems []problem
	for _, batch := range []int{1, 4} {
		for _, dim := range []int{64, 128} {
			problems = append(problems, problem{batch, 2, 2, 128, 128, dim})
		}
	}
	return list(problems, []precision.Format{precision.FP16}, []cases.Mask{none, topLeft}, cases.Normal, 0.125)
}

// The node tests of operator Attention.
func onnxCases() []cases.Case {
	problems := []problem{{2, 3, 3, 4, 6, 8}, {2, 9, 3, 4, 6, 8}, {2, 3, 3, 4, 6, 10}}
	masks := []cases.Mask{
		none, topLeft, {Kind: cases.BoolMask, Shape: "11qk", Fill: cases.RandomFill, Density: 50},
		{Kind: cases.AdditiveMask, Format: precision.FP32, Shape: "11qk", Fill: cases.RandomFill, Density: 100},
		{Kind: cases.AdditiveMask, Format: precision.FP32, Shape: "bhqk", Fill: cases.RandomFill, Density: 100},
	}
	return list(problems, []precision.Format{precision.FP32, precision.FP16}, masks, cases.Uniform, 0)
}

// SquareAttentionTest: one head, one batch, no mask.
func mfaCases() []cases.Case {
	var problems []problem
	for _, n := range [][2]int{
		{10, 3}, {10, 80}, {8, 2}, {9, 2}, {23, 2}, {24, 2}, {25, 2}, {192, 77}, {192, 80}, {93, 32}, {99, 35}, {64, 32}, {64, 34},
		{64, 36}, {64, 40}, {32, 64}, {4, 1}, {4, 2}, {384, 95},
	} {
		problems = append(problems, problem{1, 1, 1, n[0], n[0], n[1]})
	}
	return list(problems, []precision.Format{precision.FP32, precision.FP16, precision.BF16}, []cases.Mask{none}, cases.Normal, 0)
}

// most is how many problems of a list are run.
const most = 48

// thin keeps at most so many, spread evenly over the list by a stride that has no common factor with its dimensions.
func thin(all []cases.Case) []cases.Case {
	if len(all) <= most {
		return all
	}
	kept := make([]cases.Case, 0, most)
	for i := range most {
		kept = append(kept, all[i*thinStride%len(all)])
	}
	return kept
}

// thinStride is a prime larger than any list.
const thinStride = 10007
