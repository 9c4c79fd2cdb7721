package gen

import (
	"math"

	"attest.example/attest/harness/internal/cases"
)

// draft is a case while it is being drawn.
type draft struct {
	cases.Case
	filter *Filter
	// Sizes that the scenario fixed: the cost bound takes from the others.
	keepBatch, keepHeads, keepQ, keepKV, keepDim bool
}

// Cost is what a case costs to run: its work, batch*heads*q_len*kv_len*(head_dim+v_head_dim) multiply-adds, and that of the
// cases before it.
func Cost(c cases.Case) float64 {
	cost := c.Work()
	for i := range c.After {
		cost += c.After[i].Work()
	}
	return cost
}

// scores is the number of logits, which a mask array may store.
func scores(c *cases.Case) float64 {
	return float64(c.Batch) * float64(c.Heads) * float64(c.QLen) * float64(c.KVLen)
}

func (t *draft) setHeads(h headCount) { t.Heads, t.KVHeads = h.heads, h.kv }

// fit makes the sizes smaller that no scenario asked for, until the case costs no more than work and has no more
// logits than the limit; false where these sizes are not enough. Two batches and two heads stay as long as they can.
func (t *draft) fit(d dice, work, logits float64) bool {
	for _, floor := range []int{2, 1} {
		for range 64 {
			excess := max(t.Work()/work, scores(&t.Case)/logits)
			if excess <= 1 {
				return true
			}
			moves := t.smaller(d, min(excess, 8), floor, t.Work() > work)
			if len(moves) == 0 {
				break
			}
			pick(d, moves...)()
		}
	}
	return t.Work() <= work && scores(&t.Case) <= logits
}

// smaller lists ways to divide the cost by up to a factor.
func (t *draft) smaller(d dice, factor float64, floor int, dim bool) []func() {
	below := func(n int) int { return max(1, min(n-1, int(math.Ceil(float64(n)/factor)))) }
	var moves []func()
	if !t.keepBatch && t.Batch > floor {
		moves = append(moves, func() { t.Batch = max(floor, below(t.Batch)) })
	}
	if !t.keepHeads && t.Heads > floor {
		shrink := func() { t.setHeads(headsUpTo(d, max(floor, below(t.Heads)), t.Heads != t.KVHeads)) }
		moves = append(moves, shrink, shrink)
	}
	if !t.keepDim && dim && t.HeadDim > 1 {
		shrink := func() { t.HeadDim = t.dimUpTo(d, below(t.HeadDim)) }
		moves = append(moves, shrink, shrink)
	}
	square := t.QLen == t.KVLen && !t.keepQ && !t.keepKV
	if !t.keepQ && t.QLen > 1 {
		moves = append(moves, func() {
			t.QLen = clampDraw(d, t.QLen, below(t.QLen))
			if square {
				t.KVLen = t.QLen
			}
		})
	}
	if !t.keepKV && !square && t.KVLen > 1 {
		moves = append(moves, func() { t.KVLen = clampDraw(d, t.KVLen, below(t.KVLen)) })
	}
	return moves
}

// dimUpTo returns a head_dim of at most so much: one that models have, if any is near.
func (t *draft) dimUpTo(d dice, limit int) int {
	for range 8 {
		if dim := anyHeadDim(d); dim <= limit && dim > limit/3 {
			return dim
		}
	}
	return limit
}
