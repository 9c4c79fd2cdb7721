package wide

import (
	"fmt"
	"strings"
)

// callLanes makes the mask m of the lanes that are here.
const callLanes = "  %m = call <32 x i1> @wide.lanes(i32 %here)\n"

// rowLoad is the function that loads elements that stand each elements apart, from the first lane's on.
func (e *emitter) rowLoad(t string, align int, each int64) string {
	w, short, n := wideType(t), shortName(t), lanes*each
	size, _, _ := e.m.layout(t)
	some := fmt.Sprintf("llvm.masked.load.v%d%s.p0", n, short)
	e.declare("<%d x %s> @%s(ptr, i32, <%d x i1>, <%d x %s>)", n, t, some, n, n, t)
	f := row{name: fmt.Sprintf("wide.load.row%d.%s.%d", each, short, align), result: w, size: size}
	mask := "%m"
	if each > 1 {
		mask = "%spread"
		f.some = fmt.Sprintf("  %%spread = shufflevector %s %%m, %s zeroinitializer, <%d x i32> %s\n", maskType, maskType, n, every(each))
	}
	f.some = callLanes + f.some + fmt.Sprintf("  %%y = call <%d x %s> @%s(ptr %%p, i32 %d, <%d x i1> %s, <%d x %s> zeroinitializer)\n", n, t, some, align, n, mask, n, t)
	if each > 1 {
		f.some += fmt.Sprintf("  %%y1 = shufflevector <%d x %s> %%y, <%d x %s> poison, <32 x i32> %s\n  ret %s %%y1\n", n, t, n, t, series("i32", 0, each), w)
	} else {
		f.some += fmt.Sprintf("  ret %s %%y\n", w)
	}
	f.all = allOfRow(t, align, each)
	return e.rowFunction(f)
}

// allOfRow loads the elements of all lanes and what lies between them, but nothing behind the last: parts overlap by one.
func allOfRow(t string, align int, each int64) string {
	w := wideType(t)
	text := fmt.Sprintf("  %%x0 = load %s, ptr %%p, align %d\n", w, align)
	if each == 1 {
		return text + fmt.Sprintf("  ret %s %%x0\n", w)
	}
	for n := int64(1); n < each; n++ {
		text += fmt.Sprintf("  %%p%d = getelementptr %s, ptr %%p, i64 %d\n  %%x%d = load %s, ptr %%p%d, align 1\n", n, t, (lanes-1)*n, n, w, n)
	}
	// Element k of the row is k%32 + k/32 of its part.
	for n := int64(0); n < each; n += 2 {
		var at [lanes]int64
		for k := range at {
			element := n*lanes + int64(k)*each
			at[k] = -1
			if part := element / lanes; part < n+2 {
				at[k] = (part-n)*lanes + element%lanes + part
			}
		}
		text += fmt.Sprintf("  %%s%d = shufflevector %s %%x%d, %s %%x%d, <32 x i32> %s\n", n, w, n, w, n+1, picks(at[:]))
	}
	if each == 2 {
		return text + fmt.Sprintf("  ret %s %%s0\n", w)
	}
	var halves [lanes]int64
	for k := range halves {
		halves[k] = int64(k + k/16*16)
	}
	return text + fmt.Sprintf("  %%x = shufflevector %s %%s0, %s %%s2, <32 x i32> %s\n  ret %s %%x\n", w, w, picks(halves[:]), w)
}

// picks are a shuffle's, -1 where it does not matter.
func picks(at []int64) string { return constants("i32", at) }

// constants are a vector of numbers, -1 where one does not matter.
func constants(t string, numbers []int64) string {
	var words []string
	for _, n := range numbers {
		word := fmt.Sprintf("%s %d", t, n)
		if n < 0 {
			word = t + " poison"
		}
		words = append(words, word)
	}
	return "<" + strings.Join(words, ", ") + ">"
}

// rowStore is the function that stores to neighbours.
func (e *emitter) rowStore(t string, align int) string {
	w, short := wideType(t), shortName(t)
	size, _, _ := e.m.layout(t)
	e.declare("void @llvm.masked.store.v32%s.p0(%s, ptr, i32, %s)", short, w, maskType)
	return e.rowFunction(row{name: fmt.Sprintf("wide.store.row1.%s.%d", short, align), result: "void", value: w + " %v, ", size: size,
		all:  fmt.Sprintf("  store %s %%v, ptr %%p, align %d\n  ret void\n", w, align),
		some: callLanes + fmt.Sprintf("  call void @llvm.masked.store.v32%s.p0(%s %%v, ptr %%p, i32 %d, %s %%m)\n  ret void\n", short, w, align, maskType)})
}

// row is a function that loads or stores what lies side by side: what it does for all lanes, and for those of mask m.
type row struct {
	name, result, value string
	size                int64 // of an element
	all, some           string
}

// rowFunction writes such a function, if it is not there. All lanes want it as a rule, and then it is a vector as any other: for
// some of them the processor's instructions are slow, or there are none. In parted code it is some lanes as a rule.
func (e *emitter) rowFunction(f row) (name string) {
	parted := e.d.regions[e.block] != nil
	if parted {
		f.name += ".parted"
	}
	if e.functions[f.name] != "" {
		return f.name
	}
	text, some, full := "", f.some, "%full"
	if !parted || f.size < 4 { // the code for some lanes is long, or hardly ever runs
		head := fmt.Sprintf("%s @%s.some(%sptr %%p, i32 %%here)", f.result, f.name, f.value)
		text = fmt.Sprintf("define internal %s noinline nounwind ATTRIBUTES {\n%s}\n", head, some)
		some = fmt.Sprintf("  %%z = call %s\n  ret %s %%z\n", head, f.result)
		if f.result == "void" {
			some = "  call " + head + "\n  ret void\n"
		}
	}
	text += fmt.Sprintf("define internal %s @%s(%sptr %%p, i32 %%here) alwaysinline nounwind ATTRIBUTES {\n", f.result, f.name, f.value) +
		"  %full = icmp eq i32 %here, -1\n"
	if !parted {
		e.declare("i1 @llvm.expect.i1(i1, i1)")
		text += "  %likely = call i1 @llvm.expect.i1(i1 %full, i1 true)\n"
		full = "%likely"
	}
	e.functions[f.name] = text + fmt.Sprintf("  br i1 %s, label %%all, label %%some\nall:\n%ssome:\n%s}\n", full, f.all, some)
	return f.name
}
