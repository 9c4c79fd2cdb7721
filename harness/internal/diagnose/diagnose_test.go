package diagnose_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/diagnose"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// fault is attention in float64 with one thing wrong. A zero fault is right.
type fault struct {
	keys    func(b, h, row, key int, allowed bool) bool
	kvHead  func(b, h int) int
	scale   float64
	columns int // of q and k that count
	store   func(t *cases.Tensors, b, h, r, d int, x float64)
	after   func(c cases.Case, t *cases.Tensors) // changes what was stored
}

// attend is a path of its own: it shares no code with what explains its faults.
func (f fault) attend(c cases.Case, t *cases.Tensors) {
	for b := range c.Batch {
		for h := range c.Heads {
			kv := h / c.Group()
			if f.kvHead != nil {
				kv = f.kvHead(b, h)
			}
			for r := range c.QLen {
				f.row(c, t, b, h, kv, r)
			}
		}
	}
	if f.after != nil {
		f.after(c, t)
	}
}

// row computes one row of head h, which reads kv head kv.
func (f fault) row(c cases.Case, t *cases.Tensors, b, h, kv, r int) {
	weights := f.scores(c, t, b, h, kv, r)
	largest, sum := slices.Max(weights), 0.0
	for k, s := range weights {
		weights[k] = math.Exp(s - largest)
		sum += weights[k]
	}
	for d := range c.HeadDim {
		x := 0.0
		for k, w := range weights {
			if w > 0 {
				x += w / sum * t.V.At(b, kv, k, d)
			}
		}
		if f.store != nil {
			f.store(t, b, h, r, d, x)
		} else {
			t.Out.Set(b, h, r, d, x)
		}
	}
	if t.LSE != nil {
		t.LSE.Set(b, h, r, 0, largest+math.Log(sum))
	}
}

// scores are those of a row, -Inf of a key that it does not see.
func (f fault) scores(c cases.Case, t *cases.Tensors, b, h, kv, r int) []float64 {
	scale, columns := float64(c.EffectiveScale()), c.HeadDim
	if f.scale != 0 {
		scale = f.scale
	}
	if f.columns > 0 {
		columns = f.columns
	}
	bias, first, last := make([]float64, c.KVLen), 0, c.KVLen
	if rows := c.Rows(t); rows != nil {
		first, last = rows.Row(b, h, r, bias)
	}
	scores := make([]float64, c.KVLen)
	for k := range scores {
		allowed := k >= first && k < last
		if f.keys != nil {
			if now := f.keys(b, h, r, k, allowed); now != allowed {
				allowed, bias[k] = now, 0
			}
		}
		if !allowed {
			scores[k] = math.Inf(-1)
			continue
		}
		for d := range columns {
			scores[k] += t.Q.At(b, h, r, d) * t.K.At(b, kv, k, d)
		}
		scores[k] = scores[k]*scale + bias[k]
	}
	return scores
}

func diagnosed(t *testing.T, c cases.Case, f fault) diagnose.Diagnosis {
	t.Helper()
	c.Version = cases.Version
	require.NoError(t, c.Normalize())
	tensors := cases.Materialize(c)
	f.attend(c, tensors)
	a := naive.New().Arithmetic(c)
	truth, err := oracle.Truth(context.Background(), c, tensors, a, reference.Options{Workers: 1})
	require.NoError(t, err)
	d, err := diagnose.Of(context.Background(), diagnose.Subject{Case: c, Tensors: tensors, Truth: truth, Arithmetic: a})
	require.NoError(t, err)
	return d
}

// shape is a case with several heads, two batches and lengths that end within a block.
func shape(edit func(*cases.Case)) cases.Case {
	c := cases.Case{Batch: 2, Heads: 4, QLen: 37, KVLen: 45, HeadDim: 16, Input: precision.FP32, Values: cases.Values{Seed: 7}}
	if edit != nil {
		edit(&c)
	}
	return c
}

func causal(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.TopLeft} }

// everyElement changes the stored output.
func everyElement(change func(c cases.Case, old *cases.Tensor, b, h, r, d int) float64) func(cases.Case, *cases.Tensors) {
	return func(c cases.Case, t *cases.Tensors) {
		old := t.Out.Clone()
		for b := range c.Batch {
			for h := range c.Heads {
				for r := range c.QLen {
					for d := range c.HeadDim {
						t.Out.Set(b, h, r, d, change(c, &old, b, h, r, d))
					}
				}
			}
		}
	}
}

func lse(change func(float64) float64) func(cases.Case, *cases.Tensors) {
	return func(c cases.Case, t *cases.Tensors) {
		for b := range c.Batch {
			for h := range c.Heads {
				for r := range c.QLen {
					t.LSE.Set(b, h, r, 0, change(t.LSE.At(b, h, r, 0)))
				}
			}
		}
	}
}

func TestPlantedFaults(t *testing.T) {
	onlyIf := func(in func(b, h, r, d int) bool, wrong float64) func(cases.Case, *cases.Tensors) {
		return everyElement(func(_ cases.Case, old *cases.Tensor, b, h, r, d int) float64 {
			x := old.At(b, h, r, d)
			if in(b, h, r, d) {
				// An error that no other guess explains: of a size that differs from element to element.
				x += wrong * (1 + math.Mod(math.Abs(x)*1e4, 1)) * math.Copysign(1, math.Sin(float64(r*31+d*17+h)))
			}
			return x
		})
	}
	narrow := func(f precision.Format) func(cases.Case, *cases.Tensors) {
		return everyElement(func(_ cases.Case, old *cases.Tensor, b, h, r, d int) float64 { return f.Round(old.At(b, h, r, d)) })
	}
	for _, test := range []struct {
		name string
		c    cases.Case
		f    fault
		kind string // of the best explanation; empty: none is wanted
		sure string
		says string // in the sentence
	}{
		{"last partial key block", shape(nil), fault{keys: func(_, _, _, k int, a bool) bool { return a && k < 32 }},
			"last-key-block", "shown", "keys 32 to 44 (blocks of 16 or 32), is left out"},
		{"last key", shape(func(c *cases.Case) { c.KVLen = 64 }), fault{keys: func(_, _, _, k int, a bool) bool { return a && k < 63 }},
			"last-key", "shown", "The last key is left out"},
		{"the future", shape(causal), fault{keys: func(_, _, _, _ int, _ bool) bool { return true }},
			"future", "shown", "The future is seen"},
		{"the future within a block of rows", shape(causal), fault{keys: func(_, _, r, k int, _ bool) bool { return k <= r/8*8+7 }},
			"future", "shown", "up to the end of a key block of 8"},
		{"one key of the future", shape(causal), fault{keys: func(_, _, r, k int, _ bool) bool { return k <= r+1 }},
			"future", "shown", "one key too many"},
		{"the other corner", shape(causal), fault{keys: func(_, _, r, k int, _ bool) bool { return k <= r+8 }},
			"alignment", "shown", "aligned to the other corner"},
		{"scale left out", shape(nil), fault{scale: 1}, "scale", "shown", "The scale is left out"},
		{"base two", shape(nil), fault{scale: 0.25 * math.Ln2}, "scale", "shown", "base 2: log2(e) is missing"},
		{"kv head 0", shape(func(c *cases.Case) { c.KVHeads = 2 }), fault{kvHead: func(_, _ int) int { return 0 }},
			"kv-head", "shown", "head 0's keys and values"},
		{"kv head modulo", shape(func(c *cases.Case) { c.KVHeads = 2 }), fault{kvHead: func(_, h int) int { return h % 2 }},
			"kv-head", "shown", "kv head h modulo kv_heads"},
		{"columns of a ragged head_dim", shape(func(c *cases.Case) { c.HeadDim = 19 }), fault{columns: 16},
			"columns", "shown", "columns 16 to 18"},
		{"another head", shape(nil), fault{after: everyElement(func(_ cases.Case, old *cases.Tensor, b, h, r, d int) float64 {
			if h == 1 && b == 0 {
				h = 0
			}
			return old.At(b, h, r, d)
		})}, "other-head", "shown", "Out[0,1] holds what head 0 should"},
		{"another row", shape(nil), fault{after: everyElement(func(c cases.Case, old *cases.Tensor, b, h, r, d int) float64 {
			return old.At(b, h, (r+1)%c.QLen, d)
		})}, "other-row", "shown", "holds what row 1 should"},
		{"another batch", shape(nil), fault{after: everyElement(func(_ cases.Case, old *cases.Tensor, _, h, r, d int) float64 {
			return old.At(0, h, r, d)
		})}, "other-batch", "shown", "holds what batch 0 should"},
		{"a transposed tile", shape(func(c *cases.Case) { c.QLen = 32 }), fault{after: everyElement(func(_ cases.Case, old *cases.Tensor, b, h, r, d int) float64 {
			return old.At(b, h, r/8*8+d%8, d/8*8+r%8)
		})}, "transposed", "shown", "8 x 8 are transposed"},
		{"a factor", shape(nil), fault{after: everyElement(func(_ cases.Case, old *cases.Tensor, b, h, r, d int) float64 {
			return old.At(b, h, r, d) * 1.37
		})}, "factor", "shown", "1.37 times"},
		{"an offset", shape(nil), fault{after: everyElement(func(_ cases.Case, old *cases.Tensor, b, h, r, d int) float64 {
			return old.At(b, h, r, d) + 0.125
		})}, "offset", "shown", "off by the same 0.125"},
		{"rounded", shape(nil), fault{after: narrow(precision.BF16)}, "rounded", "shown", "rounded to bf16"},
		{"rounded finer", shape(nil), fault{after: narrow(precision.FP16)}, "rounded", "shown", "rounded to fp16"},
		{"truncated", shape(nil), fault{after: everyElement(func(_ cases.Case, old *cases.Tensor, b, h, r, d int) float64 {
			return float64(math.Float32frombits(math.Float32bits(float32(old.At(b, h, r, d))) &^ 0xffff))
		})}, "truncated", "shown", "cut off to bf16"},
		{"lse in base 2", shape(func(c *cases.Case) { c.LSE = true }), fault{after: lse(func(x float64) float64 { return x * math.Log2E })},
			"factor", "shown", "A logsumexp in base 2"},
		{"zeros in one head", shape(nil), fault{after: everyElement(func(_ cases.Case, old *cases.Tensor, b, h, r, d int) float64 {
			if h == 2 {
				return 0
			}
			return old.At(b, h, r, d)
		})}, "zero", "likely", "only head 2 of 4"},
		{"rows from 8 on of a block", shape(nil), fault{after: onlyIf(func(_, _, r, _ int) bool { return r%16 >= 8 }, 0.3)},
			"", "", "rows from 8 on of each block of 16"},
		{"columns past 8", shape(nil), fault{after: onlyIf(func(_, _, _, d int) bool { return d >= 8 }, 0.3)},
			"", "", "columns from 8 on"},
		{"batch 1", shape(func(c *cases.Case) { c.Batch = 3 }), fault{after: onlyIf(func(b, _, _, _ int) bool { return b >= 1 }, 0.3)},
			"", "", "all batches but the first"},
		{"a stripe", shape(nil), fault{after: onlyIf(func(_, _, r, _ int) bool { return r%16 == 5 }, 0.3)},
			"", "", "row 5 of each block of 16"},
		{"above the diagonal", shape(func(c *cases.Case) {
			causal(c)
			c.QLen, c.KVLen = 37, 20
		}), fault{after: onlyIf(func(_, _, r, _ int) bool { return r < 19 }, 0.3)},
			"", "", "exactly the rows from which the mask hides later keys"},
		{"nothing is wrong", shape(causal), fault{}, "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := diagnosed(t, test.c, test.f)
			sentence := d.Sentence()
			if test.kind == "" {
				for _, w := range d.What {
					require.NotEqual(t, "shown", w.Sure, "%v", w)
					require.NotEqual(t, "likely", w.Sure, "%v", w)
				}
			} else {
				require.NotEmpty(t, d.What, sentence)
				require.Equal(t, test.kind, d.What[0].Kind, sentence)
				require.Equal(t, test.sure, d.What[0].Sure, sentence)
			}
			require.Contains(t, sentence, test.says)
			if test.says == "" {
				require.Empty(t, sentence)
			}
		})
	}
}

