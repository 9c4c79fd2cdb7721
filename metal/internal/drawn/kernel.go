package drawn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// Kernel is a random kernel.
type Kernel struct {
	Name     string
	Seed     uint64
	shape    shape
	vars     []*variable
	memories []*memory
	helpers  []*helper
	body     []*stmt
	barriers bool // it has some
	ops      bool // it has operations of simdgroups
}

const prelude = `#include <metal_stdlib>
using namespace metal;
template <class T> static T plain(T x) { return select(x, T(1.0f), isnan(x)); }
`

// Draw draws the kernel of a seed.
func Draw(name string, seed uint64) *Kernel {
	r := rand.New(rand.NewPCG(seed, 0xd4a3))
	k := &Kernel{Name: name, Seed: seed, shape: shapes[r.IntN(len(shapes))], barriers: r.IntN(3) == 0}
	names := 0
	g := &generator{Rand: r, k: k, ops: r.IntN(3) == 0, fuel: 8 + r.IntN(14), names: &names, turns: 1, uniform: true, depth: 3, private: true}
	k.ops = g.ops
	r0 := &variable{"r", one(uwhole)}
	k.vars = append(k.vars, r0)
	for i := range 6 + r.IntN(4) {
		k.vars = append(k.vars, &variable{fmt.Sprintf("v%d", i), g.aType()})
	}
	for range 1 + r.IntN(2) {
		g.resultArray()
	}
	if k.barriers {
		t := g.aType()
		fields, _ := g.fields(t)
		a := g.array(shared, 64, fields...)
		a.each, a.turned = 1, g.IntN(4)
	}
	for i := range r.IntN(3) {
		k.helpers = append(k.helpers, g.newHelper(i))
	}
	g.vars = k.vars[:1]
	for i, v := range k.vars {
		e := g.constant(v.t)
		if i > 0 {
			if from := g.loaded(v.t, 1); from != nil {
				e = from
			}
		}
		k.body = append(k.body, set(v, e))
		g.vars = k.vars[:i+1]
	}
	k.body = append(k.body, g.statements(4)...)
	out := g.array(result, 64*k.shape.groups, one(uwhole)) // what all variables hold at the end
	out.each = 1
	at := asIs(lifted(one(uwhole), "(%[2]s * 64u + %[1]s)", func(x ...uint64) uint64 { return x[1]*64 + x[0] }, thread, group))
	for _, v := range k.vars[1:] {
		k.body = append(k.body, mixed(r0, folded(v.read())))
	}
	k.body = append(k.body, store(out, 0, at, r0.read()))
	return k
}

var shapes = []shape{{1, [3]uint32{32, 1, 1}}, {2, [3]uint32{32, 1, 1}}, {1, [3]uint32{64, 1, 1}}, {2, [3]uint32{48, 1, 1}}, {1, [3]uint32{33, 1, 1}}, {1, [3]uint32{8, 8, 1}},
	{2, [3]uint32{16, 2, 1}}, {1, [3]uint32{5, 7, 1}}, {1, [3]uint32{32, 2, 1}}, {1, [3]uint32{20, 3, 1}}, {1, [3]uint32{3, 3, 1}}}

// mixed adds a number to what shows all that was computed.
func mixed(r *variable, e *expr) *stmt {
	return set(r, lifted(one(uwhole), "%[1]s * 31u + %[2]s", func(x ...uint64) uint64 { return cut(uwhole, x[0]*31+x[1]) }, r.read(), e))
}

func (g *generator) resultArray() *memory {
	t := g.aType()
	fields, _ := g.fields(t)
	each := []int{1, 1, 2, 3, 4, 4}[g.IntN(6)]
	a := g.array(result, 64*g.k.shape.groups*each, fields...)
	a.each, a.turned, a.apart = each, g.IntN(4), g.chance(2)
	a.packed = len(fields) == 1 && t.n > 1 && t.kind != bfloat && t.kind != boolean && t.bits() < 64 && g.chance(3)
	return a
}

// Text is a text with these kernels.
func Text(kernels ...*Kernel) string {
	var b strings.Builder
	b.WriteString(prelude)
	for _, k := range kernels {
		k.write(&b)
	}
	return b.String()
}

func (k *Kernel) write(b *strings.Builder) {
	used := k.used()
	for _, a := range k.memories {
		if used[a] && a.isStruct() {
			b.WriteString(a.structText(k.Name))
		}
		if used[a] && a.place == table {
			b.WriteString(a.tableText(k.Name))
		}
	}
	for _, h := range k.helpers {
		if !used[h] {
			continue
		}
		kept := "static "
		if h.kept {
			kept = "static __attribute__((noinline)) "
		}
		fmt.Fprintf(b, "%s%s %s(%s %s, %s %s, uint lane, uint tid, uint3 group, uint3 pos, constant uint *n) {\n", kept, h.result, h.name,
			h.parameters[0].t, h.parameters[0].name, h.parameters[1].t, h.parameters[1].name)
		for _, v := range h.locals {
			fmt.Fprintf(b, "  %s %s = %[1]s(0);\n", v.t, v.name)
		}
		write(b, h.body, "  ")
		fmt.Fprintf(b, "  return %s;\n}\n", h.last)
	}
	fmt.Fprintf(b, "kernel void %s(constant uint *n [[buffer(0)]]", k.Name)
	for i, a := range k.buffers() {
		fmt.Fprintf(b, ", %s", a.parameter(k.Name, i+1))
	}
	b.WriteString(",\n    uint lane [[thread_index_in_simdgroup]], uint tid [[thread_index_in_threadgroup]], uint3 group [[threadgroup_position_in_grid]],\n" +
		"    uint3 pos [[thread_position_in_threadgroup]]) {\n")
	for _, v := range k.vars {
		if used[v] {
			fmt.Fprintf(b, "  %s %s = %[1]s(0);\n", v.t, v.name)
		}
	}
	for _, a := range k.memories {
		if used[a] && !a.isBuffer() && a.place != table {
			b.WriteString("  " + a.declared(k.Name) + "\n")
		}
	}
	write(b, k.body, "  ")
	b.WriteString("}\n")
}

