package wide

import (
	"slices"
)

// definition is where a value comes from.
type definition struct {
	inst  *inst
	block *block
}

// divergence is what differs between the lanes of a simdgroup.
type divergence struct {
	m        *module
	f        *function
	flow     *flow
	defs     map[string]definition
	differs  map[string]bool    // values that may differ between lanes
	regions  map[*block]*region // of the blocks that run under masks
	ends     map[*block]bool    // where regions end
	sides    map[string]bool    // private variables that lie side by side: [offset][lane]; the others lie one for each lane
	private  map[string]string  // pointers into the former: to which variable
	parting  map[*loop]bool     // loops that lanes may leave in different turns
	outlive  map[string]bool    // values of such loops that are used outside: each lane keeps its own
	elements map[string]int64   // of variables side by side: the size of all accesses
}

func diverge(m *module, f *function, w *flow) (*divergence, error) {
	d := &divergence{m: m, f: f, flow: w, defs: map[string]definition{}, sides: map[string]bool{}, elements: map[string]int64{}}
	for _, b := range w.order {
		for _, i := range b.insts {
			if i.name != "" {
				d.defs[i.name] = definition{i, b}
			}
		}
	}
	d.findPrivate()
	for !d.settle() { // until no variable that was thought to lie side by side turns out not to
	}
	d.findOutliving()
	for _, r := range d.regions {
		if r.row == nil {
			for _, b := range w.layout {
				if r.blocks[b] {
					r.row = append(r.row, b)
				}
			}
		}
	}
	return d, nil
}

// settle finds all that differs, and reports whether the variables that lie side by side may.
func (d *divergence) settle() bool {
	d.differs, d.regions, d.ends = map[string]bool{}, map[*block]*region{}, map[*block]bool{}
	d.private, d.parting, d.outlive = map[string]string{}, map[*loop]bool{}, map[string]bool{}
	d.followPrivate()
	for changed := true; changed; {
		changed = false
		for _, b := range d.flow.order {
			for _, i := range b.insts {
				if v := d.apart(i, b); v != "" {
					delete(d.sides, v)
					return false
				}
				if i.name != "" && d.private[i.name] == "" && !d.differs[i.name] && d.instDiffers(i, b) {
					d.differs[i.name], changed = true, true
				}
			}
			if end := b.end(); len(b.succs) > 1 && d.differsAt(end.args[0], b) && d.part(b) {
				changed = true
			}
		}
		if d.findParting() {
			changed = true
		}
	}
	return true
}

// differsAt reports whether an operand differs between the lanes that are in block b.
func (d *divergence) differsAt(v value, b *block) bool {
	return v.isName() && (d.differs[v.text] || d.outlives(v.text, b))
}

// outlives reports whether a value comes from a loop that lanes leave in different turns, and block b is outside.
func (d *divergence) outlives(v string, b *block) bool {
	def, ok := d.defs[v]
	if !ok {
		return false
	}
	for _, l := range d.flow.inLoops[def.block] {
		if d.parting[l] && !l.turn[b] {
			return true
		}
	}
	return false
}

// Calls whose result is the same for all lanes that take part.
var sameForAll = map[string]bool{prefix + "self": true, prefix + "variable": true, prefix + "sum_f32": true, prefix + "max_f32": true,
	prefix + "min_f32": true, prefix + "sum_i32": true, prefix + "ballot": true, prefix + "first": true}

var ownForEach = map[string]bool{prefix + "lane": true, prefix + "shuffle": true, prefix + "multiply": true, prefix + "tile_load": true}

func (d *divergence) instDiffers(i *inst, b *block) bool {
	switch i.op {
	case "alloca", "atomicrmw", "cmpxchg":
		return true
	case "load":
		if d.private[i.args[0].text] != "" || i.volatile {
			return true
		}
	case "call":
		if sameForAll[i.callee] {
			return false
		}
		if ownForEach[i.callee] {
			return true
		}
		if along, ok := d.position(i); ok {
			return !d.f.rows || along
		}
	case "phi":
		return d.phiDiffers(i, b)
	}
	for _, a := range i.args {
		if d.differsAt(a, b) {
			return true
		}
	}
	return false
}

