package msl

// Where a lane's path has no stack to lie on, room for it is made before the kernel starts, as deep as the text nests: an
// entry for each call and loop that a lane may be in at once, and one for the operation.

// roomForRecursion is how many entries a function that calls itself is taken for. A deeper path ends the kernel.
const roomForRecursion = 16

// room is how many entries a path has at most; 0 where the text has no operations.
func (m *pathMarks) room() int {
	most := 0
	for n := range m.u.declarations {
		d := &m.u.declarations[n]
		if d.kind == functionDeclaration && d.hasBody() && d.name >= 0 && m.leads(d.body, d.bodyEnd) {
			most = max(most, m.roomOf(m.u.functionName(d), map[string]bool{}))
		}
	}
	if most == 0 {
		return 0
	}
	return most + 1
}

// roomOf is the depth of a function's path, its own frame counted. under are the functions that it is called by.
func (m *pathMarks) roomOf(name string, under map[string]bool) int {
	if under[name] {
		return roomForRecursion
	}
	under[name] = true
	defer delete(under, name)
	deepest, found := 1, false
	for n := range m.u.declarations {
		d := &m.u.declarations[n]
		if d.kind != functionDeclaration || !d.hasBody() || d.name < 0 || m.u.functionName(d) != name {
			continue
		}
		found = true
		for i := d.body; i < d.bodyEnd; i++ {
			switch {
			case m.isOperation(i):
				deepest = max(deepest, 1+m.nesting(i, d))
			case m.isMeetingCall(i):
				deepest = max(deepest, 1+m.nesting(i, d)+m.roomOf(m.u.tokens[i].text, under))
			}
		}
	}
	if !found { // a lambda: its loops are counted where they stand
		return 1 + roomForRecursion/4
	}
	return deepest
}

// nesting is how many marked loops and calls of a function's body stand around a token, a lambda counted as one.
func (m *pathMarks) nesting(at int, d *declaration) int {
	depth := 0
	for _, spans := range [][]pathWrap{m.loops, m.wraps} {
		for _, s := range spans {
			if s.from <= at && at <= s.to && s.from > d.body && s.to <= d.bodyEnd {
				depth++
			}
		}
	}
	for i := d.body + 1; i < at; i++ {
		if body := m.lambdaBody(i); body >= 0 && body < at && m.u.tokens[body].pair > at {
			depth++
		}
	}
	return depth
}
