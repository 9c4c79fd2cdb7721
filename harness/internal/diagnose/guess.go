package diagnose

import (
	"fmt"
	"math"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/reference"
)

// guess is attention with one thing changed.
type guess struct {
	kind, words string
	change      func(*reference.Problem)
}

// rowMask is a mask as a function of the row.
type rowMask func(batch, head, row int, bias []float64) (first, last int)

// Row implements reference.Mask.
func (f rowMask) Row(batch, head, row int, bias []float64) (first, last int) {
	return f(batch, head, row, bias)
}

// rowOf asks a mask that may be nil.
func rowOf(m reference.Mask, batch, head, row int, bias []float64) (first, last int) {
	if m == nil {
		clear(bias)
		return 0, len(bias)
	}
	return m.Row(batch, head, row, bias)
}

// guesses lists what kernels get wrong, for a case.
func guesses(c *cases.Case, t *cases.Tensors) []guess {
	var list []guess
	list = append(list, keyGuesses(c)...)
	list = append(list, maskGuesses(c, t)...)
	list = append(list, scaleGuesses(c)...)
	list = append(list, headGuesses(c)...)
	list = append(list, columnGuesses(c)...)
	return append(list, staleGuesses(c, t)...)
}

// keyGuesses leave keys out, or take in what lies behind the last.
func keyGuesses(c *cases.Case) []guess {
	var list []guess
	done := map[int]bool{}
	only := func(kind, words string, from, to int) {
		list = append(list, guess{kind: kind, words: words, change: func(p *reference.Problem) {
			inner := p.Mask
			p.Mask = rowMask(func(b, h, r int, bias []float64) (int, int) {
				first, last := rowOf(inner, b, h, r, bias)
				first, last = max(first, from), min(last, to)
				return min(first, last), last
			})
		}})
	}
	blocks := map[int][]string{} // what a block size leaves of the keys
	for _, block := range []int{8, 16, 32, 64, 128, 256} {
		from := c.KVLen / block * block
		blocks[from] = append(blocks[from], fmt.Sprint(block))
	}
	for from, sizes := range blocks {
		if from < c.KVLen && from > 0 {
			done[from] = true
			only("last-key-block", fmt.Sprintf("the last partial key block, keys %d to %d (blocks of %s), is left out",
				from, c.KVLen-1, strings.Join(sizes, " or ")), 0, from)
		}
	}
	for _, block := range []int{8, 16, 32, 64, 128} {
		if block >= c.KVLen {
			break
		}
		only("first-key-block", fmt.Sprintf("the first key block, keys 0 to %d, is left out", block-1), block, c.KVLen)
		if !done[block] {
			only("first-keys-only", fmt.Sprintf("only the first key block, keys 0 to %d, is read", block-1), 0, block)
		}
	}
	if c.KVLen > 1 {
		if !done[c.KVLen-1] {
			only("last-key", "the last key is left out", 0, c.KVLen-1)
		}
		only("first-key", "the first key is left out", 1, c.KVLen)
	}
	done = map[int]bool{}
	for _, block := range []int{8, 16, 32, 64, 128} {
		to := (c.KVLen + block - 1) / block * block
		if to == c.KVLen || done[to] {
			continue
		}
		done[to] = true
		list = append(list, guess{kind: "past-last-key",
			words:  fmt.Sprintf("%d keys past the last one take part as zeros (block %d)", to-c.KVLen, block),
			change: func(p *reference.Problem) { padKeys(p, to) }})
	}
	return list
}

