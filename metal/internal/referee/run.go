package referee

import (
	"fmt"
	"math"
	"strings"
)

// scope holds the variables of a block; a lane's are its own.
type scope struct {
	outer *scope
	names map[string]*values
}

func (s *scope) find(name string) *values {
	for ; s != nil; s = s.outer {
		if v := s.names[name]; v != nil {
			return v
		}
	}
	return nil
}

// activation is a call under way: which of its lanes have left it, or the loop or switch that they are in.
type activation struct {
	returned    uint32
	broke, went uint32 // by break and continue, out of the innermost loop or switch
	result      values
	machine     *machine
}

type machine struct {
	program *Program
	buffers map[string][]uint32
	steps   int
}

// maxSteps bounds a kernel that does not end.
const maxSteps = 2_000_000

// Run carries a kernel out for one simdgroup whose threads are the whole grid. in, out and n are its buffers 0, 1 and 2.
func (p *Program) Run(kernel string, in, out []uint32, n uint32) (err error) {
	f := p.functions[kernel]
	if f == nil {
		return fmt.Errorf("referee: the text has no kernel %s", kernel)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("referee: kernel %s: %v", kernel, r)
		}
	}()
	m := &machine{program: p, buffers: map[string][]uint32{}}
	top := &scope{names: map[string]*values{}}
	for i, name := range f.parameters {
		v := &values{}
		switch f.attributes[i] {
		case "buffer0":
			m.buffers[name] = in
		case "buffer1":
			m.buffers[name] = out
		case "buffer2":
			for lane := range v {
				v[lane] = number(n)
			}
		case "thread_index_in_simdgroup":
			for lane := range v {
				v[lane] = number(uint32(lane))
			}
		case "threadgroup_position_in_grid":
			name += ".x"
		default:
			return fmt.Errorf("referee: kernel %s: parameter %s [[%s]] is not known here", kernel, name, f.attributes[i])
		}
		top.names[name] = v
	}
	a := &activation{machine: m}
	a.block(f.body, &scope{outer: top, names: map[string]*values{}}, math.MaxUint32)
	return nil
}

// block carries statements out and returns the lanes that come to its end.
func (a *activation) block(body []*stmt, s *scope, mask uint32) uint32 {
	for _, st := range body {
		if mask == 0 {
			return 0
		}
		mask = a.statement(st, s, mask)
	}
	return mask
}

func inner(s *scope) *scope { return &scope{outer: s, names: map[string]*values{}} }

// statement returns the lanes that go on behind it: not those that broke, went on to the next turn, or returned.
func (a *activation) statement(st *stmt, s *scope, mask uint32) uint32 {
	if a.machine.steps++; a.machine.steps > maxSteps {
		panic("it does not end")
	}
	switch st.kind {
	case "block":
		return a.block(st.body, inner(s), mask)
	case "declare":
		v := &values{}
		if len(st.parts) > 0 {
			got := a.eval(st.parts[0], s, mask)
			each(mask, func(lane int) { v[lane] = convert(st.op, got[lane]) })
		} else if st.op == "float" {
			for lane := range v {
				v[lane].float = true
			}
		}
		s.names[st.name] = v
	case "assign":
		a.assign(st, s, mask)
	case "call":
		a.eval(st.parts[0], s, mask)
	case "if":
		c := a.eval(st.parts[0], s, mask)
		yes := where(&c, mask)
		return a.block(st.body, inner(s), yes) | a.block(st.other, inner(s), mask&^yes)
	case "for", "while", "do":
		return a.loop(st, inner(s), mask)
	case "switch":
		return a.branch(st, inner(s), mask)
	case "break":
		a.broke |= mask
		return 0
	case "continue":
		a.went |= mask
		return 0
	case "return":
		if len(st.parts) > 0 {
			v := a.eval(st.parts[0], s, mask)
			each(mask, func(lane int) { a.result[lane] = v[lane] })
		}
		a.returned |= mask
		return 0
	default:
		panic("a " + st.kind + " statement where there may be none")
	}
	return mask
}

// loop begins each turn with the lanes that are in it, together. Those that leave wait until the last has.
func (a *activation) loop(st *stmt, s *scope, mask uint32) uint32 {
	broke, went := a.broke, a.went
	left := uint32(0)
	if st.first != nil {
		a.block(st.first.body, s, mask)
	}
	for turn := 0; ; turn++ {
		if st.kind != "do" || turn > 0 {
			c := a.eval(st.parts[0], s, mask)
			yes := where(&c, mask)
			left |= mask &^ yes
			mask = yes
		}
		if mask == 0 {
			break
		}
		a.broke, a.went = 0, 0
		mask = a.block(st.body, inner(s), mask) | a.went
		left |= a.broke
		if st.step != nil && mask != 0 {
			a.block(st.step.body, s, mask)
		}
		if a.machine.steps++; a.machine.steps > maxSteps {
			panic("it does not end")
		}
		if mask == 0 {
			break
		}
	}
	a.broke, a.went = broke, went
	return left
}

// branch is a switch: lanes enter at their labels, and go on with those that fall through.
func (a *activation) branch(st *stmt, s *scope, mask uint32) uint32 {
	v := a.eval(st.parts[0], s, mask)
	broke := a.broke
	a.broke = 0
	other := mask // those whose value has no label
	for _, label := range st.body {
		if label.kind == "case" && len(label.parts) > 0 {
			c := a.eval(label.parts[0], s, mask)
			each(mask, func(lane int) {
				if c[lane].asUint() == v[lane].asUint() {
					other &^= 1 << lane
				}
			})
		}
	}
	here, hasDefault := uint32(0), false
	for _, part := range st.body {
		if part.kind != "case" {
			if here != 0 {
				here = a.statement(part, s, here)
			}
			continue
		}
		if len(part.parts) == 0 {
			here |= other
			hasDefault = true
			continue
		}
		c := a.eval(part.parts[0], s, mask)
		each(mask, func(lane int) {
			if c[lane].asUint() == v[lane].asUint() {
				here |= 1 << lane
			}
		})
	}
	if !hasDefault {
		here |= other
	}
	here |= a.broke
	a.broke = broke
	return here
}

func (a *activation) assign(st *stmt, s *scope, mask uint32) {
	target := st.parts[0]
	got := a.eval(st.parts[1], s, mask)
	if op := strings.TrimSuffix(st.op, "="); op != "" {
		old := a.eval(target, s, mask)
		each(mask, func(lane int) { got[lane] = operate(op, old[lane], got[lane]) })
	}
	switch target.op {
	case "name":
		v := s.find(target.text)
		if v == nil {
			panic("no variable " + target.text)
		}
		each(mask, func(lane int) {
			if v[lane].float {
				v[lane] = real(got[lane].asFloat())
			} else {
				v[lane] = number(got[lane].asUint())
			}
		})
	case "index":
		at := a.eval(target.parts[0], s, mask)
		each(mask, func(lane int) { a.machine.memory(target.text, at[lane])[0] = got[lane].asUint() })
	default:
		panic("an assignment to a " + target.op)
	}
}
