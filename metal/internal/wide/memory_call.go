package wide

import (
	"fmt"
	"strings"
)

// memoryCall writes a memset, memcpy or memmove.
func (e *emitter) memoryCall(i *inst, apart bool) {
	last := i.args[len(i.args)-1]
	e.declareMemory(i)
	if root := e.d.private[i.args[0].text]; root != "" { // a memset of a variable that lies side by side
		if e.differs(i.args[2]) || e.d.regions[e.block] != nil || e.differs(i.args[1]) {
			e.memsetSides(i, root)
			return
		}
		n := e.set("mul i64 %s, %d", e.get(i.args[2]), lanes)
		e.do("call void @%s(ptr %s, i8 %s, i64 %s, i1 %s)", i.callee, e.get(i.args[0]), e.get(i.args[1]), n, last.text)
		return
	}
	if !apart {
		e.do("call void @%s(%s)", i.callee, e.plainArguments(i))
		return
	}
	arguments := e.parkArguments(i.args[:3])
	e.each(nil, i, func(lane string) []string {
		e.do("call void @%s(%s, i1 %s)", i.callee, arguments(lane), last.text)
		return nil
	})
}

func (e *emitter) declareMemory(i *inst) {
	var wanted []string
	for _, a := range i.args {
		wanted = append(wanted, a.typ)
	}
	e.declare("void @%s(%s)", i.callee, strings.Join(wanted, ", "))
}

// memsetSides fills a variable that lies side by side for some lanes only, element by element.
func (e *emitter) memsetSides(i *inst, root string) {
	size := e.d.elements[root]
	length, known := integerOf(i.args[2].text)
	if !known || length%size != 0 || length/size > 64 || e.differs(i.args[1]) {
		e.refuse("a private variable that only some lanes fill")
		return
	}
	t := fmt.Sprintf("i%d", 8*size)
	byteValue, known := integerOf(i.args[1].text)
	if !known {
		e.refuse("a private variable that is filled with what is not known when the kernel is compiled")
		return
	}
	fill := uint64(0)
	for range size {
		fill = fill<<8 | uint64(byteValue&0xff)
	}
	p := e.get(i.args[0])
	for n := int64(0); n < length/size; n++ {
		at := e.set("getelementptr i8, ptr %s, i64 %d", p, n*size*lanes)
		old := e.set("load %s, ptr %s, align %d", wideType(t), at, min(64, lanes*size))
		e.do("store %s %s, ptr %s, align %d", wideType(t), e.set("select %s %s, %s splat (%s %d), %s %s", maskType, e.mask(), wideType(t), t, int64(fill), wideType(t), old), at, min(64, lanes*size))
	}
}