// position reports whether an instruction asks for a coordinate of a lane's position, and whether that is x.
func (d *divergence) position(i *inst) (along, ok bool) {
	if i.op != "call" || i.callee != prefix+"position" {
		return false, false
	}
	return i.args[0].text == "0" || i.args[0].text == "3", true
}

func (d *divergence) phiDiffers(i *inst, b *block) bool {
	same, first := true, ""
	for n, a := range i.args {
		if d.differsAt(a, d.blockNamed(b, i.labels[n])) || a.isName() && d.outlives(a.text, b) {
			return true
		}
		if a.text == "undef" || a.text == "poison" {
			continue
		}
		if first == "" {
			first = a.text
		}
		same = same && a.text == first
	}
	if same || d.regions[b] == nil && !d.ends[b] {
		return false
	}
	// Lanes begin a loop together and go through its turns together.
	return !d.together(b) && !d.oneWay(b)
}

// oneWay reports whether the lanes that are in a block at a time have come to it from one and the same block: those that were
// together where all ways to it part, since no branch behind that parts lanes, and none goes round a loop. Then what one edge
// leaves in a phi is for all of them.
func (d *divergence) oneWay(b *block) bool {
	w := d.flow
	if w.headOf[b] != nil {
		return false
	}
	from := w.idom[b]
	seen := map[*block]bool{b: true}
	for work := slices.Clone(b.preds); len(work) > 0; {
		x := work[len(work)-1]
		work = work[:len(work)-1]
		if seen[x] {
			continue
		}
		seen[x] = true
		if len(x.succs) > 1 && d.differsAt(x.end().args[0], x) || slices.ContainsFunc(w.loops, func(l *loop) bool {
			return l.turn[x] != l.turn[b] || l.body[x] != l.body[b]
		}) {
			return false
		}
		if x != from {
			if w.headOf[x] != nil {
				return false
			}
			work = append(work, x.preds...)
		}
	}
	return true
}

// together reports whether a block is the head of a loop with one way in and one way back, by each of which all lanes come at once.
func (d *divergence) together(b *block) bool {
	l := d.flow.headOf[b]
	return l != nil && len(l.heads) == 1 && len(b.preds) == 2 && l.turn[b.preds[0]] != l.turn[b.preds[1]] && !d.ends[b] &&
		!slices.ContainsFunc(b.preds, func(p *block) bool { return d.comesInTurns(p, b) })
}

// comesInTurns reports whether lanes that go from one block to another leave a loop there in different turns, some before others.
func (d *divergence) comesInTurns(from, to *block) bool {
	return slices.ContainsFunc(d.flow.inLoops[from], func(l *loop) bool { return d.parting[l] && !l.turn[to] })
}

func (d *divergence) blockNamed(b *block, name string) *block {
	for _, p := range b.preds {
		if p.name == name {
			return p
		}
	}
	panic("a phi of " + b.name + " names " + name)
}

// findParting finds the loops that lanes may leave in different turns, and reports whether there are new ones.
func (d *divergence) findParting() bool {
	changed := false
	for _, l := range d.flow.loops {
		if !d.parting[l] && d.leaves(l) {
			d.parting[l], changed = true, true
		}
	}
	return changed
}

// leaves reports whether lanes that take different sides of some branch in the loop may leave it at different turns.
func (d *divergence) leaves(l *loop) bool {
	for b := range l.turn {
		if len(b.succs) < 2 || !d.differsAt(b.end().args[0], b) {
			continue
		}
		// Between the branch and where its sides meet: all inside?
		end := d.flow.pdom[b]
		if !l.turn[end] {
			return true
		}
		seen := map[*block]bool{}
		work := slices.Clone(b.succs)
		for len(work) > 0 {
			x := work[len(work)-1]
			work = work[:len(work)-1]
			if x == end || seen[x] {
				continue
			}
			if !l.turn[x] || slices.Contains(l.heads, x) {
				return true
			}
			seen[x] = true
			work = append(work, x.succs...)
		}
	}
	return false
}

// findOutliving finds the values of which each lane keeps its own when it leaves a loop.
func (d *divergence) findOutliving() {
	for _, b := range d.flow.order {
		for _, i := range b.insts {
			for n, a := range i.args {
				at := b
				if i.op == "phi" {
					at = d.blockNamed(b, i.labels[n])
				}
				if a.isName() && d.outlives(a.text, at) {
					d.outlive[a.text] = true
				}
			}
		}
	}
}
