package wide

import (
	"slices"
	"strconv"
)

func integerOf(text string) (int64, bool) {
	switch text {
	case "true":
		return 1, true
	case "false", "null", "zeroinitializer":
		return 0, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// straight says that a value is first + lane * each, in all 32 lanes whichever of them take part. Where the step is not
// known when the kernel is compiled, each is 0 and known is false. A value that was made wider is that only as long as the
// narrow one did not wrap around between two lanes: what of its lane 0 that asks for stands in guards.
type straight struct {
	each   int64
	known  bool
	guards []guard
}

// guard asks that an unsigned value of some bits, taken from lane 0, is between low and high.
type guard struct {
	name      string
	typ       string
	low, high uint64
	signed    bool // of a signed value: low and high are its bits
}

// straightOf says whether a value as block b sees it is straight.
func (e *emitter) straightOf(v value, b *block) (straight, bool) {
	if !v.isName() || !e.d.differsAt(v, b) {
		return straight{0, true, nil}, true
	}
	if e.d.outlives(v.text, b) {
		return straight{}, false
	}
	if s, ok := e.straights[v.text]; ok {
		if s == nil {
			return straight{}, false
		}
		return *s, true
	}
	if e.d.defs[v.text].inst.op == "phi" {
		e.straights[v.text] = nil // while it is being looked at; every circle has one
	}
	s, ok := e.findStraight(v.text)
	if ok {
		e.straights[v.text] = &s
	} else {
		e.straights[v.text] = nil
	}
	return s, ok
}

func (e *emitter) findStraight(name string) (straight, bool) {
	def := e.d.defs[name]
	i, b := def.inst, def.block
	none := straight{}
	at := func(n int) (straight, bool) { return e.straightOf(i.args[n], b) }
	join := func(a, b straight, each int64) straight {
		return straight{each, a.known && b.known, append(append([]guard{}, a.guards...), b.guards...)}
	}
	constant := func(n int) (int64, bool) {
		if i.args[n].isName() {
			return 0, false
		}
		return integerOf(i.args[n].text)
	}
	switch i.op {
	case "call":
		if i.callee == prefix+"lane" {
			return straight{1, true, nil}, true
		}
	case "alloca":
		size, align, ok := e.m.layout(i.src)
		return straight{roundUp(size, max(align, int64(i.align))), true, nil}, ok
	case "add", "sub", "or":
		if i.op == "or" && !hasFlag(i, "disjoint") {
			return none, false
		}
		a, ok := at(0)
		c, ok2 := at(1)
		if i.op == "sub" {
			return join(a, c, a.each-c.each), ok && ok2
		}
		return join(a, c, a.each+c.each), ok && ok2
	case "shl", "mul":
		a, ok := at(0)
		if c, isConstant := constant(1); isConstant && ok {
			if i.op == "shl" {
				c = 1 << (c & 63)
			}
			return straight{a.each * c, a.known, a.guards}, true
		}
		c, ok2 := at(1)
		if i.op == "mul" && ok && ok2 && (a.known && a.each == 0 || c.known && c.each == 0) {
			return join(a, straight{0, false, c.guards}, 0), true
		}
	case "and":
		a, ok := at(0)
		mask, isConstant := constant(1)
		if bound, bounded := e.bound(i.args[0], 0); ok && isConstant && bounded && mask > 0 && mask&(mask+1) == 0 && bound <= uint64(mask) {
			return a, true
		}
	case "trunc":
		if bound, bounded := e.bound(i.args[0], 0); bounded && bound>>scalarBits(i.typ) == 0 {
			return at(0)
		}
		a, ok := at(0)
		return a, ok && a.known && len(a.guards) == 0 // whole numbers wrap alike in fewer bits
	case "zext", "sext":
		a, ok := at(0)
		from := scalarBits(i.args[0].typ)
		if !ok || !a.known || from == 1 {
			return none, false
		}
		top := uint64(1)<<from - 1
		if i.op == "sext" {
			top = uint64(1)<<(from-1) - 1
		}
		if bound, bounded := e.bound(i.args[0], 0); bounded && bound <= top {
			return a, true
		}
		span := uint64(31 * a.each)
		g := guard{name: i.args[0].text, typ: i.args[0].typ, low: 0, high: top - span, signed: false}
		if a.each < 0 {
			g.low, g.high = uint64(-31*a.each), top
			span = g.low
		}
		if span > top {
			return none, false
		}
		return straight{a.each, true, append(append([]guard{}, a.guards...), g)}, true
	case "phi":
		return e.straightPhi(i, b)
	case "getelementptr":
		steps, ok := e.m.steps(i)
		if !ok {
			return none, false
		}
		s, ok := at(0)
		if !ok {
			return none, false
		}
		for n, step := range steps {
			x, ok := at(n + 1)
			if !ok {
				return none, false
			}
			if scalarBits(i.args[n+1].typ) < 64 && (x.each != 0 || !x.known) {
				return none, false // it is made wider here, and nobody says it did not wrap
			}
			s = join(s, x, s.each+x.each*step.scale)
		}
		return s, true
	}
	return none, false
}

// straightPhi: what a loop moves by the same for all lanes is straight if it begins so. Suppose it, and look.
func (e *emitter) straightPhi(i *inst, b *block) (straight, bool) {
	none := straight{}
	if e.d.regions[b] != nil || e.d.ends[b] {
		if !e.d.together(b) {
			return none, false
		}
	}
	l := e.flow.headOf[b]
	var first *straight
	for n, a := range i.args {
		from := e.d.blockNamed(b, i.labels[n])
		if l != nil && l.turn[from] {
			continue
		}
		s, ok := e.straightOf(a, from)
		if !ok || !s.known || first != nil && first.each != s.each {
			return none, false
		}
		if first == nil {
			first = &s
		} else {
			first.guards = append(first.guards, s.guards...)
		}
	}
	if first == nil {
		return none, false
	}
	if l == nil {
		return none, false // lanes may come from several sides, each with a step of its own, but one first value each
	}
	supposed := *first
	before := map[string]*straight{}
	for k, v := range e.straights {
		before[k] = v
	}
	e.straights[i.name] = &supposed
	for n, a := range i.args {
		from := e.d.blockNamed(b, i.labels[n])
		if !l.turn[from] {
			continue
		}
		s, ok := e.straightOf(a, from)
		if !ok || !s.known || s.each != supposed.each || !within(s.guards, supposed.guards) {
			e.straights = before
			return none, false
		}
	}
	return supposed, true
}

// within says whether all guards are among those known.
func within(guards, known []guard) bool {
	for _, g := range guards {
		if !slices.Contains(known, g) {
			return false
		}
	}
	return true
}

// bound is the most that an unsigned value can be in any lane.
func (e *emitter) bound(v value, depth int) (uint64, bool) {
	if !v.isName() {
		n, ok := integerOf(v.text)
		return uint64(n), ok && n >= 0
	}
	def, ok := e.d.defs[v.text]
	if !ok || depth > 8 {
		return 0, false
	}
	i := def.inst
	width := scalarBits(i.typ)
	limit := ^uint64(0)
	if width < 64 {
		limit = 1<<width - 1
	}
	sub := func(n int) (uint64, bool) { return e.bound(i.args[n], depth+1) }
	fits := func(n uint64, ok bool) (uint64, bool) { return n, ok && n <= limit }
	switch i.op {
	case "call":
		return 31, i.callee == prefix+"lane"
	case "zext", "freeze":
		if n, ok := sub(0); ok {
			return n, true
		}
		if i.op == "zext" {
			return 1<<scalarBits(i.args[0].typ) - 1, true
		}
	case "trunc":
		return fits(sub(0))
	case "and":
		a, ok := sub(0)
		b, ok2 := sub(1)
		if ok && ok2 {
			return min(a, b), true
		}
		if ok {
			return a, true
		}
		return b, ok2
	case "lshr":
		if c, isConstant := integerOf(i.args[1].text); isConstant && c >= 0 && c < int64(width) {
			if a, ok := sub(0); ok {
				return a >> c, true
			}
			return limit >> c, true
		}
	case "shl":
		if c, isConstant := integerOf(i.args[1].text); isConstant && c >= 0 && c < 32 {
			a, ok := sub(0)
			return fits(a<<c, ok && a < 1<<31)
		}
	case "add", "or":
		a, ok := sub(0)
		b, ok2 := sub(1)
		return fits(a+b, ok && ok2 && a < 1<<62 && b < 1<<62)
	case "mul":
		a, ok := sub(0)
		b, ok2 := sub(1)
		return fits(a*b, ok && ok2 && a < 1<<31 && b < 1<<31)
	}
	return 0, false
}

func hasFlag(i *inst, flag string) bool {
	for _, f := range i.flags {
		if f == flag {
			return true
		}
	}
	return false
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }
