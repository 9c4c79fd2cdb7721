package relation

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
)

// bug is a path with one defect: it may change what the reference reads, or what it wrote.
type bug struct {
	exact
	before func(c *cases.Case, t *cases.Tensors)
	after  func(c *cases.Case, t *cases.Tensors)
}

func (b bug) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	read := t.Clone()
	if b.before != nil {
		c = c.Clone()
		b.before(&c, read)
	}
	timing, err := b.exact.Attend(ctx, c, read)
	if err == nil && b.after != nil {
		b.after(&c, read)
	}
	copy(t.Out.Data, read.Out.Data)
	if t.LSE != nil {
		copy(t.LSE.Data, read.LSE.Data)
	}
	return timing, err
}

// plain is a case on which every bug below shows: several batches, grouped heads, more keys than a block, logsumexp.
func plain(t *testing.T, seed uint64, mask cases.Mask) cases.Case {
	return normalized(t, cases.Case{Batch: 2, Heads: 4, KVHeads: 2, QLen: 33, KVLen: 70, HeadDim: 8, Input: precision.FP32, LSE: true, Mask: mask, Layout: cases.Layout{K: cases.Operand{Pad: 2}},
		Values: cases.Values{Seed: seed}})
}

var (
	causal   = cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight}
	topLeft  = cases.Mask{Kind: cases.CausalMask, Align: cases.TopLeft}
	boolean  = cases.Mask{Kind: cases.BoolMask}
	padding  = cases.Mask{Kind: cases.BoolMask, Shape: "b11k", Fill: cases.PaddingFill}
	additive = cases.Mask{Kind: cases.AdditiveMask}
)

func rowsOf(t *cases.Tensor, do func(b, h, r int)) {
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				do(b, h, r)
			}
		}
	}
}

// each changes every number of a tensor.
func each(t *cases.Tensor, change func(x float64) float64) {
	rowsOf(t, func(b, h, r int) {
		for d := range t.Shape[3] {
			t.Set(b, h, r, d, change(t.At(b, h, r, d)))
		}
	})
}

func addTo(t *cases.Tensor, b, h, r int, x float64) {
	for d := range t.Shape[3] {
		t.Set(b, h, r, d, t.At(b, h, r, d)+x)
	}
}

// brokenLaws is a bug, and laws of which it must break at least these.
type brokenLaws struct {
	name string
	mask cases.Mask
	bug  bug
	laws []string
}

