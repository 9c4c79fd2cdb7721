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

// straight describes a value that is first + lane * each, in all 32 lanes whichever of them take part. Where the step is not
// known when the kernel is compiled, each is 0 and known is false. A value that was widened is straight only if the
// narrow one did not wrap around between two lanes: the guards are what its lane 0 has to meet for that.
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

// straightOf reports whether a value as block b sees it is straight.
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
		e.straights[v.text] = nil // not straight, while this is being decided: a value may depend on itself by a phi
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
	if scalarBits(i.typ) > 64 {
		return straight{}, false
	}
	switch i.op {
	case "call":
		if i.callee == prefix+"lane" {
			return straight{1, true, nil}, true
		}
		if along, ok := e.d.position(i); ok && along && e.f.rows {
			return straight{1, true, nil}, true
		}
	case "alloca":
		size, align, ok := e.m.layout(i.src)
		return straight{roundUp(size, max(align, int64(i.align))), true, nil}, ok
	case "freeze":
		return e.straightOf(i.args[0], b)
	case "add", "sub", "or":
		return e.straightSum(i, b)
	case "shl", "mul":
		return e.straightProduct(i, b)
	case "and":
		a, ok := e.straightOf(i.args[0], b)
		mask, isConstant := constantOf(i.args[1])
		if bound, bounded := e.bound(i.args[0], 0); ok && isConstant && bounded && mask > 0 && mask&(mask+1) == 0 && bound <= uint64(mask) {
			return a, true
		}
	case "trunc":
		a, ok := e.straightOf(i.args[0], b)
		if bound, bounded := e.bound(i.args[0], 0); bounded && bound>>scalarBits(i.typ) == 0 {
			return a, ok
		}
		return a, ok && a.known && len(a.guards) == 0 // whole numbers wrap alike in fewer bits
	case "zext", "sext":
		return e.straightWidened(i, b)
	case "ashr":
		return e.straightShort(i, b)
	case "phi":
		return e.straightPhi(i, b)
	case "getelementptr":
		return e.straightAddress(i, b)
	}
	return straight{}, false
}

// joined is what two straight values make together, with another step.
func joined(a, b straight, each int64) straight {
	return straight{each, a.known && b.known, append(append([]guard{}, a.guards...), b.guards...)}
}

func constantOf(v value) (int64, bool) {
	if v.isName() {
		return 0, false
	}
	return integerOf(v.text)
}

// straightSum: the steps of both sides add up; an or adds where the two have no bit in common.
func (e *emitter) straightSum(i *inst, b *block) (straight, bool) {
	if i.op == "or" && !hasFlag(i, "disjoint") {
		return straight{}, false
	}
	x, ok := e.straightOf(i.args[0], b)
	y, ok2 := e.straightOf(i.args[1], b)
	if i.op == "sub" {
		return joined(x, y, x.each-y.each), ok && ok2
	}
	return joined(x, y, x.each+y.each), ok && ok2
}

// straightProduct: a constant multiplies the step. Where one factor is the same for all lanes the product is straight, too, but
// its step is known only when the kernel runs.
func (e *emitter) straightProduct(i *inst, b *block) (straight, bool) {
	x, ok := e.straightOf(i.args[0], b)
	if c, isConstant := constantOf(i.args[1]); isConstant && ok {
		if i.op == "shl" {
			c = 1 << (c & 63)
		}
		return straight{x.each * c, x.known, x.guards}, true
	}
	y, ok2 := e.straightOf(i.args[1], b)
	if i.op == "mul" && ok && ok2 && (x.known && x.each == 0 || y.known && y.each == 0) {
		return joined(x, straight{0, false, y.guards}, 0), true
	}
	return straight{}, false
}

// straightWidened: a value made wider stays straight if the narrow one does not wrap between two lanes: because it is known to
// be small, or else under a guard that its lane 0 leaves room for the other 31.
func (e *emitter) straightWidened(i *inst, b *block) (straight, bool) {
	a, ok := e.straightOf(i.args[0], b)
	from := scalarBits(i.args[0].typ)
	if !ok || !a.known || from == 1 {
		return straight{}, false
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
		return straight{}, false
	}
	return straight{a.each, true, append(append([]guard{}, a.guards...), g)}, true
}

// straightShort: a short made an int is shifted to the top and back, or not all the way where it is multiplied. Small numbers are
// none the worse for it.
func (e *emitter) straightShort(i *inst, b *block) (straight, bool) {
	up, ok := e.d.defs[i.args[0].text]
	down, isConstant := constantOf(i.args[1])
	if _, straightHere := e.straightOf(i.args[0], b); !ok || !isConstant || up.inst.op != "shl" || !straightHere {
		return straight{}, false
	}
	by, isConstant := constantOf(up.inst.args[1])
	bits := int64(scalarBits(i.typ))
	bound, bounded := e.bound(up.inst.args[0], 0)
	if !isConstant || by < down || by >= bits || down < 0 || !bounded || bound >= 1<<(bits-1-by) {
		return straight{}, false
	}
	a, ok := e.straightOf(up.inst.args[0], up.block)
	return straight{a.each << (by - down), a.known, a.guards}, ok && a.known
}

// straightAddress: a pointer moves by each index's step times the size of what it counts.
func (e *emitter) straightAddress(i *inst, b *block) (straight, bool) {
	steps, ok := e.m.steps(i)
	if !ok {
		return straight{}, false
	}
	s, ok := e.straightOf(i.args[0], b)
	if !ok {
		return straight{}, false
	}
	for n, step := range steps {
		x, ok := e.straightOf(i.args[n+1], b)
		if !ok {
			return straight{}, false
		}
		if scalarBits(i.args[n+1].typ) < 64 && (x.each != 0 || !x.known) {
			return straight{}, false // it is made wider here, and nothing shows that it did not wrap
		}
		s = joined(s, x, s.each+x.each*step.scale)
	}
	return s, true
}

// straightPhi: what a loop moves by the same for all lanes is straight if it begins so. Suppose it, and look. Where lanes come
// one way, the phi is what that way brings.
func (e *emitter) straightPhi(i *inst, b *block) (straight, bool) {
	none := straight{}
	if e.d.oneWay(b) {
		return e.straightJoin(i, b)
	}
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

// straightJoin: of several straight values the one that comes, so that the step is known if all have the same. What guards ask
// about would have to be known whichever it was.
func (e *emitter) straightJoin(i *inst, b *block) (straight, bool) {
	var all *straight
	for n, a := range i.args {
		s, ok := e.straightOf(a, e.d.blockNamed(b, i.labels[n]))
		if !ok || len(s.guards) > 0 {
			return straight{}, false
		}
		switch {
		case all == nil:
			all = &s
		case !s.known || !all.known || s.each != all.each:
			all = &straight{0, false, nil}
		}
	}
	return *all, all != nil
}

// within reports whether all guards are among those known.
func within(guards, known []guard) bool {
	for _, g := range guards {
		if !slices.Contains(known, g) {
			return false
		}
	}
	return true
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
