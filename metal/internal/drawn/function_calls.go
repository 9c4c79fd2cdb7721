package drawn

import "fmt"

// helper is a function that the kernel calls.
type helper struct {
	name       string
	result     typ
	parameters []*variable
	locals     []*variable
	body       []*stmt
	last       *expr
	kept       bool // it is not to be inlined
}

// newHelper draws a function. It calls no other, reads no buffer, and may return from anywhere.
func (g *generator) newHelper(number int) *helper {
	h := &helper{name: fmt.Sprintf("%s_helper%d", g.k.Name, number), result: g.aType(), kept: g.chance(10)}
	names := 0
	inside := &generator{Rand: g.Rand, k: g.k, helper: h, ops: g.ops, fuel: 4, names: &names, turns: 4, depth: 2}
	for i := range 2 {
		h.parameters = append(h.parameters, &variable{fmt.Sprintf("a%d", i), g.aType()})
	}
	h.locals = append(h.locals, &variable{"b0", h.result}, &variable{"b1", g.aType()})
	inside.vars = append(append([]*variable{}, h.parameters...), h.locals...)
	for _, v := range h.locals {
		h.body = append(h.body, set(v, inside.constant(v.t)))
	}
	h.body = append(h.body, inside.statements(2)...)
	h.last = inside.expr(h.result, 1)
	return h
}

// returns leaves the function with a value.
func (h *helper) returns(e *expr) *stmt {
	return &stmt{head: "return %[1]s;", exprs: []*expr{e}, run: func(f *frame, s *stmt, mask uint64) uint64 {
		f.keep(h, s.exprs[0].eval(f.machine, mask), mask)
		f.returned |= mask
		return 0
	}}
}

func (m *machine) keep(h *helper, x vals, mask uint64) {
	if m.results == nil {
		m.results = map[*helper]*vals{}
	}
	if m.results[h] == nil {
		m.results[h] = &vals{}
	}
	forEach(mask, func(thread int) { m.results[h][thread] = x[thread] })
}

// call is a call of one of the kernel's functions that has a result of a type; nil where there is none.
func (g *generator) call(t typ, depth int) *expr {
	if g.helper != nil || g.turns > 12 || g.k.ops && !g.ops {
		return nil // or it would bring operations where there are to be none
	}
	for _, h := range g.k.helpers {
		if h.result != t {
			continue
		}
		var parts []*expr
		for _, p := range h.parameters {
			parts = append(parts, g.expr(p.t, depth-1))
		}
		return &expr{t: t, format: h.name + "(%[1]s, %[2]s, lane, tid, group, pos, n)", parts: parts, about: h, run: func(m *machine, parts []*expr, mask uint64) vals {
			all := make([]vals, len(parts))
			for i, p := range parts {
				all[i] = p.eval(m, mask)
			}
			for i, p := range h.parameters {
				m.assign(p, all[i], mask)
			}
			for _, v := range h.locals {
				m.assign(v, vals{}, mask)
			}
			inside := &frame{machine: m}
			if on := inside.block(h.body, mask); on != 0 {
				m.keep(h, h.last.eval(m, on), on)
			}
			return *m.results[h]
		}}
	}
	return nil
}