func bugs() []brokenLaws {
	calls := 0
	return []brokenLaws{
		{"future keys leak past the first block", topLeft, bug{after: func(_ *cases.Case, t *cases.Tensors) {
			for b := range t.Out.Shape[0] { // key 64 adds a trace of its v to row 10
				addTo(&t.Out, b, 0, 10, 1e-6*t.V.At(b, 0, 64, 0))
			}
		}}, []string{"future"}},
		{"a forbidden key leaks into the logsumexp alone", topLeft, bug{after: func(_ *cases.Case, t *cases.Tensors) {
			for b := range t.LSE.Shape[0] {
				addTo(t.LSE, b, 1, 3, 1e-5*t.K.At(b, 0, 69, 0))
			}
		}}, []string{"future"}},
		{"NaN in masked slots reaches the output by 0*NaN", padding, bug{after: func(c *cases.Case, t *cases.Tensors) {
			for d := range c.HeadDim {
				poison := 0.0
				for k := range c.KVLen {
					poison += 0 * t.V.At(1, 0, k, d)
				}
				t.Out.Set(1, 0, 0, d, t.Out.At(1, 0, 0, d)+poison)
			}
		}}, []string{"masked-slots"}},
		{"every batch reads the keys of the first", cases.Mask{}, bug{before: func(c *cases.Case, t *cases.Tensors) {
			t.K.Strides[0] = 0
		}}, []string{"independent-heads", "permute-batches", "blind-row"}},
		{"query head h uses kv head h mod kv_heads", cases.Mask{}, bug{before: interleaved}, []string{"gqa-expand", "independent-heads", "permute-heads"}},
		{"the mask's columns are off by one", boolean, bug{before: func(_ *cases.Case, t *cases.Tensors) {
			rowsOf(&t.Mask.Tensor, func(b, h, r int) {
				for k := t.Mask.Shape[3] - 1; k > 0; k-- {
					t.Mask.SetBias(b, h, r, k, t.Mask.Bias(b, h, r, k-1))
				}
			})
		}}, []string{"permute-keys", "blind-row"}},
		{"mask rows broadcast that must not", boolean, bug{before: func(_ *cases.Case, t *cases.Tensors) {
			t.Mask.Strides[2] = 0
		}}, []string{"permute-rows"}},
		{"causal is aligned top-left whatever the case says", causal, bug{before: func(c *cases.Case, _ *cases.Tensors) {
			if c.Mask.Kind == cases.CausalMask {
				c.Mask.Align = cases.TopLeft
			}
		}}, []string{"restate-mask"}},
		{"no rescale after the first block", cases.Mask{}, bug{after: func(c *cases.Case, t *cases.Tensors) {
			rowsOf(&t.Out, func(b, h, r int) { // weights of keys past the first block are a percent too small
				if c.KVLen <= 64 {
					return
				}
				for d := range c.HeadDim {
					t.Out.Set(b, h, r, d, t.Out.At(b, h, r, d)-0.01*t.V.At(b, h/c.Group(), 65, d))
				}
			})
		}}, []string{"permute-keys", "ones", "zero-q", "split-merge"}},
		{"weights do not add up to 1", cases.Mask{}, bug{after: func(c *cases.Case, t *cases.Tensors) {
			each(&t.Out, func(x float64) float64 { return 1.01 * x })
		}}, []string{"ones", "zero-q"}},
		{"an output far outside", cases.Mask{}, bug{after: func(c *cases.Case, t *cases.Tensors) {
			addTo(&t.Out, c.Batch-1, c.Heads-1, c.QLen-1, 50)
		}}, []string{"hull", "scale-v", "split-v", "ones"}},
		{"outputs are clamped at 0", cases.Mask{}, bug{after: func(c *cases.Case, t *cases.Tensors) {
			each(&t.Out, func(x float64) float64 { return max(0, x) })
		}}, []string{"scale-v", "split-v"}},
		{"an additive mask is clamped at 0", additive, bug{before: func(_ *cases.Case, t *cases.Tensors) {
			rowsOf(&t.Mask.Tensor, func(b, h, r int) {
				for k := range t.Mask.Shape[3] {
					t.Mask.SetBias(b, h, r, k, min(t.Mask.Bias(b, h, r, k), 0))
				}
			})
		}}, []string{"shift-logits"}},
		{"the logsumexp is of base 2", cases.Mask{}, bug{after: func(_ *cases.Case, t *cases.Tensors) {
			each(t.LSE, func(x float64) float64 { return x * math.Log2E })
		}}, []string{"split-merge", "zero-q"}},
		{"a negative scale loses its sign", cases.Mask{}, bug{before: func(c *cases.Case, _ *cases.Tensors) {
			*c = c.WithScale(float32(math.Abs(float64(c.EffectiveScale()))))
		}}, []string{"negate-scale"}},
		{"any cap is taken for a cap of 1", cases.Mask{}, bug{before: func(c *cases.Case, _ *cases.Tensors) {
			c.Softcap = min(c.Softcap, 1)
		}}, []string{"softcap-far"}},
		{"the scale is ignored", cases.Mask{}, bug{before: func(c *cases.Case, _ *cases.Tensors) {
			*c = c.WithScale(1)
		}}, []string{"fold-scale", "negate-scale"}},
		{"order BSHD is read as BHSD", cases.Mask{}, bug{before: func(_ *cases.Case, t *cases.Tensors) {
			if s := &t.Q.Strides; s[1] < s[2] {
				s[1], s[2] = s[3]*t.Q.Shape[3]*t.Q.Shape[2], s[3]*t.Q.Shape[3]
			}
		}}, []string{"relayout"}},
		{"rows of a tile share their first query", cases.Mask{}, bug{before: func(c *cases.Case, t *cases.Tensors) {
			rowsOf(&t.Q, func(b, h, r int) {
				if r%8 == 7 {
					t.Q.Set(b, h, r, 0, t.Q.At(b, h, r-7, 0))
				}
			})
		}}, []string{"permute-rows"}},
		{"a row adds up over its neighbours", cases.Mask{}, bug{after: func(c *cases.Case, t *cases.Tensors) {
			rowsOf(&t.Out, func(b, h, r int) {
				sum := 0.0
				rowsOf(&t.Q, func(b, h, r int) { sum += t.Q.At(b, h, r, 0) })
				if r == 0 && h == 0 && b == 0 {
					addTo(&t.Out, b, h, r, 1e-3*sum)
				}
			})
		}}, []string{"independent-rows"}},
		{"more than eight rows go to a kernel that rounds otherwise", cases.Mask{}, bug{after: func(c *cases.Case, t *cases.Tensors) {
			if c.QLen > 8 {
				rowsOf(&t.Out, func(b, h, r int) { t.Out.Set(b, h, r, 0, t.Out.At(b, h, r, 0)*(1+0x1p-22)) })
			}
		}}, []string{"fewer-rows"}},
		{"lengths of batch entries are dropped", cases.Mask{}, bug{before: func(c *cases.Case, t *cases.Tensors) {
			c.Lengths, t.Ranges = cases.Lengths{}, nil
		}}, []string{"masked-slots", "entry-alone", "restate-mask"}},
		{"a sink of -Inf counts as one of -20", cases.Mask{}, bug{before: func(_ *cases.Case, t *cases.Tensors) {
			if t.Sinks != nil {
				for h := range t.Sinks.Shape[1] {
					t.Sinks.Set(0, h, 0, 0, max(-5, t.Sinks.At(0, h, 0, 0)))
				}
			}
		}}, []string{"sink-none"}},
		{"a chunk of a prompt begins at the first key", topLeft, bug{before: func(c *cases.Case, _ *cases.Tensors) {
			c.KVOffset = 0
		}}, []string{"chunks"}},
		{"the diagonal begins at the end of the cache, wherever the queries are", causal, bug{before: func(c *cases.Case, _ *cases.Tensors) {
			if c.Mask.Kind == cases.CausalMask && c.KVOffset > 0 {
				c.Mask.Align, c.KVOffset = cases.BottomRight, 0
			}
		}}, []string{"chunks", "longer-cache"}},
		{"what stands after a row of keys is added where it is a number", cases.Mask{}, bug{after: func(_ *cases.Case, t *cases.Tensors) {
			beside := t.K.Index(1, 1, 3, 0) + t.K.Shape[3]
			if x := t.K.Format.Get(t.K.Data, beside); beside < t.K.Elements && t.K.Elements > t.K.Len() && x == x {
				addTo(&t.Out, 1, 2, 4, 1e-6*x)
			}
		}}, []string{"slack"}},
		{"the second call differs in the last bit", cases.Mask{}, bug{after: func(_ *cases.Case, t *cases.Tensors) {
			calls++
			t.Out.Set(0, 0, 0, 0, t.Out.At(0, 0, 0, 0)*(1+float64(calls)*0x1p-22))
		}}, []string{"twice"}},
	}
}

