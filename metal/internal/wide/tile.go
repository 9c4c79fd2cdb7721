package wide

import (
	"fmt"
	"slices"
	"strings"
)

// partner finds the call that asks for the other half of what this one does, and marks it as done. Both halves of a tile are
// asked for one right after the other.
func (e *emitter) partner(i *inst, after []*inst) *inst {
	last := len(i.args) - 1
	for _, other := range after {
		if other.op == "call" && other.callee == i.callee && other.args[last].text != i.args[last].text &&
			slices.Equal(other.args[:last], i.args[:last]) && !e.skip[other] {
			e.skip[other] = true
			return other
		}
		if other.op == "store" || other.op == "atomicrmw" || other.op == "cmpxchg" || other.op == "fence" || other.op == "call" && other.callee != i.callee {
			return nil
		}
	}
	return nil
}

// halves puts the two halves of a tile where they were asked for.
func (e *emitter) halves(i, other *inst, x, y string) {
	for _, asked := range []*inst{i, other} {
		if asked == nil || asked.name == "" {
			continue
		}
		from := x
		if asked.args[len(asked.args)-1].text == "1" {
			from = y
		}
		e.put(asked, e.set("load <32 x float>, ptr %s, align 128", from))
	}
}

func (e *emitter) multiply(i *inst, after []*inst) {
	if e.d.regions[e.block] != nil && i.args[6].isName() {
		e.refuse("a matrix operation that is not known when the kernel is compiled")
		return
	}
	other := e.partner(i, after)
	x, y := e.memory("<32 x float>, align 128"), e.memory("<32 x float>, align 128")
	arguments, wanted := []string{"ptr " + x, "ptr " + y}, []string{"ptr", "ptr"}
	for _, a := range i.args[:6] {
		arguments, wanted = append(arguments, "ptr "+e.inMemory(a)), append(wanted, "ptr")
	}
	e.declare("void @wide_multiply(%s)", strings.Join(wanted, ", "))
	e.do("call void @wide_multiply(%s)", strings.Join(arguments, ", "))
	e.halves(i, other, x, y)
}

// Elements of a simdgroup's matrix that lane 0, 1, ... holds: the first of two.
func tilePlaces() (rows, columns string) {
	var r, c []string
	for lane := range lanes {
		r = append(r, fmt.Sprintf("i64 %d", lane>>2&4+lane>>1&3))
		c = append(c, fmt.Sprintf("i64 %d", lane>>2&2*2+lane&1*2))
	}
	return "<" + strings.Join(r, ", ") + ">", "<" + strings.Join(c, ", ") + ">"
}

// tilePointers are the addresses of lanes' two elements of a tile, where the simdgroup does not ask as one.
func (e *emitter) tilePointers(i *inst) (first, second string) {
	rows, columns := tilePlaces()
	p, stride, step := e.all(i.args[0]), e.all(i.args[1]), "splat (i64 1)"
	if transposed := i.args[2]; transposed.isName() {
		is := e.set("icmp ne <32 x i32> %s, zeroinitializer", e.all(transposed))
		either := func(yes, no string) string {
			return e.set("select %s %s, <32 x i64> %s, <32 x i64> %s", maskType, is, yes, no)
		}
		rows, columns, step = either(columns, rows), either(rows, columns), either(stride, step)
	} else if transposed.text == "1" {
		rows, columns, step = columns, rows, stride
	}
	at := e.set("add <32 x i64> %s, %s", e.set("mul <32 x i64> %s, %s", stride, rows), columns)
	first = e.set("getelementptr float, <32 x ptr> %s, <32 x i64> %s", p, at)
	return first, e.set("getelementptr float, <32 x ptr> %s, <32 x i64> %s", first, step)
}

// asOne reports whether all lanes name the same tile, so that its rows are what is loaded or stored.
func (e *emitter) asOne(i *inst) bool {
	return !e.differs(i.args[0]) && !e.differs(i.args[1]) && !e.differs(i.args[2])
}

func (e *emitter) tileLoad(i *inst, after []*inst) {
	if i.args[3].isName() {
		e.refuse("a half of a simdgroup's matrix that is not known when the kernel is compiled")
		return
	}
	other := e.partner(i, after)
	x, y := e.memory("<32 x float>, align 128"), e.memory("<32 x float>, align 128")
	if !e.asOne(i) {
		first, second := e.tilePointers(i)
		gather := e.gather("float", 4, false)
		e.Gathers++
		for n, p := range []string{first, second} {
			e.do("store <32 x float> %s, ptr %s, align 128", e.set("call <32 x float> @%s(<32 x ptr> %s, i32 %s)", gather, p, e.active), []string{x, y}[n])
		}
	} else {
		e.declare("void @wide_tile_load(ptr, ptr, ptr, i64, i32, i32)")
		e.do("call void @wide_tile_load(ptr %s, ptr %s, ptr %s, i64 %s, i32 %s, i32 %s)", x, y, e.get(i.args[0]), e.get(i.args[1]), e.get(i.args[2]), e.active)
	}
	e.halves(i, other, x, y)
}

func (e *emitter) tileStore(i *inst) {
	if !e.asOne(i) {
		first, second := e.tilePointers(i)
		scatter := e.scatter("float", 4, false)
		e.Scatters++
		e.do("call void @%s(<32 x float> %s, <32 x ptr> %s, i32 %s)", scatter, e.all(i.args[3]), first, e.active)
		e.do("call void @%s(<32 x float> %s, <32 x ptr> %s, i32 %s)", scatter, e.all(i.args[4]), second, e.active)
		return
	}
	x, y := e.inMemory(i.args[3]), e.inMemory(i.args[4])
	e.declare("void @wide_tile_store(ptr, ptr, ptr, i64, i32, i32)")
	e.do("call void @wide_tile_store(ptr %s, ptr %s, ptr %s, i64 %s, i32 %s, i32 %s)", x, y, e.get(i.args[0]), e.get(i.args[1]), e.get(i.args[2]), e.active)
}
