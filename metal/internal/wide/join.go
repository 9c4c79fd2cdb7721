package wide

import (
	"fmt"
	"slices"
	"strings"
)

// joinStores makes one of the stores that a lane's vector was taken apart into, where all lanes' vectors lie side by side. It
// reports whether i is one of those: what is to be written then is written at the last of them.
func (e *emitter) joinStores(i *inst, after []*inst) bool {
	all := e.joined[i]
	if all == nil {
		if all = e.besides(i, after); all == nil {
			return false
		}
		last := i
		for _, other := range after {
			if slices.Contains(all, other) {
				last = other
			}
		}
		for _, part := range all {
			e.skip[part] = part != last && part != i
		}
		e.joined[last] = all
		return true
	}
	t := i.args[0].typ
	e.checkPlace(all[0].args[1], all[0].align)
	var values []string
	for _, part := range all {
		values = append(values, wideType(t)+" "+e.all(part.args[0]))
	}
	e.do("call void @%s(%s, ptr %s, i32 %s)", e.rowStores(t, max(all[0].align, 1), len(all)), strings.Join(values, ", "), e.first(all[0].args[1]), e.active)
	return true
}

// besides are the stores that fill what i leaves between its lanes' elements, i among them, in ascending order; nil where they do
// not follow, or something that touches memory stands between.
func (e *emitter) besides(i *inst, after []*inst) []*inst {
	t := i.args[0].typ
	size, _, _ := e.m.layout(t)
	s, ok := e.straightOf(i.args[1], e.block)
	if !ok || !s.known || len(s.guards) > 0 || s.each != 2*size && s.each != 4*size || i.atomic || i.volatile {
		return nil
	}
	root, offset := e.place(i.args[1])
	at := map[int64]*inst{offset: i}
	low, high := offset, offset
	for _, other := range after {
		if int64(len(at)) == s.each/size {
			break
		}
		switch other.op {
		case "load", "call", "atomicrmw", "cmpxchg", "fence":
			return nil
		case "store":
		default:
			continue
		}
		r, to := e.place(other.args[1])
		o, ok := e.straightOf(other.args[1], e.block)
		if other.args[0].typ != t || other.atomic || other.volatile || r != root || !ok || !o.known || len(o.guards) > 0 || o.each != s.each || at[to] != nil ||
			!e.differs(other.args[1]) || e.d.private[other.args[1].text] != "" {
			return nil
		}
		at[to] = other
		low, high = min(low, to), max(high, to)
	}
	if int64(len(at)) != s.each/size || high-low != s.each-size {
		return nil
	}
	var all []*inst
	for to := low; to <= high; to += size {
		if at[to] == nil {
			return nil
		}
		all = append(all, at[to])
	}
	return all
}

// place is where a pointer leads: so many bytes behind another.
func (e *emitter) place(v value) (root string, offset int64) {
	for {
		def, ok := e.d.defs[v.text]
		if !ok || def.inst.op != "getelementptr" {
			return v.text, offset
		}
		steps, ok := e.m.steps(def.inst)
		if !ok {
			return v.text, offset
		}
		by := int64(0)
		for n, s := range steps {
			c, known := integerOf(def.inst.args[n+1].text)
			if !known {
				return v.text, offset
			}
			by += c*s.scale + s.fixed
		}
		v, offset = def.inst.args[0], offset+by
	}
}

// rowStores is the function that stores two or four values of each lane, side by side, from the first lane's on.
func (e *emitter) rowStores(t string, align, each int) string {
	w, short, n := wideType(t), shortName(t), lanes*each
	size, _, _ := e.m.layout(t)
	whole := fmt.Sprintf("<%d x %s>", n, t)
	var values []string
	for k := range each {
		values = append(values, fmt.Sprintf("%s %%v%d", w, k))
	}
	zip := func(name, a, b string, n int) string { // a's and b's elements by turns, n of each
		var at []int64
		for k := range int64(n) {
			at = append(at, k, k+int64(n))
		}
		return fmt.Sprintf("  %s = shufflevector %s, %s, <%d x i32> %s\n", name, a, b, 2*n, picks(at))
	}
	zipped := func(name string) string {
		if each == 2 {
			return zip(name, values[0], values[1], lanes)
		}
		return zip(name+".a", values[0], values[2], lanes) + zip(name+".b", values[1], values[3], lanes) +
			zip(name, fmt.Sprintf("<64 x %s> %s.a", t, name), fmt.Sprintf("<64 x %s> %s.b", t, name), 2*lanes)
	}
	var own []int64
	for k := range int64(n) {
		own = append(own, k/int64(each))
	}
	masked := fmt.Sprintf("llvm.masked.store.v%d%s.p0", n, short)
	e.declare("void @%s(%s, ptr, i32, <%d x i1>)", masked, whole, n)
	return e.rowFunction(row{name: fmt.Sprintf("wide.store.row%d.%s.%d", each, short, align), result: "void", value: strings.Join(values, ", ") + ", ", size: size,
		all: zipped("%row") + fmt.Sprintf("  store %s %%row, ptr %%p, align %d\n  ret void\n", whole, align),
		some: callLanes + zipped("%rest") + fmt.Sprintf("  %%spread = shufflevector %s %%m, %s poison, <%d x i32> %s\n", maskType, maskType, n, picks(own)) +
			fmt.Sprintf("  call void @%s(%s %%rest, ptr %%p, i32 %d, <%d x i1> %%spread)\n  ret void\n", masked, whole, align, n)})
}
