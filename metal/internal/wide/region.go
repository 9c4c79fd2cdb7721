package wide

import (
	"maps"
	"slices"
)

// region is a piece of code that lanes go through in parts: from the branches that part them to where all are together
// again. Its blocks run under masks, one after another in the order of the layout.
type region struct {
	blocks map[*block]bool
	row    []*block
	end    *block
}

// part notes that a block's branch parts lanes, and reports whether that was news.
func (d *divergence) part(b *block) bool {
	w := d.flow
	inside := map[*block]bool{}
	for _, s := range b.succs {
		if s != w.pdom[b] {
			inside[s] = true
		}
	}
	if len(inside) == 0 {
		return false
	}
	known := d.regions[b.succs[0]]
	if known == nil && len(b.succs) > 1 {
		known = d.regions[b.succs[1]]
	}
	if known != nil && holds(known.blocks, inside) && (known.blocks[b] || w.endsBehind(b, known.end)) {
		return false
	}
	r := d.regionFrom(inside, w.pdom[b])
	for s := range r.blocks {
		d.regions[s] = r
	}
	d.ends = map[*block]bool{}
	for _, r := range d.regions {
		d.ends[r.end] = true
	}
	return true
}

// regionFrom grows a region from the first blocks on the sides of a branch: all that lies between the branch and the end,
// with every region that it touches and every loop that lanes leave at different turns. The end moves on as it grows.
func (d *divergence) regionFrom(inside map[*block]bool, end *block) *region {
	w := d.flow
	for {
		for s := range inside {
			end = w.commonEnd(end, w.pdom[s])
		}
		for inside[end] && end != w.exit {
			end = w.pdom[end]
		}
		grown := between(inside, end)
		for _, r := range d.regions {
			if touches(r.blocks, grown) || grown[r.end] || r.blocks[end] {
				maps.Copy(grown, r.blocks)
				end = w.commonEnd(end, r.end)
			}
		}
		for _, l := range w.loops {
			switch {
			// Lanes that go round a loop before they come to where its branches meet are in another turn than those that wait there.
			case slices.ContainsFunc(l.heads, func(h *block) bool { return grown[h] }) && !holds(grown, l.body):
				maps.Copy(grown, l.turn)
			case len(l.turn) > len(l.body) && touches(l.turn, grown) && holds(grown, l.body):
				maps.Copy(grown, l.turn) // lanes may leave a loop that lies in a region in different turns
			}
		}
		if len(grown) == len(inside) && !grown[end] && d.regionsWith(end, inside) {
			return &region{blocks: inside, end: end}
		}
		inside = grown
	}
}

// between is what can be reached from some blocks without going through the end, themselves among it.
func between(from map[*block]bool, end *block) map[*block]bool {
	reached := map[*block]bool{}
	var reach func(x *block)
	reach = func(x *block) {
		if x == end || reached[x] {
			return
		}
		reached[x] = true
		for _, s := range x.succs {
			reach(s)
		}
	}
	for s := range from {
		reach(s)
	}
	return reached
}

// holds reports whether all blocks of part are among those of whole.
func holds(whole, part map[*block]bool) bool {
	for b := range part {
		if !whole[b] {
			return false
		}
	}
	return true
}

func touches(a, b map[*block]bool) bool {
	for x := range a {
		if b[x] {
			return true
		}
	}
	return false
}

// endsBehind reports whether all ways from a block lead to another one, which is not the block itself. A loop in a loop may end at
// the head of the outer one: a branch there parts lanes up to another end.
func (w *flow) endsBehind(b, end *block) bool {
	for w.pdom[b] != b {
		if b = w.pdom[b]; b == end {
			return true
		}
	}
	return false
}

// commonEnd is the first block that all ways from both lead to.
func (w *flow) commonEnd(a, b *block) *block {
	above := map[*block]bool{}
	for x := a; ; x = w.pdom[x] {
		above[x] = true
		if w.pdom[x] == x {
			break
		}
	}
	for !above[b] {
		b = w.pdom[b]
	}
	return b
}

// regionsWith reports whether no region but those already inside holds the block.
func (d *divergence) regionsWith(end *block, inside map[*block]bool) bool {
	for _, r := range d.regions {
		if r.blocks[end] && !touches(r.blocks, inside) {
			return false
		}
	}
	return true
}
