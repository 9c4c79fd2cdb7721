package main

import (
	"math"

	"attest.example/attest/harness/internal/cases"
)

// eachRow visits the rows of a case: where the running maximum of a row begins, and its largest logit of each block of 32 keys
// that its threadgroup goes through. It stops where visit returns false.
func eachRow(c *cases.Case, visit func(first float64, blocks []float64) bool) {
	t := cases.Materialize(*c)
	m := c.Rows(t)
	bias, q := make([]float64, c.KVLen), make([]float64, c.HeadDim)
	group := rowsShared(c)
	for b := range c.Batch {
		for h := range c.Heads {
			begins, keys := math.Inf(-1), make([][]float64, c.KVLen)
			if t.Sinks != nil {
				begins = t.Sinks.At(0, h, 0, 0)
			}
			for r := range c.QLen {
				begin, end := spanOfRows(c, b, r/group*group, group)
				clear(bias)
				first, last := c.Span(b, r)
				if m != nil {
					first, last = m.Row(b, h, r, bias)
				}
				t.Q.Row(b, h, r, q)
				var blocks []float64
				special := false
				for k0 := begin / 32 * 32; k0 < end; k0 += 32 {
					block := math.Inf(-1)
					for k := max(first, k0); k < min(last, k0+32); k++ {
						if keys[k] == nil {
							keys[k] = make([]float64, c.HeadDim)
							t.K.Row(b, h/c.Group(), k, keys[k])
						}
						dot := 0.0
						for d, x := range keys[k] {
							dot += q[d] * x
						}
						s := dot * float64(c.EffectiveScale())
						if cap := float64(c.Softcap); cap != 0 {
							s = cap * math.Tanh(s/cap)
						}
						if s += bias[k]; !math.IsInf(bias[k], -1) {
							special = special || math.IsNaN(s) || math.IsInf(s, 1)
							block = max(block, s)
						}
					}
					blocks = append(blocks, block)
				}
				if !special && !visit(begins, blocks) { // else the row is NaN, whatever the maximum is
					return
				}
			}
		}
	}
}

// below reports whether all logits of a row that has any lie below a number, and no sink holds its maximum up.
func below(c *cases.Case, least float64) (found bool) {
	if c.Values.V == cases.Zero {
		return false
	}
	eachRow(c, func(first float64, blocks []float64) bool {
		most := first
		for _, block := range blocks {
			most = max(most, block)
		}
		found = !math.IsInf(most, -1) && most < least
		return !found
	})
	return found
}

// maximumFromZero begins the running maximum at 0: of a row far below it all exponentials are 0.
func maximumFromZero(c *cases.Case) bool { return below(c, -88.5) }

// infinityAboveLogits begins it at a number that is no infinity.
func infinityAboveLogits(c *cases.Case) bool { return below(c, -50088) }

// maximumNotCarried takes each block's own maximum: from one block to the next, what is kept is multiplied by more than fp32
// holds.
func maximumNotCarried(c *cases.Case) (found bool) {
	eachRow(c, func(most float64, blocks []float64) bool {
		for _, block := range blocks {
			if found = most > math.Inf(-1) && most-block > 88.5; found {
				return false
			}
			most = max(most, block)
		}
		return true
	})
	return found
}

// startsEmpty has nothing in a row's first block, so that minus infinity is taken from minus infinity.
func startsEmpty(c *cases.Case) (found bool) {
	eachRow(c, func(first float64, blocks []float64) bool {
		found = len(blocks) > 0 && math.IsInf(max(first, blocks[0]), -1)
		return !found
	})
	return found
}

// pastFP8 keeps scores in a format that ends at 448.
func pastFP8(c *cases.Case) (found bool) {
	eachRow(c, func(_ float64, blocks []float64) bool {
		for _, block := range blocks {
			found = found || block > 448
		}
		return !found
	})
	return found && shows(c)
}
