package msl

import (
	"fmt"
	"strings"
)

func (m *pathMarks) loopName(i int) string { return fmt.Sprintf("msl_loop_%d", i) }

// open puts the object that knows a loop's turn in front of it, so that it lives as long as the loop runs and an else
// behind it belongs to what it belonged to.
func (m *pathMarks) open(i int) {
	t := &m.u.tokens[i]
	t.space = withoutLoopPragmas(t.space)
	t.before += fmt.Sprintf("if (::metal::msl_simd::loop %s(%d); false) {} else ", m.loopName(i), i)
}

// turnStatement stands in front of a loop's body.
func (m *pathMarks) turnStatement(i int) string {
	return fmt.Sprintf(" if (%s.turn(), false) {} else ", m.loopName(i))
}

func (m *pathMarks) markLoop(i int) {
	u := m.u
	m.open(i)
	open, turn := i+1, m.loopName(i)+".turn()"
	end := &u.tokens[u.tokens[open].pair]
	if u.is(i, "while") { // the condition belongs to the turn that it lets begin, and may be a declaration
		u.tokens[i].text = "for"
		u.tokens[open].after = ";" + u.tokens[open].after
		end.before += "; " + turn
		return
	}
	semicolons := []int{}
	for j := open + 1; j < u.tokens[open].pair; j++ {
		if u.tokens[j].pair > j {
			j = u.tokens[j].pair
		} else if u.is(j, ";") {
			semicolons = append(semicolons, j)
		}
	}
	if len(semicolons) < 2 { // for (x : list)
		end.after += m.turnStatement(i)
		return
	}
	last, close := semicolons[1], u.tokens[open].pair
	switch {
	case last+1 == close:
		u.tokens[last].after += " " + turn
	case m.leads(last+1, close): // behind the body and before the next turn's condition
		u.tokens[last].after += " " + turn + ","
		end.before += ", " + turn
	default:
		u.tokens[last].after += " " + turn + ","
	}
}

// withoutLoopPragmas drops what speaks of a loop that must follow at once.
func withoutLoopPragmas(space string) string {
	if !strings.Contains(space, "pragma") {
		return space
	}
	lines := strings.Split(space, "\n")
	for i, line := range lines {
		if fields := strings.Fields(strings.Replace(line, "#", "# ", 1)); len(fields) > 2 && fields[1] == "pragma" &&
			(len(fields) > 3 && fields[2] == "clang" && fields[3] == "loop" || strings.HasPrefix(fields[2], "unroll") || fields[2] == "nounroll") {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

// endsDo reports whether the while at i ends a do statement.
func (m *pathMarks) endsDo(i int) bool {
	u := m.u
	if !u.is(i, "while") || !u.isOneOf(i-1, "}", ";") || !u.is(u.tokens[i+1].pair+1, ";") {
		return false
	}
	for j := i - 1; j > 0; j-- { // the do whose statement ends here
		if u.tokens[j].pair >= 0 && u.tokens[j].pair < j && u.isOneOf(j, "}", ")", "]") {
			j = u.tokens[j].pair
		}
		if u.isOneOf(j-1, "do") {
			return m.statementEnd(j, i) == i
		}
		if u.isOneOf(j-1, "{", "}", ";") {
			return false
		}
	}
	return false
}

// statementEnd is the index after the statement that begins at i.
func (m *pathMarks) statementEnd(i, to int) int {
	u := m.u
	for u.isAttribute(i) {
		i = u.tokens[i].pair + 1
	}
	switch {
	case i >= to:
		return to
	case u.is(i, "{"):
		return u.tokens[i].pair + 1
	case u.is(i, "if"):
		open := i + 1
		if u.is(open, "constexpr") {
			open++
		}
		end := m.statementEnd(u.tokens[open].pair+1, to)
		if u.is(end, "else") {
			end = m.statementEnd(end+1, to)
		}
		return end
	case u.isOneOf(i, "for", "while", "switch") && u.is(i+1, "("):
		return m.statementEnd(u.tokens[i+1].pair+1, to)
	case u.is(i, "do"):
		end := m.statementEnd(i+1, to) // of its body
		if u.is(end, "while") && u.is(end+1, "(") {
			return u.tokens[end+1].pair + 2
		}
		return end
	}
	if end := u.statementEnd(i, to); end >= 0 {
		return end + 1
	}
	return to
}
