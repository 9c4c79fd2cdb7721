package gen

import (
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// Preset names a distribution of cases.
type Preset string

// The presets.
const (
	// Quick hunts what breaks at once: wrong bindings, strides, masks and formats, in cases of a few blocks that run
	// in well under a millisecond each. For a commit hook, or while writing a kernel.
	Quick Preset = "quick"

	// Default hunts every kind of trouble in Regions that needs no kv_len past 32,768: all of them in any 500 cases.
	Default Preset = "default"

	// Edges hunts the last row, key and column: lengths one less and one more than a multiple of every block,
	// head_dims beside a vector or a simdgroup, slack on every operand.
	Edges Preset = "edges"

	// Long hunts what overflows or gets lost past 32,768 keys: 16-bit indices, running sums, accumulators in fp16,
	// the tail of a split over many blocks. Few rows each, sometimes a mask.
	Long Preset = "long"

	// Precision hunts rounding: heavy-tailed, huge, tiny and constant values, every input with every output,
	// unusual scales, head_dims up to 256, now and then narrow accumulators.
	Precision Preset = "precision"

	// Sizes hunts what 16 and 31 bits do not hold: more than 65,536 rows or masked keys, batch*heads past 65,535, an
	// operand of more than 2 GiB, nearly all of it slack. Everything else about such a case is small.
	Sizes Preset = "sizes"
	// Serving hunts what a server asks for: ragged batches, queries late in a cache, sinks and slopes of heads.
	Serving Preset = "serving"
	// Decode hunts what a step of decoding is made of: a few grouped queries at the end of a long cache in pages, of small
	// integers, or both.
	Decode Preset = "decode"
)

// Presets lists every preset.
func Presets() []Preset {
	return []Preset{Quick, Default, Edges, Long, Precision, Sizes, Serving, Decode}
}

// ParsePreset reads a preset's name.
func ParsePreset(name string) (Preset, error) {
	if _, ok := recipes[Preset(name)]; ok {
		return Preset(name), nil
	}
	var names []string
	for _, p := range Presets() {
		names = append(names, string(p))
	}
	return "", fmt.Errorf("preset %q: want one of %s", name, strings.Join(names, ", "))
}

// Summary is what the preset hunts, in one line.
func (p Preset) Summary() string {
	if r, ok := recipes[p]; ok {
		return r.words
	}
	return ""
}

const million = 1e6

var recipes = map[Preset]*recipe{
	Quick: {
		preset: Quick, words: "small cases: bindings, strides, masks, formats",
		scenarios: append(subset(defaultScenarios(), smallEnough), free(40)),
		work:      []choice[float64]{{70, 0.1 * million}, {30, 0.4 * million}},
		maxWork:   0.8 * million, logits: 1 << 15,
		q: smallQ, kv: smallKV, headDim: smallHeadDim, heads: 8, inputs: commonInputs, masks: commonMasks,
		mixed: 12, strided: 50, unusual: 30, scaled: 20, lse: 30, before: 4,
	},
	Default: {
		preset: Default, words: "every kind of trouble, weighted to where kernels break",
		scenarios: defaultRotation(),
		work:      []choice[float64]{{34, 1.5 * million}, {42, 6 * million}, {21, 20 * million}, {3, 40 * million}},
		maxWork:   50 * million, logits: 1 << 20,
		q: anyQ, kv: anyKV, headDim: anyHeadDim, heads: 32, inputs: commonInputs, masks: commonMasks,
		mixed: 18, narrow: 3, strided: 50, unusual: 50, scaled: 22, lse: 35, before: 4,
	},
	Edges: {
		preset: Edges, words: "lengths and head_dims beside every block, slack everywhere",
		scenarios: []scenario{free(1)},
		work:      []choice[float64]{{60, 1.5 * million}, {40, 5 * million}},
		maxWork:   12 * million, logits: 1 << 19,
		q: edgeQ, kv: edgeKV, headDim: oddHeadDim, heads: 6, inputs: commonInputs, masks: commonMasks,
		mixed: 12, strided: 75, unusual: 15, scaled: 8, lse: 40, before: 6,
	},
	Long: {
		preset: Long, words: "more than 32,768 keys, few rows",
		scenarios: longScenarios,
		work:      []choice[float64]{{50, 6 * million}, {40, 20 * million}, {10, 50 * million}},
		maxWork:   90 * million, logits: 1 << 20, minKV: 32769,
		q: fewRows, kv: longKV, headDim: func(d dice) int { return pick(d, 16, 32, 40, 64, 64, 128) }, heads: 8,
		inputs: commonInputs, masks: longMasks,
		mixed: 15, strided: 30, unusual: 45, scaled: 10, lse: 40,
	},
	Precision: {
		preset: Precision, words: "value regimes, formats, scales and large heads",
		scenarios: append(append(append(subset(valueScenarios, always), logitScenarios...), leanScenarios...), free(60)),
		work:      []choice[float64]{{40, 1.5 * million}, {45, 5 * million}, {15, 16 * million}},
		maxWork:   60 * million, logits: 1 << 19,
		q: anyQ, kv: anyKV, headDim: largeHeadDim, heads: 8,
		inputs: []choice[precision.Format]{{40, precision.FP16}, {20, precision.FP32}, {40, precision.BF16}},
		masks:  commonMasks,
		mixed:  50, narrow: 8, strided: 15, unusual: 90, scaled: 40, lse: 60, before: 2,
	},
	Sizes: sizesRecipe,
	Serving: {
		salt:   0x5e71,
		preset: Serving, words: "ragged batches: lengths of each entry, packed or padded, decode and chunks in a cache, sinks, slopes",
		scenarios: append(append(append([]scenario{}, serveScenarios...), emptyScenarios...), free(4)),
		work:      []choice[float64]{{50, 1.5 * million}, {50, 6 * million}},
		maxWork:   20 * million, logits: 1 << 19,
		q: anyQ, kv: anyKV, headDim: anyHeadDim, heads: 16, inputs: commonInputs, masks: commonMasks,
		mixed: 12, strided: 40, unusual: 30, scaled: 10, lse: 50, before: 8,
	},
	Decode: {
		salt:   0xdec0de,
		preset: Decode, words: "a few grouped queries at the end of a long cache, in pages, of int8, int4 or ggml's blocks, with sinks and softcaps",
		scenarios: decodeScenarios,
		work:      []choice[float64]{{50, 2 * million}, {50, 8 * million}},
		maxWork:   20 * million, logits: 1 << 19,
		q: anyQ, kv: anyKV, headDim: anyHeadDim, heads: 16, inputs: commonInputs, masks: commonMasks,
		mixed: 12, strided: 40, unusual: 30, scaled: 10, lse: 50, before: 8,
	},
}

var sizesRecipe = &recipe{
	preset: Sizes, words: "rows, masked keys, batch*heads and bytes past 16 and 31 bits",
	scenarios: sizeScenarios,
	work:      []choice[float64]{{1, 4 * million}},
	maxWork:   16 * million, logits: 1 << 20,
	q: fewRows, kv: smallKV, headDim: func(d dice) int { return d.between(1, 4) }, heads: 4,
	inputs: commonInputs, masks: longMasks,
	mixed: 15, strided: 20, unusual: 20, scaled: 10, lse: 40,
}

var longMasks = []choice[cases.MaskKind]{
	{45, cases.NoMask}, {12, cases.CausalMask}, {8, cases.WindowMask}, {18, cases.BoolMask}, {17, cases.AdditiveMask},
}

// longScenarios make sure of the regions that only long cases can reach.
var longScenarios = []scenario{
	free(10),
	{name: "long with a mask", weight: 4,
		rest: func(d dice, t *draft) { t.arrayMask(d, anyArrayKind(d), "bhqk", "11qk", "b11k", "111k") }},
	{name: "long under a causal mask", weight: 2,
		rest: func(d dice, t *draft) {
			t.drawMask(d, cases.CausalMask)
			t.Mask.Align = cases.BottomRight
		}},
	{name: "long sums in fp16", weight: 4,
		rest: func(d dice, t *draft) {
			t.input(precision.FP16)
			t.Mask, t.Scale = cases.Mask{}, nil
			t.Values.Q = pick(d, cases.Zero, cases.Subnormal, cases.Normal)
			t.Values.V = pick(d, cases.Constant, cases.Positive, cases.Overflow)
		}},
}

func always(*scenario) bool { return true }

// smallEnough scenarios leave the sizes alone, or fix small ones.
func smallEnough(k *scenario) bool {
	return k.size == nil && k.name != "free" && !strings.HasPrefix(k.name, singlePrefix) || smallScenarios[k.name]
}

var smallScenarios = map[string]bool{
	"decode": true, "decode with a float mask": true, "one key": true, "tiny, grouped, masked": true,
	"causal, ragged rows": true, "causal, bottom-right, more rows than keys": true,
	"per-example mask, grouped heads": true, "empty rows": true, "padded batch": true,
	"another stride on each operand": true, "decode, v strided otherwise than k": true,
	"again with one head": true, "eight rows, then nine": true,
}

func subset(scenarios []scenario, keep func(*scenario) bool) []scenario {
	var kept []scenario
	for i := range scenarios {
		if keep(&scenarios[i]) {
			kept = append(kept, scenarios[i])
		}
	}
	return kept
}
