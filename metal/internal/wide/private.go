package wide

import "strings"

// findPrivate supposes of each private variable that is only read and written, one size of elements at a time, that it can
// lie side by side.
func (d *divergence) findPrivate() {
	for _, b := range d.flow.order {
		for _, i := range b.insts {
			if i.op == "alloca" && d.simple(i.name, i.name) {
				d.sides[i.name] = true
			}
		}
	}
}

// simple looks at all uses of a pointer into a variable.
func (d *divergence) simple(pointer, variable string) bool {
	for _, b := range d.flow.order {
		for _, i := range b.insts {
			for n, a := range i.args {
				if a.text == pointer && !d.simpleUse(i, n, variable) {
					return false
				}
			}
		}
	}
	return true
}

// simpleUse reports whether an instruction that takes a pointer into a variable as its argument n reads or writes whole
// elements, or steps over them.
func (d *divergence) simpleUse(i *inst, n int, variable string) bool {
	switch {
	case i.op == "getelementptr" && n == 0:
		steps, ok := d.m.steps(i)
		if !ok {
			return false
		}
		for _, s := range steps {
			if !d.multiple(variable, s) {
				return false
			}
		}
		return d.simple(i.name, variable)
	case i.op == "load" && !i.atomic && !i.volatile:
		return d.element(variable, i.typ)
	case i.op == "store" && n == 1 && !i.atomic && !i.volatile:
		return d.element(variable, i.args[0].typ)
	}
	return i.op == "call" && strings.HasPrefix(i.callee, "llvm.memset.") && n == 0
}

// multiple holds a step against the size of a variable's elements, and element the size of an access.
func (d *divergence) multiple(variable string, s step) bool {
	size := d.elements[variable]
	if size == 0 { // no access seen yet: the smallest that there can be
		for _, b := range d.flow.order {
			for _, i := range b.insts {
				if t := i.typ; i.op == "load" && d.root(i.args[0].text) == variable {
					size, _, _ = d.m.layout(t)
				} else if i.op == "store" && d.root(i.args[1].text) == variable {
					size, _, _ = d.m.layout(i.args[0].typ)
				}
			}
		}
		if size == 0 {
			return false
		}
		d.elements[variable] = size
	}
	constant, known := integerOf(s.index.text)
	if s.scale == 0 {
		return s.fixed%size == 0
	}
	return s.scale%size == 0 || known && constant*s.scale%size == 0
}

func (d *divergence) element(variable, typ string) bool {
	size, _, ok := d.m.layout(typ)
	if !ok || scalarBits(typ) == 0 || scalarBits(typ) == 1 {
		return false
	}
	if d.elements[variable] == 0 {
		d.elements[variable] = size
	}
	return d.elements[variable] == size
}

// root is the variable that a pointer made by steps leads into.
func (d *divergence) root(v string) string {
	for {
		def, ok := d.defs[v]
		if !ok || def.inst.op != "getelementptr" {
			return v
		}
		v = def.inst.args[0].text
	}
}

// followPrivate notes which pointers lead into variables that lie side by side.
func (d *divergence) followPrivate() {
	for _, b := range d.flow.order {
		for _, i := range b.insts {
			if i.op == "alloca" && d.sides[i.name] {
				d.private[i.name] = i.name
			} else if i.op == "getelementptr" && d.private[i.args[0].text] != "" {
				d.private[i.name] = d.private[i.args[0].text]
			}
		}
	}
}

// apart is a variable that was thought to lie side by side and cannot, because an instruction has lanes at different offsets
// in it: they left a loop in different turns, or their steps differ. It is "" where the instruction shows none.
func (d *divergence) apart(i *inst, b *block) string {
	for _, a := range i.args {
		if v := d.private[a.text]; v != "" && d.outlives(a.text, b) {
			return v
		}
	}
	if i.name == "" || d.private[i.name] == "" {
		return ""
	}
	for _, a := range i.args[min(1, len(i.args)):] {
		if d.differsAt(a, b) {
			return d.private[i.name]
		}
	}
	return ""
}