// A case of one element cannot show what happened, whatever it fits.
func TestOneElementProvesNothing(t *testing.T) {
	c := cases.Case{Batch: 1, Heads: 1, QLen: 1, KVLen: 2, HeadDim: 1, Input: precision.FP32, Values: cases.Values{Seed: 3}}
	d := diagnosed(t, c, fault{keys: func(_, _, _, k int, a bool) bool { return a && k < 1 }})
	for _, w := range d.What {
		require.Equal(t, "possible", w.Sure, "%v", w)
	}
	require.NotContains(t, d.Sentence(), "shown")
}

// What is left from the case before is found by its own output and by its own scale.
func TestStale(t *testing.T) {
	before := shape(func(c *cases.Case) { c.Values.Seed = 99; s := float32(0.7); c.Scale = &s })
	before.Version = cases.Version
	require.NoError(t, before.Normalize())
	c := shape(func(c *cases.Case) { c.After = []cases.Case{before} })
	d := diagnosed(t, c, fault{scale: 0.7})
	require.Equal(t, "stale", d.What[0].Kind, d.Sentence())
	require.Contains(t, d.Sentence(), "its scale still counts")
	d = diagnosed(t, c, fault{after: func(_ cases.Case, to *cases.Tensors) {
		from := cases.Materialize(before)
		fault{}.attend(before, from)
		copy(to.Out.Data, from.Out.Data)
	}})
	require.Contains(t, d.Sentence(), "its output still stands there")
	require.Equal(t, "shown", d.What[0].Sure)
}

