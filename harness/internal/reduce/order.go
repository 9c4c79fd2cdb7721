package reduce

import (
	"slices"

	"attest.example/attest/harness/internal/cases"
)

// Less reports whether a is simpler than b. It is a strict total order over normalized cases (notes aside). The
// first difference decides:
//
//  1. the number of cases that run before;
//  2. how many extents of 0 the case and those before it have: one that fails with rows and keys needs no such extent, and
//     another fails for reasons of its own;
//  3. how many of them have a v_head_dim of their own: it makes less work, and would seem to matter;
//  4. the work, batch*heads*q_len*kv_len*(head_dim+v_head_dim), of the case and those before it together;
//  5. for the case itself and then for each before it, in order: batch, q_len, kv_len, head_dim, heads; plain heads
//     before grouped ones; the mask (none, causal, window, bool, additive, and what each of them adds); logsumexp;
//     scale; precisions (fp32, fp16, bf16); value regimes, with normal the simplest; layouts; the seed; any other field
//     of the table.
func Less(a, b cases.Case) bool { return newRank(a).less(newRank(b)) }

// rank is a case's place in the order: keys that are compared one after another. They hold every field of a case,
// so that two cases with the same keys are the same.
type rank []float64

func newRank(c cases.Case) rank {
	work, own, empty := c.Work(), 0.0, 0.0
	count := func(c *cases.Case) {
		for _, n := range []int{c.Batch, c.QLen, c.KVLen} {
			if n == 0 {
				empty++
			}
		}
		if c.VHeadDim > 0 {
			own++
		}
	}
	count(&c)
	for i := range c.After {
		work += c.After[i].Work()
		count(&c.After[i])
	}
	r := rank{float64(len(c.After)), empty, own, work}
	r = appendCase(r, &c)
	for i := range c.After {
		r = appendCase(r, &c.After[i])
	}
	return r
}

func (r rank) less(other rank) bool { return slices.Compare(r, other) < 0 }

func appendCase(keys rank, c *cases.Case) rank {
	for _, f := range bySimplicity {
		keys = append(keys, f.Simple.Rank(c)...)
	}
	return keys
}

var bySimplicity = cases.BySimplicity()
