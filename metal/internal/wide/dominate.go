package wide

import (
	"iter"
	"slices"
)

// inOrder lists the blocks that can be reached from the first, each before all that it leads to but by a way back, and their places in
// that list.
func inOrder(first *block) (order []*block, index map[*block]int) {
	order, index = postorder(first, func(b *block) []*block { return b.succs }), map[*block]int{}
	slices.Reverse(order)
	for n, b := range order {
		index[b] = n
	}
	return order, index
}

// waysBack are the ways from a block to one that stands no further on in the list: to the head of a loop, as a rule.
func waysBack(order []*block, index map[*block]int) iter.Seq2[*block, *block] {
	return func(yield func(from, head *block) bool) {
		for _, b := range order {
			for _, head := range b.succs {
				if index[head] <= index[b] && !yield(b, head) {
					return
				}
			}
		}
	}
}

// postorder lists the blocks that can be reached from root, each behind all that it leads to.
func postorder(root *block, next func(*block) []*block) []*block {
	var order []*block
	seen := map[*block]bool{root: true}
	type frame struct {
		b *block
		n int
	}
	stack := []frame{{root, 0}}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if to := next(top.b); top.n < len(to) {
			b := to[len(to)-1-top.n] // so that the first of two comes first when the order is reversed
			top.n++
			if !seen[b] {
				seen[b] = true
				stack = append(stack, frame{b, 0})
			}
			continue
		}
		order = append(order, top.b)
		stack = stack[:len(stack)-1]
	}
	return order
}

// dominators finds the block that each is immediately dominated by: the algorithm of Cooper, Harvey and Kennedy.
func dominators(order []*block, preds func(*block) []*block) map[*block]*block {
	at := map[*block]int{}
	for n, b := range order {
		at[b] = n
	}
	dom := map[*block]*block{order[0]: order[0]}
	common := func(a, b *block) *block { // the nearest block that dominates both
		for a != b {
			for at[a] > at[b] {
				a = dom[a]
			}
			for at[b] > at[a] {
				b = dom[b]
			}
		}
		return a
	}
	for changed := true; changed; {
		changed = false
		for _, b := range order[1:] {
			var n *block
			for _, p := range preds(b) {
				switch {
				case dom[p] == nil:
				case n == nil:
					n = p
				default:
					n = common(n, p)
				}
			}
			if dom[b] != n {
				dom[b], changed = n, true
			}
		}
	}
	return dom
}

func (w *flow) dominates(a, b *block) bool {
	for b != a && w.idom[b] != b {
		b = w.idom[b]
	}
	return a == b
}
