package wide

import (
	"fmt"
	"strings"
)

// isFlat reports whether a value that differs between lanes is known in all of them by lane 0's value and a step: a number, or
// one that is computed beside it, once for all lanes.
func (e *emitter) isFlat(name string) bool {
	if known, ok := e.flat[name]; ok {
		return known
	}
	def := e.d.defs[name]
	flat := false
	if e.d.differs[name] && e.d.private[name] == "" && scalarBits(def.inst.typ) > 1 {
		switch def.inst.op {
		case "add", "sub", "or", "shl", "mul", "and", "trunc", "zext", "sext", "phi", "getelementptr", "call", "freeze", "ashr":
			s, ok := e.straightOf(value{def.inst.typ, name}, def.block)
			flat = ok && len(s.guards) == 0 && !(def.inst.op == "phi" && e.d.outlive[name])
			if s.known {
				e.steps[name] = s.each
				break
			}
			for n, a := range def.inst.args {
				from := def.block
				if def.inst.op == "phi" {
					from = e.d.blockNamed(def.block, def.inst.labels[n])
				}
				flat = flat && e.hasStep(a, from)
			}
		}
	}
	e.flat[name] = flat
	return flat
}

// flatHere reports whether an operand of the block that is being written is flat as this block sees it: behind a loop that lanes
// leave in different turns, each has its own.
func (e *emitter) flatHere(v value) bool { return e.isFlat(v.text) && !e.d.outlives(v.text, e.block) }

// hasStep reports whether the step of an operand of block b is at hand.
func (e *emitter) hasStep(v value, b *block) bool {
	if !v.isName() || !e.d.differsAt(v, b) {
		return true
	}
	s, ok := e.straightOf(v, b)
	return ok && len(s.guards) == 0 && (s.known || e.isFlat(v.text)) // straight here, so that it does not outlive a loop
}

// stepType is the type of the step of a value.
func stepType(t string) string {
	if t == "ptr" {
		return "i64"
	}
	return t
}

// step is by how much an operand, which is straight, grows from lane to lane: of a pointer, in bytes.
func (e *emitter) step(v value) string {
	if !v.isName() || !e.differs(v) {
		return "0"
	}
	s, ok := e.straightOf(v, e.block)
	if !ok {
		e.refuse("a step of what is not straight: %s", v.text) // a mistake of this package
		return "0"
	}
	if slot := e.stepOf[v.text]; slot != "" {
		return e.read(slot, stepType(v.typ))
	}
	return fmt.Sprint(wrapped(s.each, scalarBits(v.typ)))
}

// wrapped is a number as one of some bits.
func wrapped(n int64, bits int) int64 { return n << (64 - bits) >> (64 - bits) }

// first is lane 0's value of an operand.
func (e *emitter) first(v value) string {
	if !v.isName() || !e.differs(v) {
		return e.get(v)
	}
	if e.flatHere(v) {
		return e.read(e.slotOf[v.text], v.typ)
	}
	return e.pick(v.typ, e.get(v), "0")
}

// lifted is a flat value in all lanes.
func (e *emitter) lifted(name, t, first string) string {
	step := stepType(t)
	var offsets string
	if slot := e.stepOf[name]; slot != "" {
		each := e.spread(step, e.read(slot, step))
		offsets = e.set("mul %s %s, %s", wideType(step), each, series(step, 0, 1))
	} else {
		var b strings.Builder
		for n := range int64(lanes) {
			if n > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%s %d", step, wrapped(n*e.steps[name], scalarBits(t)))
		}
		offsets = "<" + b.String() + ">"
	}
	if t == "ptr" {
		return e.set("getelementptr i8, ptr %s, <32 x i64> %s", first, offsets)
	}
	return e.set("add %s %s, %s", wideType(t), e.spread(t, first), offsets)
}

// flatly writes an instruction of straight values for lane 0, and its step where that is not a number. What clang knows of a lane
// that takes part (nuw, disjoint) need not hold there.
func (e *emitter) flatly(i *inst) {
	copied := *i
	copied.name, copied.flags, copied.args = "", nil, make([]value, len(i.args))
	for n, a := range i.args {
		copied.args[n] = value{a.typ, e.first(a)}
	}
	if i.op == "or" {
		copied.op = "add"
	}
	if slot := e.stepOf[i.name]; slot != "" {
		e.fill(slot, stepType(i.typ), e.stepMade(i, copied.args))
	}
	e.put(i, e.set("%s", copied.String()))
}

// stepMade is the step of what an instruction makes of straight operands, whose values in lane 0 are first.
func (e *emitter) stepMade(i *inst, first []value) string {
	switch i.op {
	case "add", "sub", "or":
		op := i.op
		if op == "or" {
			op = "add"
		}
		return e.set("%s %s %s, %s", op, i.typ, e.step(i.args[0]), e.step(i.args[1]))
	case "shl":
		return e.set("shl %s %s, %s", i.typ, e.step(i.args[0]), first[1].text)
	case "mul": // one of the two steps is 0
		a := e.set("mul %s %s, %s", i.typ, e.step(i.args[0]), first[1].text)
		b := e.set("mul %s %s, %s", i.typ, e.step(i.args[1]), first[0].text)
		return e.set("add %s %s, %s", i.typ, a, b)
	case "trunc":
		return e.set("trunc %s %s to %s", i.args[0].typ, e.step(i.args[0]), i.typ)
	case "freeze":
		return e.set("freeze %s %s", stepType(i.typ), e.step(i.args[0]))
	case "and": // which takes nothing away
		return e.step(i.args[0])
	case "getelementptr":
		sum := e.step(i.args[0])
		steps, _ := e.m.steps(i)
		for n, s := range steps {
			index := i.args[n+1]
			if !e.differs(index) {
				continue
			}
			by := e.set("mul i64 %s, %d", e.step(index), s.scale) // of 64 bits, or it would not be straight
			sum = e.set("add i64 %s, %s", sum, by)
		}
		return sum
	}
	e.refuse("a step of %s", i)
	return "0"
}

// numbered reports whether the step of a flat value is a number.
func (e *emitter) numbered(name string) bool {
	_, known := e.steps[name]
	return known
}