// padKeys lets rows that see the last key see further ones of zeros.
func padKeys(p *reference.Problem, to int) {
	inner, kvLen := p.Mask, p.KVLen
	grow := func(x []float64) []float64 {
		groups := p.Batch * p.KVHeads
		size := len(x) / groups // of k or of v, whose head_dims may differ
		out := make([]float64, len(x)/kvLen*to)
		for g := range groups {
			copy(out[g*size/kvLen*to:], x[g*size:(g+1)*size])
		}
		return out
	}
	p.K, p.V, p.KVLen = grow(p.K), grow(p.V), to
	p.Mask = rowMask(func(b, h, r int, bias []float64) (int, int) {
		first, last := rowOf(inner, b, h, r, bias[:kvLen])
		if last == kvLen && last > first {
			clear(bias[kvLen:])
			last = to
		}
		return first, last
	})
}

// scaleGuesses multiply the scores by another number.
func scaleGuesses(c *cases.Case) []guess {
	scale := float64(c.EffectiveScale())
	usual := float64(cases.DefaultScale(c.HeadDim))
	var list []guess
	seen := map[float64]bool{scale: true}
	for _, g := range []struct {
		value float64
		words string
	}{
		{1, "the scale is left out"}, {usual, "the scale is always 1/sqrt(head_dim)"},
		{scale * math.Log2E, "the scores are multiplied by log2(e) once too often: an exp of base-2 scores"},
		{scale * math.Ln2, "the exponential has base 2: log2(e) is missing"},
		{scale * scale, "the scale is applied twice"}, {math.Abs(scale), "the sign of the scale is lost"},
		{usual * usual, "the scale is 1/head_dim"}, {scale * usual, "1/sqrt(head_dim) comes on top of the scale"},
		{0, "all scores are equal: the output is the mean of v"},
	} {
		if seen[g.value] || !(math.Abs(g.value) <= math.MaxFloat32) {
			continue
		}
		seen[g.value] = true
		list = append(list, guess{kind: "scale", words: g.words, change: func(p *reference.Problem) { p.Scale = g.value }})
	}
	return list
}

// headGuesses read another head's or batch's operands.
func headGuesses(c *cases.Case) []guess {
	var list []guess
	group := c.Heads / c.KVHeads
	from := func(kind, words string, k, v bool, source func(b, h int) (int, int)) {
		list = append(list, guess{kind: kind, words: words, change: func(p *reference.Problem) {
			right := func(b, h int) (int, int) { return b, h / group }
			at := func(x []float64, other bool) []float64 {
				if other {
					return gather(p, x, source)
				}
				return gather(p, x, right)
			}
			p.K, p.V = at(p.K, k), at(p.V, v)
			p.KVHeads = p.Heads
		}})
	}
	both := func(kind, words string, source func(b, h int) (int, int)) {
		from(kind, words+" keys and values", true, true, source)
		from(kind, words+" keys", true, false, source)
		from(kind, words+" values", false, true, source)
	}
	if c.KVHeads > 1 {
		both("kv-head", "every head reads head 0's", func(b, _ int) (int, int) { return b, 0 })
		if group > 1 {
			both("kv-head", "head h reads kv head h modulo kv_heads:", func(b, h int) (int, int) { return b, h % c.KVHeads })
			both("kv-head", "head h reads kv head h, as without groups:", func(b, h int) (int, int) { return b, min(h, c.KVHeads-1) })
		}
		both("kv-head", "each head reads the next kv head's", func(b, h int) (int, int) { return b, (h/group + 1) % c.KVHeads })
	}
	if c.Batch > 1 {
		both("batch", "every batch reads batch 0's", func(_, h int) (int, int) { return 0, h / group })
	}
	if c.QLen > 1 && c.QLen == c.KVLen {
		list = append(list, guess{kind: "operands", words: "q and k are exchanged", change: func(p *reference.Problem) {
			if p.KVHeads == p.Heads {
				p.Q, p.K = p.K, p.Q
			}
		}})
	}
	if c.KVLen > 1 {
		list = append(list, guess{kind: "key-shift", words: "the keys lie one row beside their values", change: func(p *reference.Problem) {
			k := make([]float64, len(p.K))
			size := p.KVLen * p.HeadDim
			for g := 0; g < len(k); g += size {
				copy(k[g:g+size], p.K[g+p.HeadDim:g+size])
				copy(k[g+size-p.HeadDim:g+size], p.K[g+size-p.HeadDim:g+size])
			}
			p.K = k
		}})
		if c.VHeadDim == 0 {
			list = append(list, guess{kind: "operands", words: "the keys are used as values", change: func(p *reference.Problem) { p.V = p.K }})
		}
	}
	return list
}

