package wide

import (
	"fmt"
	"strings"
)

// gather is the function that loads from lanes' own addresses. With a look it first finds out whether they are neighbours.
func (e *emitter) gather(t string, align int, look bool) string {
	return e.memoryFunction("gather", t, align, look)
}

func (e *emitter) scatter(t string, align int, look bool) string {
	return e.memoryFunction("scatter", t, align, look)
}

func (e *emitter) memoryFunction(what, t string, align int, look bool) string {
	short := shortName(t)
	name := fmt.Sprintf("wide.%s.%s.%d", what, short, align)
	if look {
		name += ".look"
	}
	parted := e.d.regions[e.block] != nil
	if parted {
		name += ".parted"
	}
	if e.functions[name] != "" {
		return name
	}
	w := wideType(t)
	size, _, _ := e.m.layout(t)
	result, value := w, ""
	if what == "scatter" {
		result, value = "void", w+" %%v, "
	}
	head := fmt.Sprintf("%%s @%%s(%s<32 x ptr> %%%%p, i32 %%%%here)", value)
	returned := func(call string) string {
		if what == "scatter" {
			return "  call " + call + "\n  ret void\n"
		}
		return "  %y = call " + call + "\n  ret " + w + " %y\n"
	}
	// Where the processor has no such instruction, 32 accesses of one lane each are long.
	kind := "alwaysinline"
	if size < 4 || what == "scatter" && size > 8 || !e.m.maskRegisters {
		kind = "noinline"
	}
	text := ""
	switch {
	case look: // long too
		kind = "noinline"
		near := fmt.Sprintf("void @%s(%s %%v, ptr %%p0, i32 %%here)", e.rowStore(t, align), w)
		if what == "gather" {
			near = fmt.Sprintf("%s @%s(ptr %%p0, i32 %%here)", w, e.rowLoad(t, align, 1))
		}
		far := returned(fmt.Sprintf(head, result, e.memoryFunction(what, t, align, false)))
		if what == "gather" && !e.m.maskRegisters {
			far = inFours(t, size, align, far)
		}
		text = lookForRow(size) + "near:\n  %p0 = inttoptr i64 %a0 to ptr\n" + strings.Replace(returned(near), "%y", "%x", 2) + "far:\n" + far
	case what == "gather":
		e.declare("%s @llvm.masked.gather.v32%s.v32p0(<32 x ptr>, i32, %s, %s)", w, short, maskType, w)
		text = callLanes + returned(fmt.Sprintf("%s @llvm.masked.gather.v32%s.v32p0(<32 x ptr> %%p, i32 %d, %s %%m, %s zeroinitializer)", w, short, align, maskType, w))
		if !e.m.maskRegisters {
			text = eachOfAll(t, align) + text
		}
	default:
		e.declare("void @llvm.masked.scatter.v32%s.v32p0(%s, <32 x ptr>, i32, %s)", short, w, maskType)
		text = callLanes + returned(fmt.Sprintf("void @llvm.masked.scatter.v32%s.v32p0(%s %%v, <32 x ptr> %%p, i32 %d, %s %%m)", short, w, align, maskType))
	}
	if parted && !look {
		text = e.oneLane(what, t, align) + text
	}
	e.functions[name] = "define internal " + fmt.Sprintf(head, result, name) + " " + kind + " nounwind ATTRIBUTES {\n" + text + "}\n"
	return name
}

// apart is the function that loads or stores elements that stand a step of so many bytes apart, from the first lane's on.
func (e *emitter) apart(what, t string, align int) string {
	all := e.memoryFunction(what, t, align, false)
	name := strings.Replace(all, "wide.", "wide.apart.", 1)
	kind, w := "noinline", wideType(t)
	if e.m.maskRegisters {
		kind = "alwaysinline"
	}
	text := "  %s0 = insertelement <32 x i64> poison, i64 %step, i64 0\n  %s = shufflevector <32 x i64> %s0, <32 x i64> poison, <32 x i32> zeroinitializer\n" +
		fmt.Sprintf("  %%by = mul <32 x i64> %%s, %s\n  %%all = getelementptr i8, ptr %%p, <32 x i64> %%by\n", series("i64", 0, 1))
	if what == "gather" {
		e.functions[name] = fmt.Sprintf("define internal %s @%s(ptr %%p, i64 %%step, i32 %%here) %s nounwind ATTRIBUTES {\n%s", w, name, kind, text) +
			fmt.Sprintf("  %%y = call %s @%s(<32 x ptr> %%all, i32 %%here)\n  ret %s %%y\n}\n", w, all, w)
	} else {
		e.functions[name] = fmt.Sprintf("define internal void @%s(%s %%v, ptr %%p, i64 %%step, i32 %%here) %s nounwind ATTRIBUTES {\n%s", name, w, kind, text) +
			fmt.Sprintf("  call void @%s(%s %%v, <32 x ptr> %%all, i32 %%here)\n  ret void\n}\n", all, w)
	}
	return name
}

