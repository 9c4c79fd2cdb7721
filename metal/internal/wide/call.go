package wide

import (
	"strings"
)

// call writes a call for all lanes.
func (e *emitter) call(i *inst, after []*inst) {
	if name, ok := strings.CutPrefix(i.callee, prefix); ok {
		e.operation(i, name, after)
		return
	}
	apart := i.name != "" && e.d.differs[i.name]
	for _, a := range i.args {
		apart = apart || e.differs(a)
	}
	switch {
	case strings.HasPrefix(i.callee, asmPrefix):
		if apart {
			e.refuse("an assembler statement whose operand differs between lanes: %s", i)
			return
		}
		e.once(i)
	case strings.HasPrefix(i.callee, "llvm.mem"):
		e.memoryCall(i, apart)
	case overflows(i.callee):
		e.overflow(i, apart)
	case strings.HasPrefix(i.callee, "llvm.") && vectorIntrinsics[intrinsicName(i.callee)]:
		if !apart {
			e.once(i)
		} else {
			e.intrinsic(i)
		}
	case mathFunctions[i.callee] || mathFunctions[intrinsicName(i.callee)]: // pow(2, x) is llvm.exp2.f32
		function := wholeFunctions[i.callee]
		switch {
		case !apart && function != "": // a call would have every register put aside
			e.declare("float @%s_one(float)", function)
			e.put(i, e.set("call float @%s_one(float %s)", function, e.get(i.args[0])))
		case !apart:
			e.once(i)
		case function != "":
			e.put(i, e.helper(function, "float", i.args[0]))
		default:
			e.mathCall(i)
		}
	case strings.HasPrefix(i.callee, "llvm."):
		e.refuse("a call of %s", i.callee)
	default:
		e.refuse("a call of %s, which is not made part of the kernel", i.callee)
	}
}

// vectorIntrinsics are LLVM's functions of numbers that take vectors with the same result in each element.
var vectorIntrinsics = setOf("fabs sqrt floor ceil trunc rint nearbyint round roundeven fma fmuladd minnum maxnum minimum maximum copysign " +
	"smin smax umin umax abs ctpop ctlz cttz bswap bitreverse fshl fshr uadd sadd usub ssub fptoui fptosi is canonicalize")

// intrinsicName is the operation of one of LLVM's functions, whose types stand behind it.
func intrinsicName(callee string) string {
	name, ok := strings.CutPrefix(callee, "llvm.")
	if !ok {
		return ""
	}
	name, _, _ = strings.Cut(name, ".")
	return name
}

// wholeFunctions are functions that vectors/helpers.c has for all lanes at once, with bits that are proven to be the C library's.
var wholeFunctions = map[string]string{"exp2f": "wide_exp2f", "llvm.exp2.f32": "wide_exp2f", "expf": "wide_expf", "llvm.exp.f32": "wide_expf"}

// mathFunctions are the C library's of one or two numbers, which remember nothing.
var mathFunctions = func() map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields("acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp10 exp2 expm1 fabs fdim floor " +
		"fma fmax fmin fmod hypot ldexp log log10 log1p log2 logb nearbyint nextafter pow remainder rint round roundeven scalbn sin sinh sqrt tan tanh trunc ilogb") {
		m[name], m[name+"f"] = true, true
	}
	return m
}()