// gather makes k or v with a head for every query head.
func gather(p *reference.Problem, x []float64, source func(b, h int) (int, int)) []float64 {
	size := len(x) / (p.Batch * p.KVHeads)
	out := make([]float64, 0, p.Batch*p.Heads*size)
	for b := range p.Batch {
		for h := range p.Heads {
			sb, sh := source(b, h)
			at := (sb*p.KVHeads + sh) * size
			out = append(out, x[at:at+size]...)
		}
	}
	return out
}

// columnGuesses leave columns out of the products of q and k.
func columnGuesses(c *cases.Case) []guess {
	var list []guess
	seen := map[int]bool{c.HeadDim: true, 0: true}
	for _, block := range []int{1, 8, 16, 32, 64, 128} {
		n := c.HeadDim / block * block
		if block == 1 {
			n = c.HeadDim - 1
		}
		if seen[n] {
			continue
		}
		seen[n] = true
		list = append(list, guess{kind: "columns", words: fmt.Sprintf("the products of q and k leave out columns %d to %d of head_dim", n, c.HeadDim-1),
			change: func(p *reference.Problem) {
				q := append([]float64(nil), p.Q...)
				for row := 0; row < len(q); row += p.HeadDim {
					clear(q[row+n : row+p.HeadDim])
				}
				p.Q = q
			}})
	}
	return list
}

// staleGuesses take one thing from the case that ran before.
func staleGuesses(c *cases.Case, t *cases.Tensors) []guess {
	if len(c.After) == 0 {
		return nil
	}
	before := c.After[len(c.After)-1]
	var list []guess
	take := func(what string, change func(*reference.Problem)) {
		list = append(list, guess{kind: "stale", words: "stale from the case before: its " + what + " still counts", change: change})
	}
	if before.EffectiveScale() != c.EffectiveScale() {
		take("scale", func(p *reference.Problem) { p.Scale = float64(before.EffectiveScale()) })
	}
	if before.KVLen < c.KVLen {
		take("kv_len", func(p *reference.Problem) {
			inner := p.Mask
			p.Mask = rowMask(func(b, h, r int, bias []float64) (int, int) {
				first, last := rowOf(inner, b, h, r, bias)
				last = min(last, before.KVLen)
				return min(first, last), last
			})
		})
	}
	if (before.Mask != c.Mask || before.KVOffset != c.KVOffset) && !before.Mask.IsArray() {
		other := c.Clone()
		other.Mask, other.KVOffset = before.Mask, before.KVOffset
		take("mask", func(p *reference.Problem) {
			p.Mask = nil
			if rows := other.Rows(&cases.Tensors{}); rows != nil {
				p.Mask = rows
			}
		})
	}
	if same := before.Batch == c.Batch && before.KVHeads == c.KVHeads && before.KVLen == c.KVLen && before.HeadDim == c.HeadDim; same {
		earlier := cases.Materialize(before)
		take("keys", func(p *reference.Problem) { p.K = earlier.K.Dense() })
		if before.VDim() == c.VDim() {
			take("values", func(p *reference.Problem) { p.V = earlier.V.Dense() })
			take("keys and values", func(p *reference.Problem) { p.K, p.V = earlier.K.Dense(), earlier.V.Dense() })
		}
		if t.Mask != nil && earlier.Mask != nil && before.Mask == c.Mask && before.QLen == c.QLen && before.Heads == c.Heads {
			take("mask array", func(p *reference.Problem) {
				if rows := c.Rows(earlier); rows != nil {
					p.Mask = rows
				}
			})
		}
	}
	return list
}