// lookForRow finds out whether the lanes of a mask have neighbouring addresses, and branches to near or far.
func lookForRow(size int64) string {
	return "  %r = ptrtoint <32 x ptr> %p to <32 x i64>\n  %a = freeze <32 x i64> %r\n  %a0 = extractelement <32 x i64> %a, i64 0\n" +
		"  %i = insertelement <32 x i64> poison, i64 %a0, i64 0\n  %s = shufflevector <32 x i64> %i, <32 x i64> poison, <32 x i32> zeroinitializer\n" +
		fmt.Sprintf("  %%want = add <32 x i64> %%s, %s\n", series("i64", 0, size)) +
		"  %ne = icmp ne <32 x i64> %a, %want\n  %bits = bitcast <32 x i1> %ne to i32\n  %off = and i32 %bits, %here\n" +
		"  %row = icmp eq i32 %off, 0\n  br i1 %row, label %near, label %far\n"
}

// eachOfAll reads for all lanes where none is missing, one after another: what the compiler makes of a gather for which the processor
// has no instruction asks before each lane whether it is there.
func eachOfAll(t string, align int) string {
	w := wideType(t)
	var b strings.Builder
	b.WriteString("  %everyone = icmp eq i32 %here, -1\n  br i1 %everyone, label %each, label %asked\neach:\n")
	last := "poison"
	for n := range lanes {
		fmt.Fprintf(&b, "  %%p%d = extractelement <32 x ptr> %%p, i64 %[1]d\n  %%x%[1]d = load %[2]s, ptr %%p%[1]d, align %[3]d\n"+
			"  %%v%[1]d = insertelement %[4]s %[5]s, %[2]s %%x%[1]d, i64 %[1]d\n", n, t, align, w, last)
		last = fmt.Sprintf("%%v%d", n)
	}
	fmt.Fprintf(&b, "  ret %s %s\nasked:\n", w, last)
	return b.String()
}

// oneLane reads or writes for the first lane of a mask with an access of its own, since often it is the only one, as the
// thread that does the last work of a threadgroup; the processor's gathers and scatters cost as much as for 32. Further lanes
// follow behind it.
func (e *emitter) oneLane(what, t string, align int) string {
	e.declare("i32 @llvm.cttz.i32(i32, i1)")
	text := "  %less = sub i32 %here, 1\n  %others = and i32 %here, %less\n" +
		"  %some = icmp ne i32 %here, 0\n  %none.other = icmp eq i32 %others, 0\n  %alone = and i1 %some, %none.other\n" +
		"  br i1 %alone, label %one, label %many\none:\n  %lane = call i32 @llvm.cttz.i32(i32 %here, i1 true)\n" +
		"  %at = extractelement <32 x ptr> %p, i32 %lane\n"
	if what == "gather" {
		text += fmt.Sprintf("  %%got = load %s, ptr %%at, align %d\n  %%put = insertelement %s poison, %s %%got, i64 0\n"+
			"  %%all = shufflevector %s %%put, %s poison, <32 x i32> zeroinitializer\n  ret %s %%all\n",
			t, align, wideType(t), t, wideType(t), wideType(t), wideType(t))
	} else {
		text += fmt.Sprintf("  %%own = extractelement %s %%v, i32 %%lane\n  store %s %%own, ptr %%at, align %d\n  ret void\n", wideType(t), t, align)
	}
	return text + "many:\n"
}
