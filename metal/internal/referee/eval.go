package referee

import "fmt"

func (m *machine) memory(buffer string, at value) []uint32 {
	b := m.buffers[buffer]
	if int64(at.asUint()) >= int64(len(b)) {
		panic(fmt.Sprintf("%s[%d]: it has %d elements", buffer, at.asUint(), len(b)))
	}
	return b[at.asUint():]
}

func (a *activation) eval(e *expr, s *scope, mask uint32) values {
	var out values
	switch e.op {
	case "number":
		v := literal(e.text)
		each(mask, func(lane int) { out[lane] = v })
	case "name":
		v := s.find(e.text)
		if v == nil {
			panic("no variable " + e.text)
		}
		return *v
	case "index":
		at := a.eval(e.parts[0], s, mask)
		each(mask, func(lane int) { out[lane] = number(a.machine.memory(e.text, at[lane])[0]) })
	case "?:":
		c := a.eval(e.parts[0], s, mask)
		yes := where(&c, mask)
		var x, y values
		if yes != 0 {
			x = a.eval(e.parts[1], s, yes)
		}
		if mask&^yes != 0 {
			y = a.eval(e.parts[2], s, mask&^yes)
		}
		each(yes, func(lane int) { out[lane] = x[lane] })
		each(mask&^yes, func(lane int) { out[lane] = y[lane] })
	case "&&", "||":
		c := a.eval(e.parts[0], s, mask)
		yes := where(&c, mask)
		open := yes // whose right side is needed
		if e.op == "||" {
			open = mask &^ yes
		}
		if open != 0 {
			c = a.eval(e.parts[1], s, open)
			yes = yes&^open | where(&c, open)
		}
		each(yes, func(lane int) { out[lane] = number(1) })
	case "!x", "-x", "~x":
		v := a.eval(e.parts[0], s, mask)
		each(mask, func(lane int) {
			switch {
			case e.op == "!x" && !v[lane].isTrue():
				out[lane] = number(1)
			case e.op == "-x":
				out[lane] = number(-v[lane].asUint())
			case e.op == "~x":
				out[lane] = number(^v[lane].asUint())
			}
		})
	case "call":
		return a.call(e, s, mask)
	default:
		x, y := a.eval(e.parts[0], s, mask), a.eval(e.parts[1], s, mask)
		each(mask, func(lane int) { out[lane] = operate(e.op, x[lane], y[lane]) })
	}
	return out
}

// call evaluates the arguments, then carries a conversion, an operation of the simdgroup or a function of the text out.
func (a *activation) call(e *expr, s *scope, mask uint32) values {
	arguments := make([]values, len(e.parts))
	for i, part := range e.parts {
		arguments[i] = a.eval(part, s, mask)
	}
	if f := a.machine.program.functions[e.text]; f != nil {
		top := inner(nil)
		for i, name := range f.parameters {
			v := arguments[i]
			top.names[name] = &v
		}
		called := &activation{machine: a.machine}
		called.block(f.body, top, mask)
		return called.result
	}
	return together(e.text, arguments, mask)
}
