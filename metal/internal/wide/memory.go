package wide

import (
	"fmt"
	"strings"
)

// shortName is a type as it stands in the name of one of LLVM's functions.
func shortName(t string) string {
	switch t {
	case "float":
		return "f32"
	case "double":
		return "f64"
	case "half":
		return "f16"
	case "bfloat":
		return "bf16"
	case "ptr":
		return "p0"
	}
	return t
}

// load writes a load whose address or value differs between lanes.
func (e *emitter) load(i *inst, after []*inst) {
	t := i.typ
	size, _, ok := e.m.layout(t)
	if !ok && !isOdd(t) || scalarBits(t) < 8 {
		e.refuse("a load of %s", t)
		return
	}
	align := max(i.align, 1)
	e.checkPlace(i.args[0], align)
	switch {
	case !e.differs(i.args[0]):
		copied := *i
		copied.name, copied.args = "", []value{{"ptr", e.get(i.args[0])}}
		e.put(i, e.spread(t, e.set("%s", copied.String())))
		return
	case i.atomic || isOdd(t):
		in := e.park(i.args)
		op := "load"
		if i.atomic {
			op = "load atomic"
		}
		e.each([]string{t}, i, func(lane string) []string {
			return []string{e.set("%s %s, ptr %s%s", op, t, in[0](lane), orderText(i))}
		})
		return
	}
	if e.isPlainGather(i) && e.joinLoads(i, after) {
		return
	}
	s, straightness := e.straightOf(i.args[0], e.block)
	near := func(each int64) string { // lanes' elements stand each elements apart
		return e.set("call %s @%s(ptr %s, i32 %s)", wideType(t), e.rowLoad(t, align, each), e.first(i.args[0]), e.active)
	}
	far := func() string {
		e.Gathers++
		if e.flatHere(i.args[0]) {
			return e.set("call %s @%s(ptr %s, i64 %s, i32 %s)", wideType(t), e.apart("gather", t, align), e.first(i.args[0]), e.step(i.args[0]), e.active)
		}
		return e.set("call %s @%s(<32 x ptr> %s, i32 %s)", wideType(t), e.gather(t, align, !straightness), e.get(i.args[0]), e.active)
	}
	switch {
	case straightness && s.known && len(s.guards) == 0 && s.each > 0 && s.each%size == 0 && (s.each/size == 1 || s.each/size == 2 || s.each/size == 4):
		e.put(i, near(s.each/size))
	case straightness && s.known && s.each > 0 && s.each%size == 0 && (s.each/size == 1 || s.each/size == 2 || s.each/size == 4):
		e.onlyIf(e.isNear(s, i.args[0], size), i, func() string { return near(s.each / size) }, far)
	case straightness && !s.known:
		e.onlyIf(e.isNear(s, i.args[0], size), i, func() string { return near(1) }, far)
	default:
		e.put(i, far())
	}
}

// wholeVector is from which alignment on an access is the first of a vector's: the processor refuses those of one lane at
// other addresses, and here lanes' numbers are fetched one by one, which it never refuses. Of processors x86 does; arm64 reads a
// vector wherever it lies, on fibers too.
const wholeVector = 16

// checkPlace hands the threadgroup to fibers, which report the mistake, where a vector of the text lies at an address that
// is no multiple of its size.
func (e *emitter) checkPlace(pointer value, align int) {
	switch {
	case !e.hasToBeChecked(pointer, align):
	case e.differs(pointer):
		e.checkPlaces(e.get(pointer), align)
	default:
		at := e.set("ptrtoint ptr %s to i64", e.get(pointer))
		e.againIf(forPlace, e.set("icmp ne i64 %s, 0", e.set("and i64 %s, %d", at, align-1)))
	}
}

func (e *emitter) hasToBeChecked(pointer value, align int) bool {
	return align >= wholeVector && !e.aligned(pointer.text) && e.m.x86
}

// checkPlaces does so for the lanes' own addresses.
func (e *emitter) checkPlaces(pointers string, align int) {
	at := e.set("ptrtoint <32 x ptr> %s to <32 x i64>", pointers)
	low := e.set("icmp ne <32 x i64> %s, zeroinitializer", e.set("and <32 x i64> %s, splat (i64 %d)", at, align-1))
	e.againIf(forPlace, e.set("icmp ne i32 %s, 0", e.bits(e.set("and %s %s, %s", maskType, low, e.mask()))))
}

// Why fibers are to run a threadgroup again: MSL_AGAIN_... in msl_abi.h.
const (
	forFault = iota
	forParting
	forPlace
)

// again hands the threadgroup to fibers, and againIf does on a condition.
func (e *emitter) again(why int) {
	e.do("call void @msl_wide_call_again(ptr %s, i32 %d)", e.self, why)
}

func (e *emitter) againIf(why int, condition string) {
	e.n++
	n := e.n
	e.do("br i1 %s, label %%\"off.%d\", label %%\"on.%d\"", condition, n, n)
	e.label("off.%d", n)
	e.again(why)
	e.do("br label %%\"on.%d\"", n)
	e.label("on.%d", n)
}

