package wide

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// lanes are the lanes of a simdgroup.
const lanes = 32

const maskType = "<32 x i1>"

var allLanes = "splat (i1 true)"

// emitter writes a kernel for all lanes of a simdgroup. Every value has a slot on the stack, which the optimiser makes a
// register again: so code may be laid out in whatever order masks ask for.
type emitter struct {
	m         *module
	f         *function
	flow      *flow
	d         *divergence
	straights map[string]*straight
	flat      map[string]bool
	steps     map[string]int64 // of the flat ones

	out       strings.Builder
	slots     strings.Builder // what stands at the function's start
	n         int
	slotOf    map[string]string // by value
	ownOf     map[string]string // of values that lanes keep when they leave a loop
	nextOf    map[string]string // of phis of a loop's head: what they will hold in the next turn; lanes may still be in this one
	declared  map[string]bool
	functions map[string]string // that the code calls, in IR
	self      string            // the identity of lane 0
	block     *block
	mask      string // of the lanes that run the block
	skip      map[*inst]bool
	err       error

	Gathers, Scatters, OneByOne int // places of the code that take lanes' own addresses, or lanes one after another
}

// widened is a kernel for 32 lanes: a function, and what it needs beside it.
type widened struct {
	text      string
	declared  map[string]bool
	functions map[string]string
	note      string
}