// buffers are the arrays that the kernel is given, in order.
func (k *Kernel) buffers() (all []*memory) {
	used := k.used()
	for _, a := range k.memories {
		if a.isBuffer() && used[a] {
			all = append(all, a)
		}
	}
	return all
}

func write(b *strings.Builder, all []*stmt, indent string) {
	for _, s := range all {
		fmt.Fprintf(b, "%s%s\n", indent, fill(s.head, s.exprs))
		write(b, s.body, indent+"  ")
		if s.els != "" {
			fmt.Fprintf(b, "%s%s\n", indent, s.els)
			write(b, s.other, indent+"  ")
		}
		if s.tail != "" {
			fmt.Fprintf(b, "%s%s\n", indent, fill(s.tail, s.exprs))
		}
	}
}

// used are the variables, arrays and functions that a kernel names.
func (k *Kernel) used() map[any]bool {
	used := map[any]bool{}
	var inExpr func(e *expr)
	var inList func(all []*stmt)
	inExpr = func(e *expr) {
		if h, ok := e.about.(*helper); ok && !used[h] {
			used[h] = true
			inList(h.body)
			inExpr(h.last)
		} else if e.about != nil {
			used[e.about] = true
		}
		for _, p := range e.parts {
			inExpr(p)
		}
	}
	inList = func(all []*stmt) {
		for _, s := range all {
			for _, e := range s.exprs {
				inExpr(e)
			}
			for _, n := range s.names {
				used[n] = true
			}
			inList(s.body)
			inList(s.other)
		}
	}
	inList(k.body)
	return used
}

// Buffer is a buffer of a kernel, from number 1 on: what it holds before and what it is to hold after.
type Buffer struct {
	Before []byte
	after  []value
	memory *memory
}

// Differs tells how a buffer is not what it should be; "" where it is.
func (b *Buffer) Differs(got []byte) string { return b.memory.differs(got, b.after) }

// Grid is how many threadgroups there are, and how many threads each has.
func (k *Kernel) Grid() (groups uint32, threads [3]uint32) {
	return uint32(k.shape.groups), k.shape.size
}

// Uniforms are the numbers of buffer 0.
func Uniforms() [4]uint32 { return uniforms }

// Run carries the kernel out by its meaning.
func (k *Kernel) Run() (buffers []*Buffer, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("kernel %s of seed %d: %v", k.Name, k.Seed, r)
		}
	}()
	mem := map[*memory][]value{}
	for _, a := range k.buffers() {
		values := k.contents(a)
		mem[a] = values
		buffers = append(buffers, &Buffer{Before: a.bytes(values), after: values, memory: a})
	}
	steps := 0
	for group := range k.shape.groups {
		m := &machine{shape: k.shape, group: group, vars: map[*variable]*vals{}, mem: mem, own: map[*memory]*[threads][]value{}, steps: steps}
		for _, a := range k.memories {
			if a.place == table {
				mem[a] = a.values
			} else if !a.isBuffer() && a.place != private {
				mem[a] = make([]value, a.count*len(a.fields))
			}
		}
		all := ^uint64(0) >> (64 - k.shape.threads())
		(&frame{machine: m}).block(k.body, all)
		steps = m.steps
	}
	return buffers, nil
}

// contents are the values that a buffer holds before: small numbers and such as lie at the ends, fractions, infinities, NaNs.
func (k *Kernel) contents(a *memory) []value {
	values := make([]value, a.count*len(a.fields))
	r := rand.New(rand.NewPCG(k.Seed, uint64(len(a.name))+uint64(a.name[len(a.name)-1])))
	for i := range values {
		t := a.fields[i%len(a.fields)]
		for c := range t.n {
			switch {
			case a.place != given && a.place != fixed:
			case t.kind.floating():
				values[i][c] = someFloat(r, t.kind)
			case r.IntN(3) == 0:
				values[i][c] = cut(t.kind, uint64(r.IntN(20)))
			case r.IntN(5) == 0:
				least, largest := ends(t.kind)
				values[i][c] = []uint64{least, largest, largest - 1, cut(t.kind, ^uint64(0))}[r.IntN(4)]
			default:
				values[i][c] = cut(t.kind, r.Uint64())
			}
		}
	}
	return values
}

func someFloat(r *rand.Rand, k kind) uint64 {
	top := uint64(1) << (k.bits() - 1)
	infinite := rounded(k, float32(math.Inf(1)))
	switch r.IntN(12) {
	case 0:
		return []uint64{0, top, 1, infinite, infinite | top, rounded(k, nan)}[r.IntN(6)]
	case 1:
		return cut(k, r.Uint64()) &^ (infinite >> 1 & infinite) // less than 2, with any bits
	case 2, 3, 4:
		return rounded(k, float32(r.IntN(40)-20))
	}
	return rounded(k, (r.Float32()-0.5)*float32(int(1)<<r.IntN(12)))
}
