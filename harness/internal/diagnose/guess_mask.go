package diagnose

import (
	"fmt"
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/reference"
)

// maskGuesses change who may see what.
func maskGuesses(c *cases.Case, t *cases.Tensors) []guess {
	m := maskChanges{c: c, t: t}
	if c.Mask.IsCausal() || c.Mask.IsWindow() {
		m.future()
		m.alignment()
	}
	if c.Mask.IsWindow() {
		m.window()
	}
	if t.Mask != nil {
		return append(m.list, arrayGuesses(c, t.Mask)...)
	}
	return m.list
}

// maskChanges gathers guesses that put another mask over a case's own array.
type maskChanges struct {
	c    *cases.Case
	t    *cases.Tensors
	list []guess
}

// with applies the mask of an edited case.
func (m *maskChanges) with(kind, words string, edit func(*cases.Case)) {
	other := m.c.Clone()
	edit(&other)
	m.list = append(m.list, guess{kind: kind, words: words, change: func(p *reference.Problem) {
		p.Mask = nil
		if rows := other.Rows(m.t); rows != nil {
			p.Mask = rows
		}
	}})
}

// span changes which keys [first, last) a row sees; the array applies to them.
func (m *maskChanges) span(kind, words string, change func(row, first, last int) (int, int)) {
	c, array := m.c, m.t.Mask
	m.list = append(m.list, guess{kind: kind, words: words, change: func(p *reference.Problem) {
		p.Mask = rowMask(func(b, h, r int, bias []float64) (int, int) {
			first, last := c.Span(b, r)
			first, last = change(r, first, last)
			first, last = max(first, 0), min(last, c.KVLen)
			if last <= first {
				return 0, 0
			}
			clear(bias[first:last])
			if array != nil {
				for k := first; k < last; k++ {
					bias[k] = biasOf(array, b, h, r, k)
				}
			}
			return first, last
		})
	}})
}

// future moves the right edge: rows see later keys, or not their own.
func (m *maskChanges) future() {
	m.with("future", "the future is seen: the diagonal of the mask is ignored", func(o *cases.Case) {
		o.Mask.Align, o.Mask.Window, o.Mask.Left, o.Mask.Right, o.KVOffset = "", false, 0, 0, 0
		if !o.Mask.IsArray() {
			o.Mask = cases.Mask{}
		}
	})
	m.span("future", "each row sees one key too many", func(_, first, last int) (int, int) { return first, last + 1 })
	m.span("diagonal", "each row lacks its last key", func(_, first, last int) (int, int) { return first, last - 1 })
	for _, block := range []int{4, 8, 16, 32, 64} {
		m.span("future", fmt.Sprintf("the future is seen up to the end of a key block of %d", block), func(_, first, last int) (int, int) {
			return first, (last + block - 1) / block * block
		})
		m.span("future", fmt.Sprintf("the future is seen up to the diagonal of the last of %d rows", block), func(row, first, last int) (int, int) {
			return first, last + block - 1 - row%block
		})
	}
}

// alignment moves the diagonal.
func (m *maskChanges) alignment() {
	if m.c.KVOffset > 0 {
		m.with("alignment", "kv_offset is ignored: the first row stands at the first key", func(o *cases.Case) { o.KVOffset = 0 })
	}
	if m.c.QLen != m.c.KVLen {
		m.with("alignment", "the diagonal is aligned to the other corner", func(o *cases.Case) {
			if o.Mask.Align == cases.BottomRight {
				o.Mask.Align = cases.TopLeft
			} else {
				o.Mask.Align = cases.BottomRight
			}
		})
	}
}

// window moves or opens one of a window's edges.
func (m *maskChanges) window() {
	m.span("window", "the left edge of the window is ignored", func(_, _, last int) (int, int) { return 0, last })
	m.span("window", "the right edge of the window is ignored", func(_, first, _ int) (int, int) { return first, m.c.KVLen })
	m.span("window", "the window begins one key too late", func(_, first, last int) (int, int) { return first + 1, last })
	m.span("window", "the window begins one key too early", func(_, first, last int) (int, int) { return first - 1, last })
}

// arrayGuesses read the mask array in a wrong way.
func arrayGuesses(c *cases.Case, m *cases.MaskArray) []guess {
	var list []guess
	as := func(kind, words string, bias func(b, h, r, k int) float64) {
		list = append(list, guess{kind: kind, words: words, change: func(p *reference.Problem) {
			p.Mask = rowMask(func(b, h, r int, into []float64) (int, int) {
				first, last := c.Span(b, r)
				for k := first; k < last; k++ {
					into[k] = bias(b, h, r, k)
				}
				return first, last
			})
		}})
	}
	as("mask-ignored", "the mask array is ignored", func(int, int, int, int) float64 { return 0 })
	if m.Shape[0] > 1 {
		as("mask-batch", "every batch reads the mask of batch 0", func(_, h, r, k int) float64 { return biasOf(m, 0, h, r, k) })
	}
	if m.Shape[1] > 1 {
		as("mask-head", "every head reads the mask of head 0", func(b, _, r, k int) float64 { return biasOf(m, b, 0, r, k) })
	}
	if m.Shape[2] > 1 {
		as("mask-row", "every row reads the first row of the mask", func(b, h, _, k int) float64 { return biasOf(m, b, h, 0, k) })
		as("mask-row", "rows read the mask of the row after them", func(b, h, r, k int) float64 { return biasOf(m, b, h, r+1, k) })
		as("mask-transposed", "rows and keys of the mask are exchanged", func(b, h, r, k int) float64 { return biasOf(m, b, h, k, r) })
	}
	if c.Mask.Kind == cases.BoolMask {
		as("mask-inverted", "the mask is inverted: what it allows is forbidden", func(b, h, r, k int) float64 {
			if biasOf(m, b, h, r, k) == 0 {
				return math.Inf(-1)
			}
			return 0
		})
		return list
	}
	scale := float64(c.EffectiveScale())
	for _, f := range []struct {
		factor float64
		words  string
	}{{scale, "the additive mask is multiplied by the scale too"}, {1 / scale, "the additive mask is divided by the scale"},
		{math.Log2E, "the additive mask is multiplied by log2(e)"}, {math.Ln2, "the additive mask is multiplied by ln(2), as if it were in base 2"},
		{-1, "the additive mask is subtracted"}} {
		if f.factor == 1 || !finite(f.factor) {
			continue
		}
		as("mask-scaled", f.words, func(b, h, r, k int) float64 {
			x := biasOf(m, b, h, r, k)
			if math.IsInf(x, -1) {
				return x
			}
			return x * f.factor
		})
	}
	return list
}

func biasOf(m *cases.MaskArray, b, h, r, k int) float64 {
	return m.Bias(min(b, m.Shape[0]-1), min(h, m.Shape[1]-1), min(r, m.Shape[2]-1), min(k, m.Shape[3]-1))
}