// aligned reports whether a pointer leads into a variable of the kernel's own, which lies where it should.
func (e *emitter) aligned(v string) bool {
	root := e.d.root(v)
	def, ok := e.d.defs[root]
	return ok && (def.inst.op == "alloca" || def.inst.op == "call" && def.inst.callee == prefix+"variable")
}

// every is the shuffle that spreads a mask of 32 lanes over each times as many elements.
func every(each int64) string {
	var b strings.Builder
	b.WriteString("<")
	for n := range lanes * each {
		if n > 0 {
			b.WriteString(", ")
		}
		if n%each == 0 {
			fmt.Fprintf(&b, "i32 %d", n/each)
		} else {
			fmt.Fprintf(&b, "i32 %d", lanes)
		}
	}
	return b.String() + ">"
}

// isNear is whether lanes that stand in a straight line are neighbours: what was not known when the kernel was compiled.
func (e *emitter) isNear(s straight, pointer value, size int64) string {
	near := "true"
	and := func(c string) {
		if near == "true" {
			near = c
		} else {
			near = e.set("and i1 %s, %s", near, c)
		}
	}
	switch {
	case s.known:
	case e.flatHere(pointer):
		and(e.set("icmp eq i64 %s, %d", e.step(pointer), size))
	default:
		p := e.get(pointer)
		a := e.set("ptrtoint ptr %s to i64", e.pick("ptr", p, "0"))
		b := e.set("ptrtoint ptr %s to i64", e.pick("ptr", p, "1"))
		and(e.set("icmp eq i64 %s, %d", e.set("sub i64 %s, %s", b, a), size))
	}
	seen := map[guard]bool{}
	for _, g := range s.guards {
		if seen[g] {
			continue
		}
		seen[g] = true
		v := value{g.typ, g.name}
		x := e.first(v)
		if g.low > 0 {
			and(e.set("icmp uge %s %s, %d", g.typ, x, g.low))
		}
		and(e.set("icmp ule %s %s, %d", g.typ, x, g.high))
	}
	return near
}

// onlyIf makes i's value one way or the other.
func (e *emitter) onlyIf(condition string, i *inst, yes, no func() string) {
	e.n++
	n := e.n
	e.do("br i1 %s, label %%\"near.%d\", label %%\"far.%d\"", condition, n, n)
	for k, f := range []func() string{yes, no} {
		e.label("%s.%d", []string{"near", "far"}[k], n)
		x := f()
		if i.name != "" {
			e.put(i, x)
		}
		e.do("br label %%\"both.%d\"", n)
	}
	e.label("both.%d", n)
}

// store writes a store whose address or value differs between lanes.
func (e *emitter) store(i *inst, after []*inst) {
	t := i.args[0].typ
	size, _, ok := e.m.layout(t)
	if !ok && !isOdd(t) || scalarBits(t) < 8 {
		e.refuse("a store of %s", t)
		return
	}
	align := max(i.align, 1)
	if !isOdd(t) && e.joinStores(i, after) {
		return
	}
	e.checkPlace(i.args[1], align)
	x := e.all(i.args[0])
	if !e.differs(i.args[1]) { // what the last lane stores stays
		e.declare("i32 @llvm.ctlz.i32(i32, i1)")
		last := e.set("xor i32 %s, 31", e.set("call i32 @llvm.ctlz.i32(i32 %s, i1 true)", e.active))
		copied := *i
		copied.args = []value{{t, e.pick(t, x, last)}, {"ptr", e.get(i.args[1])}}
		e.do("%s", copied.String())
		return
	}
	if i.atomic || i.volatile || isOdd(t) {
		in := e.park(i.args)
		e.each(nil, i, func(lane string) []string {
			copied := *i
			copied.args = []value{{t, in[0](lane)}, {"ptr", in[1](lane)}}
			e.do("%s", copied.String())
			return nil
		})
		return
	}
	s, straightness := e.straightOf(i.args[1], e.block)
	near := func() string {
		e.do("call void @%s(%s %s, ptr %s, i32 %s)", e.rowStore(t, align), wideType(t), x, e.first(i.args[1]), e.active)
		return ""
	}
	far := func() string {
		e.Scatters++
		if e.flatHere(i.args[1]) {
			e.do("call void @%s(%s %s, ptr %s, i64 %s, i32 %s)", e.apart("scatter", t, align), wideType(t), x, e.first(i.args[1]), e.step(i.args[1]), e.active)
			return ""
		}
		e.do("call void @%s(%s %s, <32 x ptr> %s, i32 %s)", e.scatter(t, align, !straightness), wideType(t), x, e.get(i.args[1]), e.active)
		return ""
	}
	switch {
	case straightness && s.known && len(s.guards) == 0 && s.each == size:
		near()
	case straightness && (!s.known || s.each == size):
		e.onlyIf(e.isNear(s, i.args[1], size), i, near, far)
	default:
		far()
	}
}