func setOf(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// intrinsic calls LLVM's function for vectors.
func (e *emitter) intrinsic(i *inst) {
	words := strings.Split(i.callee, ".")
	name, types := words[:2], words[2:]
	switch words[1] {
	case "is", "uadd", "sadd", "usub", "ssub", "fptoui", "fptosi": // is.fpclass, uadd.sat
		if name, types = words[:3], words[3:]; words[1] != "is" && words[2] != "sat" {
			e.refuse("a call of %s", i.callee)
			return
		}
	}
	wanted := 1
	if words[1] == "fptoui" || words[1] == "fptosi" { // what they make, and what of
		wanted = 2
	}
	if len(types) != wanted {
		e.refuse("a call of %s", i.callee)
		return
	}
	constantFrom := len(i.args)
	switch words[1] {
	case "ctlz", "cttz", "abs", "is":
		constantFrom = 1
	}
	var arguments, parameters []string
	for n, a := range i.args {
		if n >= constantFrom {
			arguments, parameters = append(arguments, a.typ+" "+a.text), append(parameters, a.typ)
			continue
		}
		arguments, parameters = append(arguments, wideType(a.typ)+" "+e.all(a)), append(parameters, wideType(a.typ))
	}
	full := strings.Join(name, ".") + ".v32" + strings.Join(types, ".v32")
	e.declare("%s @%s(%s)", wideType(i.typ), full, strings.Join(parameters, ", "))
	e.put(i, e.set("call %s%s @%s(%s)", fastFlags(i), wideType(i.typ), full, strings.Join(arguments, ", ")))
}

// mathCall calls a function of the C library for one lane after another.
func (e *emitter) mathCall(i *inst) {
	arguments := e.parkArguments(i.args)
	e.each([]string{i.typ}, i, func(lane string) []string {
		return []string{e.set("call %s%s @%s(%s)", fastFlags(i), i.typ, i.callee, arguments(lane))}
	})
}

// inMemory puts vectors where a helper of vectors/helpers.c finds them.
func (e *emitter) inMemory(v value) string {
	return e.stored(v.typ, e.all(v))
}

func (e *emitter) stored(t, x string) string {
	s := e.memory(wideType(t) + ", align 128")
	e.do("store %s %s, ptr %s, align 128", wideType(t), x, s)
	return s
}

// helper calls one of vectors/helpers.c that makes a value for every lane: (result, operands..., mask).
func (e *emitter) helper(name, t string, operands ...value) string {
	result := e.memory(wideType(t) + ", align 128")
	arguments, wanted := []string{"ptr " + result}, []string{"ptr"}
	for _, v := range operands {
		arguments, wanted = append(arguments, "ptr "+e.inMemory(v)), append(wanted, "ptr")
	}
	arguments, wanted = append(arguments, "i32 "+e.active), append(wanted, "i32")
	e.declare("void @%s(%s)", name, strings.Join(wanted, ", "))
	e.do("call void @%s(%s)", name, strings.Join(arguments, ", "))
	return e.set("load %s, ptr %s, align 128", wideType(t), result)
}

// reduced calls one of vectors/helpers.c that makes one value for all lanes: (operand, mask).
func (e *emitter) reduced(name, t string, v value) string {
	e.declare("%s @%s(ptr, i32)", t, name)
	return e.set("call %s @%s(ptr %s, i32 %s)", t, name, e.inMemory(v), e.active)
}

// operation writes a function of msl_wide.h.
func (e *emitter) operation(i *inst, name string, after []*inst) {
	oneForAll := func() bool {
		for _, a := range i.args {
			if e.differs(a) {
				e.refuse("%s with operands that differ between lanes", name)
				return false
			}
		}
		return true
	}
	put := func(x string) {
		if i.name != "" {
			e.put(i, x)
		}
	}
	switch name {
	case "self":
		put(e.self)
	case "lane":
		if e.isFlat(i.name) {
			put("0")
		} else {
			put(series("i32", 0, 1))
		}
	case "position":
		e.position(i)
	case "enter", "turn", "leave", "simdgroup_barrier": // for the analysis; here lanes are in step anyhow
	case "sum_f32", "max_f32", "min_f32":
		put(e.reduced("wide_"+name, "float", i.args[0]))
	case "sum_i32", "ballot", "first":
		put(e.reduced("wide_"+name, "i32", i.args[0]))
	case "shuffle":
		put(e.helper("wide_shuffle", "i32", i.args...))
	case "multiply":
		e.multiply(i, after)
	case "tile_load":
		e.tileLoad(i, after)
	case "tile_store":
		e.tileStore(i)
	case "variable":
		if oneForAll() {
			put(e.set("call ptr @msl_wide_call_variable(ptr %s, %s)", e.self, e.plainArguments(i)))
		}
	case "threadgroup_barrier":
		if oneForAll() {
			e.barrier(i)
		}
	case "together":
		f := i.args[0].text
		if !strings.HasPrefix(f, "@") || i.args[1].isName() {
			e.refuse("an operation of a simdgroup that is not known when the kernel is compiled")
			return
		}
		e.do("call void %s(ptr %s, i32 %s, i32 %s)", f, e.self, e.active, i.args[1].text)
	case "await":
		if oneForAll() {
			e.do("call void @msl_wide_call_await(ptr %s, %s)", e.self, e.plainArguments(i))
		} else {
			e.err = nil
			p := e.all(i.args[0])
			e.do("call void @msl_wide_call_await(ptr %s, i64 %s)", e.self, e.pick("i64", p, e.firstLane()))
		}
	case "initial":
		if e.differs(i.args[0]) || e.differs(i.args[2]) {
			e.refuse("an initial value of threadgroup memory that differs between lanes")
			return
		}
		p := e.get(i.args[1])
		if e.differs(i.args[1]) {
			p = e.pick("ptr", p, e.firstLane())
		}
		e.do("call void @msl_wide_call_initial(ptr %s, i32 %s, ptr %s, i64 %s)", e.self, e.get(i.args[0]), p, e.get(i.args[2]))
	case "fail":
		e.again(forFault)
	case "log":
		e.message(i)
	default:
		e.refuse("a function that is not known: %s%s", prefix, name)
	}
}

// message has the lanes that come here send theirs, one after another.
func (e *emitter) message(i *inst) {
	arguments := e.parkArguments(i.args)
	e.each(nil, i, func(lane string) []string {
		e.do("call void @msl_wide_call_log(ptr %s, i32 %s, %s)", e.self, lane, arguments(lane))
		return nil
	})
}

// position writes a coordinate of lanes' positions. Along a row, lane 0's is enough.
func (e *emitter) position(i *inst) {
	which := i.args[0].text
	if _, known := integerOf(which); !known {
		e.refuse("a coordinate that is not known when the kernel is compiled")
		return
	}
	if e.f.rows {
		e.put(i, e.set("call i32 @msl_wide_call_position(ptr %s, i32 %s)", e.self, which))
		return
	}
	all := e.memory("<32 x i32>, align 128")
	e.do("call void @msl_wide_call_positions(ptr %s, i32 %s, ptr %s)", e.self, which, all)
	e.put(i, e.set("load <32 x i32>, ptr %s, align 128", all))
}

func (e *emitter) firstLane() string {
	e.declare("i32 @llvm.cttz.i32(i32, i1)")
	return e.set("call i32 @llvm.cttz.i32(i32 %s, i1 true)", e.active)
}

func (e *emitter) plainArguments(i *inst) string {
	var all []string
	for _, a := range i.args {
		all = append(all, a.typ+" "+e.get(a))
	}
	return strings.Join(all, ", ")
}

// barrier: where lanes have parted, all that have not returned must have come; else fibers find out who waits where.
func (e *emitter) barrier(i *inst) {
	if e.d.regions[e.block] != nil {
		gone := e.set("xor i32 %s, -1", e.set("load i32, ptr %%wide.gone"))
		alive := e.set("and i32 %%wide.present, %s", gone)
		e.n++
		n := e.n
		e.do("br i1 %s, label %%\"met.%d\", label %%\"missed.%d\"", e.set("icmp eq i32 %s, %s", alive, e.active), n, n)
		e.label("missed.%d", n)
		e.again(forParting)
		e.do("br label %%\"met.%d\"", n)
		e.label("met.%d", n)
	}
	e.do("call void @msl_wide_call_barrier(ptr %s, %s)", e.self, e.plainArguments(i))
}
