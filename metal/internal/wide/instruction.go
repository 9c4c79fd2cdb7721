package wide

import (
	"fmt"
	"strings"
)

// emitInst writes an instruction for all lanes; after is what follows it in its block.
func (e *emitter) emitInst(i *inst, after []*inst) {
	if i.op == "call" {
		e.call(i, after)
		return
	}
	if len(i.args) > 0 && e.d.private[i.args[0].text] != "" || i.op == "store" && e.d.private[i.args[1].text] != "" {
		e.privateAccess(i)
		return
	}
	if i.op == "extractvalue" {
		e.extract(i)
		return
	}
	apart := i.name != "" && e.d.differs[i.name]
	for _, a := range i.args {
		apart = apart || e.differs(a)
	}
	if !apart {
		e.once(i)
		return
	}
	if i.name != "" && e.isFlat(i.name) {
		e.flatly(i)
		return
	}
	switch kindOf(i.op) {
	case binary:
		a, b := e.all(i.args[0]), e.all(i.args[1])
		if i.op == "or" && hasFlag(i, "disjoint") { // so that a sum of straight values is one in every lane
			e.put(i, e.set("add %s %s, %s", wideType(i.typ), a, b))
			return
		}
		switch i.op {
		case "udiv", "sdiv", "urem", "srem":
			e.divide(i, a, b)
			return
		}
		e.put(i, e.set("%s %s%s %s, %s", i.op, fastFlags(i), wideType(i.typ), a, b))
	case comparison:
		e.put(i, e.set("%s %s%s %s %s, %s", i.op, fastFlags(i), i.pred, wideType(i.args[0].typ), e.all(i.args[0]), e.all(i.args[1])))
	case conversion:
		if strings.HasPrefix(i.args[0].typ, "<") {
			e.refuse("a value of type %s: %s", i.args[0].typ, i)
			return
		}
		e.put(i, e.set("%s %s%s %s to %s", i.op, fastFlags(i), wideType(i.args[0].typ), e.all(i.args[0]), wideType(i.typ)))
	case unary:
		e.put(i, e.set("%s %s%s %s", i.op, fastFlags(i), wideType(i.typ), e.all(i.args[0])))
	default:
		e.emitOther(i, after)
	}
}

// fastFlags are what may be supposed of numbers. What clang knows of one lane's integers (nuw, nsw, inbounds) need not hold
// in a lane that does not take part.
func fastFlags(i *inst) string {
	flags := ""
	for _, f := range i.flags {
		switch f {
		case "fast", "nnan", "ninf", "nsz", "arcp", "contract", "afn", "reassoc":
			flags += f + " "
		}
	}
	return flags
}

func (e *emitter) emitOther(i *inst, after []*inst) {
	switch i.op {
	case "select":
		c, t := e.get(i.args[0]), "i1"
		if e.differs(i.args[0]) {
			t = maskType
		}
		e.put(i, e.set("select %s%s %s, %s %s, %s %s", fastFlags(i), t, c, wideType(i.typ), e.all(i.args[1]), wideType(i.typ), e.all(i.args[2])))
	case "getelementptr":
		text := fmt.Sprintf("getelementptr %s", i.src)
		for _, a := range i.args {
			text += fmt.Sprintf(", %s %s", e.typeAs(a.typ, e.differs(a)), e.get(a))
		}
		e.put(i, e.set("%s", text))
	case "load":
		e.load(i, after)
	case "store":
		e.store(i, after)
	case "atomicrmw":
		in := e.park(i.args)
		e.each([]string{i.typ}, i, func(lane string) []string {
			at, with := in[0](lane), in[1](lane)
			return []string{e.set("atomicrmw %s ptr %s, %s %s%s", i.kind, at, i.typ, with, orderText(i))}
		})
	case "cmpxchg":
		t := i.args[1].typ
		in := e.park(i.args)
		e.each([]string{t, "i1"}, i, func(lane string) []string {
			at, a, b := in[0](lane), in[1](lane), in[2](lane)
			got := e.set("cmpxchg ptr %s, %s %s, %s %s%s", at, t, a, t, b, orderText(i))
			return []string{e.set("extractvalue { %s, i1 } %s, 0", t, got), e.set("extractvalue { %s, i1 } %s, 1", t, got)}
		})
	default:
		e.refuse("an instruction that is not known for all lanes: %s", i)
	}
}

func orderText(i *inst) string {
	text := ""
	for _, o := range i.ordering {
		text += " " + o
	}
	if i.align > 0 {
		text += fmt.Sprintf(", align %d", i.align)
	}
	return text
}

// once writes an instruction that is the same for all lanes as it is.
func (e *emitter) once(i *inst) {
	copied := *i
	copied.args = make([]value, len(i.args))
	for n, a := range i.args {
		copied.args[n] = value{a.typ, e.get(a)}
	}
	copied.name = ""
	if i.name == "" {
		e.do("%s", copied.String())
		return
	}
	e.put(i, e.set("%s", copied.String()))
}

// pick is one lane's part of a value.
func (e *emitter) pick(t, x, lane string) string {
	return e.set("extractelement %s %s, i32 %s", wideType(t), x, lane)
}