// interleaved gives each query head a kv head of its own: number h mod kv_heads.
func interleaved(c *cases.Case, t *cases.Tensors) {
	if c.KVHeads == c.Heads {
		return
	}
	old := t.Clone()
	*t = cases.Tensors{Q: t.Q, K: repeated(t.K, c.Heads), V: repeated(t.V, c.Heads), Out: t.Out, LSE: t.LSE}
	rowsOf(&t.K, func(b, h, r int) {
		for d := range c.HeadDim {
			t.K.Set(b, h, r, d, old.K.At(b, h%c.KVHeads, r, d))
			t.V.Set(b, h, r, d, old.V.At(b, h%c.KVHeads, r, d))
		}
	})
	c.KVHeads = c.Heads
}

// TestBugsAreCaught: every law catches a bug that it is there for, and no bit-for-bit law objects to a sound path.
func TestBugsAreCaught(t *testing.T) {
	for _, test := range bugs() {
		t.Run(test.name, func(t *testing.T) {
			// Laws choose rows and keys by the case's name, so one case may miss what another shows.
			missing := test.laws
			for seed := uint64(0); len(missing) > 0; seed++ {
				if seed == 12 {
					t.Fatalf("laws %v hold", missing)
				}
				c := plain(t, seed, test.mask)
				if slices.Contains(test.laws, "entry-alone") {
					c.Lengths.KV = cases.RandomLengths
					c = normalized(t, c)
				}
				missing = unbroken(t, test.bug, c, missing)
			}
		})
	}
}

// unbroken returns the laws that a path keeps on a case.
func unbroken(t *testing.T, path paths.Path, c cases.Case, laws []string) (kept []string) {
	s, err := subject(path, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range laws {
		law, err := Named(name)
		if err != nil {
			t.Fatal(err)
		}
		err = law.Check(t.Context(), s)
		var v *Violation
		switch {
		case err == nil:
			kept = append(kept, name)
		case !errors.As(err, &v):
			t.Fatal(err)
		case v.Kind != kindOf(name) || v.Law != name || v.Elements == 0:
			t.Errorf("law %s reports %+v", name, v)
		default:
			t.Log(v)
		}
	}
	return kept
}

func kindOf(law string) verdict.Kind {
	if law == "twice" {
		return verdict.Nondeterministic
	}
	return verdict.Relation
}

// repeated returns a tensor of the same rows with more heads and nothing in it.
func repeated(t cases.Tensor, heads int) cases.Tensor {
	t.Shape[1], t.Offset = heads, 0
	t.Strides = [4]int{heads * t.Shape[2] * t.Shape[3], t.Shape[2] * t.Shape[3], t.Shape[3], 1}
	t.Elements = t.Shape[0] * t.Strides[0]
	t.Data = make([]byte, t.Elements*t.Format.Size())
	return t
}

// TestPathErrorsAreNotViolations: a path that fails in a further run has broken no law.
func TestPathErrorsAreNotViolations(t *testing.T) {
	s, err := subject(exact{}, plain(t, 1, topLeft))
	if err != nil {
		t.Fatal(err)
	}
	lost := errors.New("device lost")
	s.Run = func(context.Context, cases.Case, *cases.Tensors) error { return lost }
	for _, l := range Applicable(s.Case, s.Promises) {
		err := l.Check(t.Context(), s)
		var v *Violation
		if l.Runs > 0 && (!errors.Is(err, lost) || errors.As(err, &v)) {
			t.Errorf("law %s: %v, want the path's own error, wrapped", l.Name, err)
		}
	}
}