// widen writes the kernel.
func widen(m *module, f *function, attributes string) (*widened, error) {
	if err := shape(f); err != nil {
		return nil, err
	}
	w, err := flowOf(f)
	if err != nil {
		return nil, err
	}
	d, err := diverge(m, f, w)
	if err != nil {
		return nil, err
	}
	e := &emitter{m: m, f: f, flow: w, d: d, straights: map[string]*straight{}, flat: map[string]bool{}, steps: map[string]int64{}, slotOf: map[string]string{}, ownOf: map[string]string{}, nextOf: map[string]string{},
		declared: map[string]bool{}, functions: map[string]string{}, self: f.params[0], skip: map[*inst]bool{}}
	e.makeSlots()
	for _, b := range w.layout {
		e.emitBlock(b)
		if e.err != nil {
			return nil, e.err
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "define hidden void @%s(ptr %s) %s {\nwide.start:\n", quoteName(f.name), e.self, attributes)
	text.WriteString(e.slots.String())
	fmt.Fprintf(&text, "  %%wide.present = call i32 @msl_wide_present(ptr %s)\n  %%wide.act = bitcast i32 %%wide.present to %s\n", e.self, maskType)
	fmt.Fprintf(&text, "  br label %%\"b.%s\"\n%s}\n", w.layout[0].name, e.out.String())
	masked := 0
	for _, b := range w.order {
		if d.regions[b] != nil {
			masked++
		}
	}
	note := fmt.Sprintf("%d blocks, %d under masks; %d of %d values differ; %d gathers, %d scatters, %d one by one", len(w.order), masked,
		len(d.differs), len(d.defs), e.Gathers, e.Scatters, e.OneByOne)
	return &widened{text.String(), e.declared, e.functions, note}, nil
}

func (e *emitter) refuse(format string, arguments ...any) {
	if e.err == nil {
		e.err = refuse(format, arguments...)
	}
}

// parts are the types that a value consists of: one, or a struct's members.
func parts(t string) []string {
	if strings.HasPrefix(t, "{") {
		return splitTop(t[1 : len(t)-1])
	}
	return []string{t}
}

func wideType(t string) string { return "<32 x " + t + ">" }

// typeAs is the type of what holds a value: for all lanes, or one for all.
func (e *emitter) typeAs(t string, differs bool) string {
	if differs {
		return wideType(t)
	}
	return t
}

// slotType is the type of the slot of a value that an instruction made: of a straight one, lane 0's is enough.
func (e *emitter) slotType(name, t string) string {
	return e.typeAs(t, e.d.differs[name] && !e.isFlat(name))
}

// isFlat says whether lane 0's value and a step that is known say all of a value that differs between lanes.
func (e *emitter) isFlat(name string) bool {
	if known, ok := e.flat[name]; ok {
		return known
	}
	def := e.d.defs[name]
	flat := false
	if e.d.differs[name] && e.d.private[name] == "" && scalarBits(def.inst.typ) > 1 {
		switch def.inst.op {
		case "add", "sub", "or", "shl", "mul", "and", "trunc", "zext", "sext", "phi", "getelementptr", "call":
			s, ok := e.straightOf(value{def.inst.typ, name}, def.block)
			flat = ok && s.known && len(s.guards) == 0 && !(def.inst.op == "phi" && e.d.outlive[name])
			if flat {
				e.steps[name] = s.each
			}
		}
	}
	e.flat[name] = flat
	return flat
}

// first is lane 0's value of an operand.
func (e *emitter) first(v value) string {
	if !v.isName() || !e.differs(v) {
		return e.get(v)
	}
	if e.isFlat(v.text) && !e.d.outlives(v.text, e.block) {
		return e.set("load %s, ptr %s", v.typ, e.slotOf[v.text])
	}
	return e.pick(v.typ, e.get(v), "0")
}

// lifted is a straight value in all lanes.
func (e *emitter) lifted(name, t, first string) string {
	if t == "ptr" {
		return e.set("getelementptr i8, ptr %s, <32 x i64> %s", first, series("i64", 0, e.steps[name]))
	}
	bits := scalarBits(t)
	step := e.steps[name]
	var b strings.Builder
	for n := range int64(lanes) {
		if n > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %d", t, n*step<<(64-bits)>>(64-bits))
	}
	return e.set("add %s %s, <%s>", wideType(t), e.spread(t, first), b.String())
}

func (e *emitter) makeSlots() {
	for _, b := range e.flow.layout {
		for _, i := range b.insts {
			if i.name == "" || i.typ == "void" {
				continue
			}
			for k, t := range parts(i.typ) {
				if scalarBits(t) == 0 {
					e.refuse("a value of type %s: %s", i.typ, i)
					return
				}
				key := partName(i.name, k)
				e.slotOf[key] = e.slot(e.slotType(i.name, t))
				if e.d.outlive[i.name] {
					e.ownOf[key] = e.slot(wideType(t))
				}
				if i.op == "phi" && e.d.regions[b] != nil && e.flow.headOf[b] != nil {
					e.nextOf[key] = e.slot(e.slotType(i.name, t))
				}
			}
			if i.op == "alloca" {
				e.alloca(i)
			}
		}
		if e.d.regions[b] != nil {
			fmt.Fprintf(&e.slots, "  %%\"mask.%s\" = alloca %s\n  store %s zeroinitializer, ptr %%\"mask.%s\"\n", b.name, maskType, maskType, b.name)
		}
	}
	fmt.Fprintf(&e.slots, "  %%wide.gone = alloca i32\n  store i32 0, ptr %%wide.gone\n")
}

func partName(name string, k int) string {
	if k == 0 {
		return name
	}
	return fmt.Sprintf("%s.%d", name, k)
}

func (e *emitter) slot(t string) string {
	e.n++
	s := fmt.Sprintf("%%s.%d", e.n)
	fmt.Fprintf(&e.slots, "  %s = alloca %s\n", s, t)
	return s
}

// alloca makes a private variable: all lanes' side by side, or one after another.
func (e *emitter) alloca(i *inst) {
	size, align, ok := e.m.layout(i.src)
	if !ok {
		e.refuse("a private variable of type %s", i.src)
		return
	}
	align = max(align, int64(i.align))
	memory := e.slot(fmt.Sprintf("[%d x i8], align 64", lanes*roundUp(size, align)))
	if e.d.sides[i.name] {
		fmt.Fprintf(&e.slots, "  store ptr %s, ptr %s\n", memory, e.slotOf[i.name])
		return
	}
	e.n++
	fmt.Fprintf(&e.slots, "  %%a.%d = getelementptr i8, ptr %s, <32 x i64> %s\n  store <32 x ptr> %%a.%d, ptr %s\n", e.n, memory,
		series("i64", 0, roundUp(size, align)), e.n, e.slotOf[i.name])
}

// series is the constant first, first + each, ...
func series(t string, first, each int64) string {
	var b strings.Builder
	b.WriteString("<")
	for n := range int64(lanes) {
		if n > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %d", t, first+n*each)
	}
	return b.String() + ">"
}

func (e *emitter) do(format string, arguments ...any) {
	fmt.Fprintf(&e.out, "  "+format+"\n", arguments...)
}

// set writes an instruction and returns the name of its result.
func (e *emitter) set(format string, arguments ...any) string {
	e.n++
	name := fmt.Sprintf("%%t.%d", e.n)
	fmt.Fprintf(&e.out, "  %s = "+format+"\n", append([]any{name}, arguments...)...)
	return name
}

func (e *emitter) label(format string, arguments ...any) {
	fmt.Fprintf(&e.out, "\""+format+"\":\n", arguments...)
}

func (e *emitter) declare(format string, arguments ...any) {
	e.declared["declare "+fmt.Sprintf(format, arguments...)] = true
}

// differs says whether an operand differs between the lanes of the block that is being written.
func (e *emitter) differs(v value) bool { return e.d.differsAt(v, e.block) }

// get is an operand as it is: for all lanes, or one for all.
func (e *emitter) get(v value) string { return e.part(v, 0) }

func (e *emitter) part(v value, k int) string {
	if !v.isName() {
		return v.text
	}
	if v.text == e.self {
		return v.text
	}
	key, t := partName(v.text, k), parts(v.typ)[k]
	if e.d.outlives(v.text, e.block) {
		return e.set("load %s, ptr %s", wideType(t), e.ownOf[key])
	}
	slot := e.slotOf[key]
	if slot == "" {
		e.refuse("a value that nobody makes: %s", v.text)
		return "poison"
	}
	if e.isFlat(v.text) {
		return e.lifted(v.text, t, e.set("load %s, ptr %s", t, slot))
	}
	return e.set("load %s, ptr %s", e.typeAs(t, e.d.differs[v.text]), slot)
}

// all is an operand for all lanes.
func (e *emitter) all(v value) string { return e.allOf(v, 0) }

func (e *emitter) allOf(v value, k int) string {
	t := parts(v.typ)[k]
	if !v.isName() {
		switch v.text {
		case "undef", "poison":
			return "poison"
		case "null", "zeroinitializer", "false":
			return "zeroinitializer"
		}
		if t != "ptr" && !strings.Contains(v.text, "(") {
			return fmt.Sprintf("splat (%s %s)", t, v.text)
		}
	}
	x := e.part(v, k)
	if e.differs(v) {
		return x
	}
	return e.spread(t, x)
}

func (e *emitter) spread(t, x string) string {
	one := e.set("insertelement %s poison, %s %s, i64 0", wideType(t), t, x)
	return e.set("shufflevector %s %s, %s poison, <32 x i32> zeroinitializer", wideType(t), one, wideType(t))
}

// put makes x the value of an instruction, part k of it.
func (e *emitter) put(i *inst, x string) { e.putPart(i, 0, x) }

func (e *emitter) putPart(i *inst, k int, x string) {
	key, t := partName(i.name, k), parts(i.typ)[k]
	e.do("store %s %s, ptr %s", e.slotType(i.name, t), x, e.slotOf[key])
	if e.ownOf[key] != "" && e.isFlat(i.name) {
		x = e.lifted(i.name, t, x)
	}
	e.keep(i, k, x)
}

// keep notes a value that each lane keeps when it leaves the loop.
func (e *emitter) keep(i *inst, k int, x string) {
	key, t := partName(i.name, k), parts(i.typ)[k]
	own := e.ownOf[key]
	if own == "" {
		return
	}
	if !e.d.differs[i.name] {
		x = e.spread(t, x)
	}
	old := e.set("load %s, ptr %s", wideType(t), own)
	e.do("store %s %s, ptr %s", wideType(t), e.set("select %s %s, %s %s, %s %s", maskType, e.mask, wideType(t), x, wideType(t), old), own)
}

// bits is a mask as a number.
func (e *emitter) bits(mask string) string { return e.set("bitcast %s %s to i32", maskType, mask) }

func (e *emitter) emitBlock(b *block) {
	e.block = b
	r := e.d.regions[b]
	if r != nil {
		e.label("try.%s", b.name)
		e.ifWaiting(b, fmt.Sprintf("after.%s", b.name))
	}
	e.label("b.%s", b.name)
	e.mask = "%wide.act"
	if r != nil {
		e.mask = e.set("load %s, ptr %%\"mask.%s\"", maskType, b.name)
		e.do("store %s zeroinitializer, ptr %%\"mask.%s\"", maskType, b.name)
	}
	for n, i := range b.insts[:len(b.insts)-1] {
		switch {
		case i.op == "alloca" || e.skip[i]:
		case i.op == "phi":
			for k, t := range parts(i.typ) {
				if next := e.nextOf[partName(i.name, k)]; next != "" {
					t = e.slotType(i.name, t)
					e.do("store %s %s, ptr %s", t, e.set("load %s, ptr %s", t, next), e.slotOf[partName(i.name, k)])
				}
				if e.ownOf[partName(i.name, k)] != "" {
					e.keep(i, k, e.set("load %s, ptr %s", e.typeAs(parts(i.typ)[k], e.d.differs[i.name]), e.slotOf[partName(i.name, k)]))
				}
			}
		default:
			e.emitInst(i, b.insts[n+1:])
		}
		if e.err != nil {
			return
		}
	}
	e.emitEnd(b, r)
	if r != nil {
		e.onward(b, r)
	}
}

// ifWaiting goes to a block if lanes wait for it.
func (e *emitter) ifWaiting(b *block, otherwise string) {
	m := e.set("load %s, ptr %%\"mask.%s\"", maskType, b.name)
	e.do("br i1 %s, label %%\"b.%s\", label %%\"%s\"", e.set("icmp ne i32 %s, 0", e.bits(m)), b.name, otherwise)
}

// onward stands behind a masked block: round its loop once more if lanes wait there, else on to the next of the region.
func (e *emitter) onward(b *block, r *region) {
	e.label("after.%s", b.name)
	loops := e.flow.inLoops[b]
	for n := len(loops) - 1; n >= 0; n-- {
		if lastOf(r.row, loops[n]) != b {
			continue
		}
		for _, h := range r.row { // in the order in which a turn comes to them
			if slices.Contains(loops[n].heads, h) {
				e.n++
				done := fmt.Sprintf("done.%d", e.n)
				e.ifWaiting(h, done)
				e.label("%s", done)
			}
		}
	}
	next := "b." + r.end.name
	if at := slices.Index(r.row, b); at+1 < len(r.row) {
		next = "try." + r.row[at+1].name
	}
	e.do("br label %%\"%s\"", next)
}

func lastOf(row []*block, l *loop) *block {
	for n := len(row) - 1; n >= 0; n-- {
		if l.turn[row[n]] {
			return row[n]
		}
	}
	return nil
}

// emitEnd writes how a block ends.
func (e *emitter) emitEnd(b *block, r *region) {
	end := b.end()
	if end.op == "ret" {
		e.do("ret void")
		return
	}
	to := map[string]*block{}
	for _, s := range b.succs {
		to[s.name] = s
	}
	parted := len(b.succs) > 1 && e.differs(end.args[0])
	switch {
	case len(b.succs) == 1:
		e.edge(b, b.succs[0], e.mask, r != nil)
	case parted || r != nil:
		left := e.mask // for the default
		into := map[*block]string{}
		cases := end.cases
		if end.op == "br" {
			cases = []string{"false"} // the second label
		}
		add := func(s *block, mask string) {
			if into[s] != "" {
				mask = e.set("or %s %s, %s", maskType, into[s], mask)
			}
			into[s] = mask
		}
		t := end.args[0].typ
		for n, c := range cases {
			var taken string
			if parted {
				taken = e.set("icmp eq %s %s, %s", wideType(t), e.get(end.args[0]), e.all(value{t, c}))
				taken = e.set("and %s %s, %s", maskType, left, taken)
			} else {
				one := e.set("icmp eq %s %s, %s", t, e.get(end.args[0]), c)
				taken = e.set("select i1 %s, %s %s, %s zeroinitializer", one, maskType, left, maskType)
			}
			left = e.set("and %s %s, %s", maskType, left, e.set("xor %s %s, %s", maskType, taken, allLanes))
			add(to[end.labels[n+1]], taken)
		}
		add(to[end.labels[0]], left)
		for _, s := range b.succs {
			e.edge(b, s, into[s], true)
		}
	case end.op == "br":
		e.n++
		n := e.n
		e.do("br i1 %s, label %%\"to.%d.0\", label %%\"to.%d.1\"", e.get(end.args[0]), n, n)
		for k, label := range end.labels {
			e.label("to.%d.%d", n, k)
			e.edge(b, to[label], e.mask, false)
			e.do("br label %%\"b.%s\"", label)
		}
		return
	default: // a switch that all lanes take alike
		e.n++
		n := e.n
		t := end.args[0].typ
		var list strings.Builder
		for k, c := range end.cases {
			fmt.Fprintf(&list, " %s %s, label %%\"to.%d.%d\"", t, c, n, k+1)
		}
		e.do("switch %s %s, label %%\"to.%d.0\" [%s ]", t, e.get(end.args[0]), n, list.String())
		for k, label := range end.labels {
			e.label("to.%d.%d", n, k)
			e.edge(b, to[label], e.mask, false)
			e.do("br label %%\"b.%s\"", label)
		}
		return
	}
	switch {
	case r != nil:
		e.do("br label %%\"after.%s\"", b.name)
	case parted:
		for _, s := range b.succs {
			if inside := e.d.regions[s]; inside != nil {
				e.do("br label %%\"try.%s\"", inside.row[0].name)
				return
			}
		}
		e.do("br label %%\"b.%s\"", b.succs[0].name)
	default:
		e.do("br label %%\"b.%s\"", b.succs[0].name)
	}
}

// edge brings the lanes of a mask from b to s: what s's phis then hold, and the mask of s. In part they may be only some.
func (e *emitter) edge(b, s *block, mask string, inPart bool) {
	type move struct {
		i *inst
		k int
		x string
	}
	var moves []move
	for _, i := range s.insts {
		if i.op != "phi" {
			break
		}
		from := slices.Index(i.labels, b.name)
		v := i.args[from]
		if v.text == "undef" || v.text == "poison" {
			continue // whatever it holds
		}
		for k, t := range parts(i.typ) {
			if !e.d.differs[i.name] {
				moves = append(moves, move{i, k, e.part(v, k)})
				continue
			}
			if e.isFlat(i.name) {
				moves = append(moves, move{i, k, e.first(v)})
				continue
			}
			x := e.allOf(v, k)
			if inPart && !e.d.together(s) {
				old := e.set("load %s, ptr %s", wideType(t), e.arrival(i, k))
				x = e.set("select %s %s, %s %s, %s %s", maskType, mask, wideType(t), x, wideType(t), old)
			}
			moves = append(moves, move{i, k, x})
		}
	}
	for _, m := range moves {
		e.do("store %s %s, ptr %s", e.slotType(m.i.name, parts(m.i.typ)[m.k]), m.x, e.arrival(m.i, m.k))
	}
	if e.d.ends[s] && inPart && !e.flow.meetsBarrier(s) { // no barrier waits for them any more
		gone := e.set("load i32, ptr %%wide.gone")
		e.do("store i32 %s, ptr %%wide.gone", e.set("or i32 %s, %s", gone, e.bits(mask)))
	}
	if e.d.regions[s] != nil {
		old := e.set("load %s, ptr %%\"mask.%s\"", maskType, s.name)
		e.do("store %s %s, ptr %%\"mask.%s\"", maskType, e.set("or %s %s, %s", maskType, old, mask), s.name)
	}
}

// arrival is where an edge leaves a phi's value. The way back of a loop may run before blocks of the same turn that lanes
// go through on their way out, and those still need the values of their turn.
func (e *emitter) arrival(phi *inst, k int) string {
	if next := e.nextOf[partName(phi.name, k)]; next != "" {
		return next
	}
	return e.slotOf[partName(phi.name, k)]
}

// sortedKeys are a map's keys in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