// park stores operands in memory, from where one lane's part of each can be loaded, for what lanes do one after another. What
// is the same for all lanes needs no place.
func (e *emitter) park(operands []value) []func(lane string) string {
	var all []func(string) string
	for _, v := range operands {
		if !e.differs(v) {
			x := e.get(v)
			all = append(all, func(string) string { return x })
			continue
		}
		x := e.all(v)
		if scalarBits(v.typ) < 8 {
			all = append(all, func(lane string) string { return e.pick(v.typ, x, lane) })
			continue
		}
		t := placeType(v.typ)
		if t != v.typ {
			x = e.set("zext %s %s to %s", wideType(v.typ), x, wideType(t))
		}
		place := e.stored(t, x)
		all = append(all, func(lane string) string {
			one := e.set("load %s, ptr %s", t, e.set("getelementptr %s, ptr %s, i32 %s", t, place, lane))
			if t != v.typ {
				one = e.set("trunc %s %s to %s", t, one, v.typ)
			}
			return one
		})
	}
	return all
}

// parkArguments parks the arguments of a call and returns what writes those of a lane.
func (e *emitter) parkArguments(operands []value) func(lane string) string {
	in := e.park(operands)
	return func(lane string) string {
		var all []string
		for n, v := range operands {
			all = append(all, v.typ+" "+in[n](lane))
		}
		return strings.Join(all, ", ")
	}
}

// each carries something out for one lane after another, in ascending order, and collects what comes of it in i's parts:
// in memory, for the processor has no element of a vector whose number it does not know.
func (e *emitter) each(results []string, i *inst, one func(lane string) []string) {
	e.OneByOne++
	e.n++
	n := e.n
	left := e.memory("i32")
	e.do("store i32 %s, ptr %s", e.active, left)
	var places []string
	for k, t := range results {
		old := e.read(e.slotOf[partName(i.name, k)], wideType(t))
		if p := placeType(t); p != t {
			old, t = e.set("zext %s %s to %s", wideType(t), old, wideType(p)), p
		}
		places = append(places, e.stored(t, old))
	}
	e.do("br label %%\"each.%d\"", n)
	e.label("each.%d", n)
	rest := e.set("load i32, ptr %s", left)
	e.do("br i1 %s, label %%\"one.%d\", label %%\"end.%d\"", e.set("icmp ne i32 %s, 0", rest), n, n)
	e.label("one.%d", n)
	e.declare("i32 @llvm.cttz.i32(i32, i1)")
	lane := e.set("call i32 @llvm.cttz.i32(i32 %s, i1 true)", rest)
	for k, x := range one(lane) {
		t := results[k]
		if p := placeType(t); p != t {
			x, t = e.set("zext %s %s to %s", t, x, p), p
		}
		e.do("store %s %s, ptr %s", t, x, e.set("getelementptr %s, ptr %s, i32 %s", t, places[k], lane))
	}
	e.do("store i32 %s, ptr %s", e.set("and i32 %s, %s", rest, e.set("sub i32 %s, 1", rest)), left)
	e.do("br label %%\"each.%d\"", n)
	e.label("end.%d", n)
	for k, t := range results {
		var x string
		if t == "i1" {
			x = e.set("icmp ne <32 x i8> %s, zeroinitializer", e.set("load <32 x i8>, ptr %s, align 128", places[k]))
		} else if p := wideType(placeType(t)); isOdd(t) {
			x = e.set("trunc %s %s to %s", p, e.set("load %s, ptr %s, align 128", p, places[k]), wideType(t))
		} else {
			x = e.set("load %s, ptr %s, align 128", wideType(t), places[k])
		}
		e.fill(e.slotOf[partName(i.name, k)], wideType(t), x)
		e.keep(i, k, x)
	}
}

// privateAccess writes what is done with a variable whose elements lie side by side: all offsets are 32 times as large.
func (e *emitter) privateAccess(i *inst) {
	switch i.op {
	case "getelementptr":
		p := e.get(i.args[0])
		steps, _ := e.m.steps(i)
		for n, s := range steps {
			a := i.args[n+1]
			if c, known := integerOf(a.text); known || s.scale == 0 {
				if offset := c*s.scale + s.fixed; offset != 0 {
					p = e.set("getelementptr i8, ptr %s, i64 %d", p, lanes*offset)
				}
				continue
			}
			x := e.get(a)
			if a.typ != "i64" {
				x = e.set("sext %s %s to i64", a.typ, x)
			}
			p = e.set("getelementptr i8, ptr %s, i64 %s", p, e.set("mul i64 %s, %d", x, lanes*s.scale))
		}
		e.put(i, p)
	case "load":
		e.put(i, e.set("load %s, ptr %s, align %d", wideType(i.typ), e.get(i.args[0]), min(64, lanes*e.d.elements[e.d.private[i.args[0].text]])))
	case "store":
		t, align := i.args[0].typ, min(64, lanes*e.d.elements[e.d.private[i.args[1].text]])
		x, p := e.all(i.args[0]), e.get(i.args[1])
		if e.d.regions[e.block] != nil {
			old := e.set("load %s, ptr %s, align %d", wideType(t), p, align)
			x = e.set("select %s %s, %s %s, %s %s", maskType, e.mask(), wideType(t), x, wideType(t), old)
		}
		e.do("store %s %s, ptr %s, align %d", wideType(t), x, p, align)
	default:
		e.refuse("a use of a private variable that is not known: %s", i)
	}
}