// Noise past the bounds is explained by nothing.
func TestNoiseIsNotExplained(t *testing.T) {
	state := uint64(12345)
	noise := func() float64 {
		state = state*6364136223846793005 + 1442695040888963407
		return float64(state>>11)/(1<<53) - 0.5
	}
	for range 20 {
		d := diagnosed(t, shape(func(c *cases.Case) { c.Batch, c.Heads = 1, 2; c.Values.Seed = state }), fault{
			after: everyElement(func(_ cases.Case, old *cases.Tensor, b, h, r, d int) float64 { return old.At(b, h, r, d) + noise() }),
		})
		for _, w := range d.What {
			require.NotContains(t, []string{"shown", "likely"}, w.Sure, strings.TrimSpace(w.Summary))
		}
	}
}

// An element that holds what was there before the call was not written, and one that holds another NaN was computed. One
// element shows either.
func TestNeverWritten(t *testing.T) {
	for _, format := range []precision.Format{precision.FP32, precision.FP16, precision.BF16} {
		for _, lse := range []bool{false, true} {
			c := cases.Case{Batch: 1, Heads: 2, QLen: 3, KVLen: 4, HeadDim: 1, Input: format, LSE: lse, Values: cases.Values{Seed: 3}}
			last := func(write func(*cases.Tensor, int)) fault {
				return fault{after: func(c cases.Case, to *cases.Tensors) {
					blank := cases.Materialize(c) // holds poison
					at, from := &to.Out, &blank.Out
					if lse {
						at, from = to.LSE, blank.LSE
					}
					size := at.Format.Size()
					i := at.Index(0, 1, 2, 0)
					copy(at.Data[i*size:(i+1)*size], from.Data[i*size:(i+1)*size])
					write(at, i)
				}}
			}
			d := diagnosed(t, c, last(func(*cases.Tensor, int) {}))
			require.Equal(t, "unwritten", d.What[0].Kind, d.Sentence())
			require.Contains(t, d.Sentence(), "Elements that were never written: 1 of 1 wrong elements agree.")
			d = diagnosed(t, c, last(func(at *cases.Tensor, i int) { at.Format.Put(at.Data, i, math.NaN()) }))
			require.Equal(t, "nan", d.What[0].Kind, d.Sentence())
			require.NotContains(t, d.Sentence(), "never written")
		}
	}
}
