package wide

import (
	"fmt"
	"strings"
)

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

func (e *emitter) makeSlots() {
	for _, b := range e.flow.layout {
		for _, i := range b.insts {
			if i.name == "" || i.typ == "void" {
				continue
			}
			whole := i.op == "call" || i.op == "cmpxchg" || i.op == "phi" // they make structs
			for k, t := range parts(i.typ) {
				if scalarBits(t) == 0 || k > 0 && !whole {
					e.refuse("a value of type %s: %s", i.typ, i)
					return
				}
				key := partName(i.name, k)
				e.slotOf[key] = e.slot(e.slotType(i.name, t))
				if e.isFlat(i.name) && !e.numbered(i.name) {
					e.stepOf[i.name] = e.slot(stepType(t))
				}
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
			e.start("  %%\"mask.%s\" = alloca i32\n  store i32 0, ptr %%\"mask.%s\"\n", b.name, b.name)
		}
	}
	e.start("  %%wide.gone = alloca i32\n  store i32 0, ptr %%wide.gone\n")
}

func partName(name string, k int) string {
	if k == 0 {
		return name
	}
	return fmt.Sprintf("%s.%d", name, k)
}

// mostPrivate is how many bytes all lanes' private variables may take: half of a simdgroup's stack (WIDE_STACK_BYTES of
// metal/internal/host/internal.h). A lane of its own has more on fibers.
const mostPrivate = 512 << 10

// alloca makes a private variable: all lanes' side by side, or one after another.
func (e *emitter) alloca(i *inst) {
	size, align, ok := e.m.layout(i.src)
	if !ok {
		e.refuse("a private variable of type %s", i.src)
		return
	}
	align = max(align, int64(i.align))
	if e.private += lanes * roundUp(size, align); e.private > mostPrivate {
		e.refuse("private variables of %d bytes a lane; a simdgroup has %d for all lanes", e.private/lanes, mostPrivate)
		return
	}
	memory := e.memory(fmt.Sprintf("[%d x i8], align 64", lanes*roundUp(size, align)))
	if e.d.sides[i.name] {
		e.begin(e.slotOf[i.name], "ptr", memory)
		return
	}
	e.n++
	e.start("  %%a.%d = getelementptr i8, ptr %s, <32 x i64> %s\n", e.n, memory, series("i64", 0, roundUp(size, align)))
	e.begin(e.slotOf[i.name], "<32 x ptr>", fmt.Sprintf("%%a.%d", e.n))
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
	e.lines = append(e.lines, written{text: fmt.Sprintf("  "+format+"\n", arguments...)})
}

// set writes an instruction and returns the name of its result.
func (e *emitter) set(format string, arguments ...any) string {
	e.n++
	name := fmt.Sprintf("%%t.%d", e.n)
	e.lines = append(e.lines, written{text: fmt.Sprintf("  %s = "+format+"\n", append([]any{name}, arguments...)...)})
	return name
}

func (e *emitter) label(format string, arguments ...any) {
	e.lines = append(e.lines, written{text: fmt.Sprintf("\""+format+"\":\n", arguments...)})
	clear(e.held)
}

func (e *emitter) declare(format string, arguments ...any) {
	e.declared["declare "+fmt.Sprintf(format, arguments...)] = true
}

// differs reports whether an operand differs between the lanes of the block that is being written.
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
		return e.read(e.ownOf[key], wideType(t))
	}
	slot := e.slotOf[key]
	if slot == "" {
		e.refuse("a value that nobody makes: %s", v.text)
		return "poison"
	}
	if e.isFlat(v.text) {
		return e.lifted(v.text, t, e.read(slot, t))
	}
	return e.read(slot, e.typeAs(t, e.d.differs[v.text]))
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
	return e.known("all lanes "+t+" "+x, func() string {
		one := e.set("insertelement %s poison, %s %s, i64 0", wideType(t), t, x)
		return e.set("shufflevector %s %s, %s poison, <32 x i32> zeroinitializer", wideType(t), one, wideType(t))
	})
}

// put makes x the value of an instruction, part k of it.
func (e *emitter) put(i *inst, x string) { e.putPart(i, 0, x) }

func (e *emitter) putPart(i *inst, k int, x string) {
	key, t := partName(i.name, k), parts(i.typ)[k]
	e.fill(e.slotOf[key], e.slotType(i.name, t), x)
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
	old := e.read(own, wideType(t))
	e.fill(own, wideType(t), e.set("select %s %s, %s %s, %s %s", maskType, e.mask(), wideType(t), x, wideType(t), old))
}

// mask is the mask of the lanes that run the block.
func (e *emitter) mask() string { return e.lanesOf(e.active) }

// lanesOf is the mask of some lanes' bits.
func (e *emitter) lanesOf(bits string) string {
	return e.known("mask "+bits, func() string { return e.set("call %s @wide.lanes(i32 %s)", maskType, bits) })
}

// lanesFunction writes the function that makes a mask of bits. Between blocks masks are numbers, for which any processor has
// registers and instructions; of AVX2, LLVM makes a vector of bytes, and of a number a mask bit by bit if it is not told how.
func (e *emitter) lanesFunction() {
	text := "  %number = " + opaque("%bits") + "\n  %m = bitcast i32 %number to <32 x i1>\n"
	if !e.m.maskRegisters {
		var own []string
		for n := range lanes {
			own = append(own, fmt.Sprintf("i32 %d", int32(1)<<n))
		}
		text = "  %one = insertelement <32 x i32> poison, i32 %bits, i64 0\n" +
			"  %all = shufflevector <32 x i32> %one, <32 x i32> poison, <32 x i32> zeroinitializer\n" +
			"  %own = and <32 x i32> %all, <" + strings.Join(own, ", ") + ">\n  %m = icmp ne <32 x i32> %own, zeroinitializer\n"
	}
	e.functions["wide.lanes"] = "define internal <32 x i1> @wide.lanes(i32 %bits) alwaysinline nounwind ATTRIBUTES {\n" + text + "  ret <32 x i1> %m\n}\n"
}

// bits is a mask as a number.
func (e *emitter) bits(mask string) string {
	number := e.set("bitcast %s %s to i32", maskType, mask)
	if e.m.maskRegisters {
		number = e.set("%s", opaque(number))
	}
	return number
}

// opaque is a number of which LLVM is not to see what it is made of. Where masks have registers, a mask is made a number and a number a
// mask behind this: of numbers that are joined and made a mask its instruction selection makes masks that are joined, and of those
// numbers again, and so without end. The statement touches something, so that no two become one: with fewer, lanes' values are chosen by
// masks that are joined, which has no end either.
func opaque(number string) string {
	return fmt.Sprintf(`call i32 asm "", "=r,0"(i32 %s) nounwind memory(inaccessiblemem: readwrite)`, number)
}
