package wide

import (
	"slices"
	"strings"
)

// region is a piece of code that lanes go through in parts: from the branches that part them to where all are together
// again. Its blocks run under masks, one after another in the order of the layout.
type region struct {
	blocks map[*block]bool
	row    []*block
	end    *block
}

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

// findPrivate supposes of each private variable that is only read and written, one size of elements at a time, that it can
// lie side by side.
func (d *divergence) findPrivate() {
	for _, b := range d.flow.order {
		for _, i := range b.insts {
			if i.op == "alloca" && d.simple(i.name, i.name) {
				d.sides[i.name] = true
			}
		}
	}
}

// simple looks at all uses of a pointer into a variable.
func (d *divergence) simple(pointer, variable string) bool {
	for _, b := range d.flow.order {
		for _, i := range b.insts {
			for n, a := range i.args {
				if a.text != pointer {
					continue
				}
				switch {
				case i.op == "getelementptr" && n == 0:
					steps, ok := d.m.steps(i)
					if !ok {
						return false
					}
					for _, s := range steps {
						if !d.multiple(variable, s) {
							return false
						}
					}
					if !d.simple(i.name, variable) {
						return false
					}
				case i.op == "load" && !i.atomic && !i.volatile:
					if !d.element(variable, i.typ) {
						return false
					}
				case i.op == "store" && n == 1 && !i.atomic && !i.volatile:
					if !d.element(variable, i.args[0].typ) {
						return false
					}
				case i.op == "call" && strings.HasPrefix(i.callee, "llvm.memset.") && n == 0:
				default:
					return false
				}
			}
		}
	}
	return true
}

// multiple holds a step against the size of a variable's elements, and element the size of an access.
func (d *divergence) multiple(variable string, s step) bool {
	size := d.elements[variable]
	if size == 0 { // no access seen yet: the smallest that there can be
		for _, b := range d.flow.order {
			for _, i := range b.insts {
				if t := i.typ; i.op == "load" && d.root(i.args[0].text) == variable {
					size, _, _ = d.m.layout(t)
				} else if i.op == "store" && d.root(i.args[1].text) == variable {
					size, _, _ = d.m.layout(i.args[0].typ)
				}
			}
		}
		if size == 0 {
			return false
		}
		d.elements[variable] = size
	}
	constant, known := integerOf(s.index.text)
	if s.scale == 0 {
		return s.fixed%size == 0
	}
	return s.scale%size == 0 || known && constant*s.scale%size == 0
}

func (d *divergence) element(variable, typ string) bool {
	size, _, ok := d.m.layout(typ)
	if !ok || scalarBits(typ) == 0 || scalarBits(typ) == 1 {
		return false
	}
	if d.elements[variable] == 0 {
		d.elements[variable] = size
	}
	return d.elements[variable] == size
}

// root is the variable that a pointer made by steps leads into.
func (d *divergence) root(v string) string {
	for {
		def, ok := d.defs[v]
		if !ok || def.inst.op != "getelementptr" {
			return v
		}
		v = def.inst.args[0].text
	}
}

// settle finds all that differs, and says whether the variables that lie side by side may.
func (d *divergence) settle() bool {
	d.differs, d.regions, d.ends = map[string]bool{}, map[*block]*region{}, map[*block]bool{}
	d.private, d.parting, d.outlive = map[string]string{}, map[*loop]bool{}, map[string]bool{}
	for _, b := range d.flow.order {
		for _, i := range b.insts {
			if i.op == "alloca" && d.sides[i.name] {
				d.private[i.name] = i.name
			} else if i.op == "getelementptr" && d.private[i.args[0].text] != "" {
				d.private[i.name] = d.private[i.args[0].text]
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, b := range d.flow.order {
			for _, i := range b.insts {
				for _, a := range i.args {
					if d.private[a.text] != "" && d.outlives(a.text, b) {
						delete(d.sides, d.private[a.text])
						return false
					}
				}
				if i.name != "" && d.private[i.name] != "" {
					for _, a := range i.args[min(1, len(i.args)):] {
						if d.differsAt(a, b) {
							delete(d.sides, d.private[i.name])
							return false
						}
					}
					continue
				}
				if i.name != "" && !d.differs[i.name] && d.instDiffers(i, b) {
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

// differsAt says whether an operand differs between the lanes that are in block b.
func (d *divergence) differsAt(v value, b *block) bool {
	return v.isName() && (d.differs[v.text] || d.outlives(v.text, b))
}

// outlives says whether a value comes from a loop that lanes leave in different turns, and block b is outside.
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
	return !d.together(b)
}

// together says whether a block is the head of a loop with one way in and one way back.
func (d *divergence) together(b *block) bool {
	l := d.flow.headOf[b]
	return l != nil && len(l.heads) == 1 && len(b.preds) == 2 && l.turn[b.preds[0]] != l.turn[b.preds[1]] && !d.ends[b]
}

func (d *divergence) blockNamed(b *block, name string) *block {
	for _, p := range b.preds {
		if p.name == name {
			return p
		}
	}
	panic("a phi of " + b.name + " names " + name)
}

// part notes that a block's branch parts lanes, and says whether that was news.
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
	if known != nil {
		all := true
		for s := range inside {
			all = all && known.blocks[s]
		}
		if all {
			return false
		}
	}
	// All that lies between, with every region that it touches and every loop that lanes leave at different turns.
	end := w.pdom[b]
	for {
		for s := range inside {
			end = w.commonEnd(end, w.pdom[s])
		}
		for inside[end] && end != w.exit {
			end = w.pdom[end]
		}
		grown := map[*block]bool{}
		var reach func(x *block)
		reach = func(x *block) {
			if x == end || grown[x] {
				return
			}
			grown[x] = true
			for _, s := range x.succs {
				reach(s)
			}
		}
		for s := range inside {
			reach(s)
		}
		for _, r := range d.regions {
			if touches(r.blocks, grown) || grown[r.end] || r.blocks[end] {
				for s := range r.blocks {
					grown[s] = true
				}
				end = w.commonEnd(end, r.end)
			}
		}
		for _, l := range w.loops {
			if len(l.turn) > len(l.body) && touches(l.turn, grown) && leavesInParts(l, grown) {
				for s := range l.turn {
					grown[s] = true
				}
			}
		}
		if len(grown) == len(inside) && !grown[end] && d.regionsWith(end, inside) {
			break
		}
		inside = grown
	}
	r := &region{blocks: inside, end: end}
	for s := range inside {
		d.regions[s] = r
	}
	d.ends = map[*block]bool{}
	for _, r := range d.regions {
		d.ends[r.end] = true
	}
	return true
}

// leavesInParts says whether a region holds a whole loop: then lanes may leave it in different turns.
func leavesInParts(l *loop, inside map[*block]bool) bool {
	for b := range l.body {
		if !inside[b] {
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

// findParting finds the loops that lanes may leave in different turns, and says whether there are new ones.
func (d *divergence) findParting() bool {
	changed := false
	for _, l := range d.flow.loops {
		if !d.parting[l] && d.leaves(l) {
			d.parting[l], changed = true, true
		}
	}
	return changed
}

// leaves says whether lanes that take different sides of some branch in the loop may leave it at different turns.
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

// regionsWith says whether no region but those already inside holds the block.
func (d *divergence) regionsWith(end *block, inside map[*block]bool) bool {
	for _, r := range d.regions {
		if r.blocks[end] && !touches(r.blocks, inside) {
			return false
		}
	}
	return true
}
