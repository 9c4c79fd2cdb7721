package msl

import (
	"fmt"
	"sort"
	"strings"
)

// Where a lane is when it comes to an operation of its simdgroup is a path: the calls and the turns of loops that it is in,
// outermost first, and the operation. Lanes on equal paths carry out an operation together, and the path that comes first
// goes first (metal/internal/host/DIVERGENCE.md). The text is given what tells the runtime, and no more than that: only
// loops, calls and functions around an operation.
//
//	simd_sum(x)              simd_sum(x, place(line, 41))
//	for (a; b; c) body       if (loop l(7); false) {} else for (a; b; l.turn(), c) body
//	helper(x)                (call(53), helper(x))
//	float helper(float x) {  float helper(float x) { frame f;
//
// The numbers are indices of tokens, so they grow in the order of the text. A call's is that of its closing parenthesis,
// for its arguments come before it.

// pathMarks finds what is to be marked.
type pathMarks struct {
	u        *unit
	declared map[string]bool // functions of the text by their name: none of them is MSL's
	own      map[string]bool // those of them that are collectives by their linker name: they take no place
	meets    map[string]bool // functions of the text, and lambdas by the name of their variable, that lead to an operation
	given    map[string]bool // names of what is a function by its type only: it may be called as f[i](x), (*f)(x) or f(i)(x)
	straight map[string]bool // functions of those that go one way only (path_straight.go)
	wraps    []pathWrap
	loops    []pathWrap
}

// pathWrap is a call or loop that begins and ends at these tokens.
type pathWrap struct {
	from, to int
	straight bool
}

// markPaths adds to the text what tells the runtime where a lane is.
func (u *unit) markPaths() {
	m := &pathMarks{u: u, declared: map[string]bool{}, own: u.ownCollectives(), meets: map[string]bool{}}
	for n := range u.declarations {
		if d := &u.declarations[n]; d.kind == functionDeclaration && d.name >= 0 {
			m.declared[u.functionName(d)] = true
		}
	}
	m.renameBuiltins()
	m.findMeeting()
	m.findStraight()
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != functionDeclaration || !d.hasBody() || d.name < 0 || !m.leads(d.body, d.bodyEnd) {
			continue
		}
		m.dropConstexpr(d)
		if !m.straight[u.functionName(d)] {
			m.frame(d.body)
		}
		m.markBody(d.body+1, d.bodyEnd)
	}
	m.writeWraps()
	u.paths = m.room()
}

// renameBuiltins calls the functions by the names that MSL has for them: __metal_simd_sum is simd_sum.
func (m *pathMarks) renameBuiltins() {
	for i := range m.u.tokens {
		t := &m.u.tokens[i]
		if name := m.u.collectives.builtins[t.text]; name != "" && t.kind == identifier && m.u.is(i+1, "(") && !m.u.is(i-1, "::") && m.inBody(i) {
			t.text = name
		}
	}
}

func (m *pathMarks) inBody(i int) bool {
	for n := range m.u.declarations {
		if d := &m.u.declarations[n]; d.kind == functionDeclaration && d.hasBody() && i > d.body && i < d.bodyEnd {
			return true
		}
	}
	return false
}

// findMeeting finds the functions and lambdas that lead to an operation.
func (m *pathMarks) findMeeting() {
	callbacks := m.u.callbackNames()
	m.given = callbacks
	for changed := true; changed; {
		changed = false
		if len(callbacks) > 0 && m.u.passesOn(m.meets) {
			for name := range callbacks {
				changed = changed || !m.meets[name]
				m.meets[name] = true
			}
		}
		for n := range m.u.declarations {
			d := &m.u.declarations[n]
			if d.kind != functionDeclaration || !d.hasBody() || d.name < 0 {
				continue
			}
			if name := m.u.functionName(d); !m.meets[name] && m.leads(d.body, d.bodyEnd) {
				m.meets[name], changed = true, true
			}
			for i := d.body + 1; i < d.bodyEnd; i++ {
				body := m.lambdaBody(i)
				if body < 0 || !m.u.is(i-1, "=") || !m.u.isIdentifier(i-2) || !m.leads(body, m.u.tokens[body].pair) {
					continue
				}
				if name := m.u.tokens[i-2].text; !m.meets[name] {
					m.meets[name], changed = true, true
				}
			}
		}
	}
}

// lambdaBody is the { of the lambda whose [ is at i, or -1.
func (m *pathMarks) lambdaBody(i int) int {
	u := m.u
	if !u.is(i, "[") || u.isAttribute(i) || u.isAttribute(i-1) || u.isOneOf(i-1, ")", "]") || u.isIdentifier(i-1) && !u.is(i-1, "return") {
		return -1
	}
	j := u.tokens[i].pair + 1
	if u.is(j, "(") {
		j = u.tokens[j].pair + 1
	}
	for ; u.isOneOf(j, "mutable", "constexpr", "->", "::", "thread", "const", "&", "*") || u.isIdentifier(j); j++ {
	}
	if u.is(j, "{") {
		return j
	}
	return -1
}

// leads reports whether tokens [from, to) hold an operation, or a call that leads to one.
func (m *pathMarks) leads(from, to int) bool {
	for i := from; i < to; i++ {
		if m.isOperation(i) || m.isMeetingCall(i) {
			return true
		}
	}
	return false
}

func (m *pathMarks) isOperation(i int) bool {
	t := &m.u.tokens[i]
	if t.kind != identifier {
		return false
	}
	name := strings.TrimPrefix(t.text, "metal::")
	kind := m.u.collectives.functions[name]
	takesPlace := kind == placed || kind == matrixPlaced && !m.u.traits.wholeMatrices
	return (takesPlace || m.own[name]) && m.opening(i) >= 0
}

func (m *pathMarks) isMeetingCall(i int) bool {
	return m.u.isIdentifier(i) && m.meets[m.u.tokens[i].text] && m.opening(i) >= 0
}

// opening is the ( of the call of the function named at i, or -1.
func (m *pathMarks) opening(i int) int {
	if m.u.is(i, "operator") && m.u.is(i+1, "(") && m.u.is(i+2, ")") { // the parentheses of its name
		i += 2
	}
	if m.isGiven(i) {
		return m.openingOfGiven(i)
	}
	if m.u.is(i+1, "(") {
		return i + 1
	}
	if m.u.is(i+1, "<") {
		if end := m.u.closingAngle(i + 1); end >= 0 && m.u.is(end+1, "(") {
			return end + 1
		}
	}
	return -1
}

// isGiven reports whether token i is such a name.
func (m *pathMarks) isGiven(i int) bool { return m.u.isIdentifier(i) && m.given[m.u.tokens[i].text] }

// openingOfGiven is opening for them: of f(i)(x) the parentheses that call what f returned, for it is they that lead on.
func (m *pathMarks) openingOfGiven(i int) int {
	u, j := m.u, i+1
	for u.is(j, "[") && !u.isAttribute(j) {
		j = u.tokens[j].pair + 1
	}
	for u.is(j, ")") && u.is(u.tokens[j].pair+1, "*") && u.is(j+1, "(") { // (*f)(x)
		j++
	}
	if !u.is(j, "(") {
		return -1
	}
	for u.is(u.tokens[j].pair+1, "(") {
		j = u.tokens[j].pair + 1
	}
	return j
}

// dropConstexpr takes the word out of a function's head. What lanes do together is no constant, so nothing is lost; and a
// constexpr function may not have the frame.
func (m *pathMarks) dropConstexpr(d *declaration) {
	for i := d.from; i < d.name; i++ {
		if m.u.is(i, "constexpr") {
			m.u.blank(i, i+1)
		}
	}
}

func (m *pathMarks) frame(body int) {
	t := &m.u.tokens[body]
	t.after = " ::metal::msl_simd::frame msl_frame;" + t.after
}

// markBody marks the statements in tokens [from, to) of a function's body.
func (m *pathMarks) markBody(from, to int) {
	u := m.u
	for i := from; i < to; i++ {
		t := &u.tokens[i]
		switch {
		case m.isOperation(i):
			m.markOperation(i)
		case m.isMeetingCall(i):
			m.markCall(i)
		case u.isOneOf(i, "for", "while") && u.is(i+1, "(") && !m.endsDo(i):
			if end := m.statementEnd(i, to); m.leads(i, end) {
				m.loops = append(m.loops, pathWrap{from: i, to: end})
				m.markLoop(i)
			}
		case t.kind == identifier && t.text == "do":
			if end := m.statementEnd(i, to); m.leads(i, end) {
				m.loops = append(m.loops, pathWrap{from: i, to: end})
				m.open(i)
				u.tokens[i].after = m.turnStatement(i) + u.tokens[i].after
			}
		default:
			if body := m.lambdaBody(i); body >= 0 && body < to && m.leads(body, u.tokens[body].pair) {
				m.frame(body)
			}
		}
	}
}

// markOperation passes the place. A function of the text that bears MSL's name is not MSL's.
func (m *pathMarks) markOperation(i int) {
	u, open := m.u, m.opening(i)
	name := strings.TrimPrefix(u.tokens[i].text, "metal::")
	if u.isOneOf(i-1, ".", "->") {
		return
	}
	if m.own[name] {
		m.markCall(i)
		return
	}
	if m.isTextsOwn(i) {
		if m.meets[name] { // it leads to one of MSL's
			m.markCall(i)
		}
		return
	}
	comma := ", "
	if u.tokens[open].pair == open+1 {
		comma = ""
	}
	end := &u.tokens[u.tokens[open].pair]
	end.before += fmt.Sprintf("%s::metal::msl_simd::place(__builtin_LINE(), %d)", comma, u.tokens[open].pair)
}

// beforeValues are the words that may stand before a value, so that it is no declaration's type.
var beforeValues = []string{"return", "else", "do", "case", "and", "or", "not"}

// isTextsOwn reports whether the function called at i, which has the name of one of MSL's, is one of the text. Where the call
// says metal:: that is MSL's namespace, unless the text has one of that name inside another and the call is in there too.
func (m *pathMarks) isTextsOwn(i int) bool {
	u, name := m.u, m.u.tokens[i].text
	if !m.declared[name] {
		return false
	}
	var path []string
	at := i - 1
	for ; u.is(at, "::") && u.isIdentifier(at-1) && !u.isOneOf(at-1, beforeValues...); at -= 2 {
		path = append(path, u.tokens[at-1].text)
	}
	if len(path) != 1 || path[0] != "metal" {
		return true
	}
	if u.is(at, "::") {
		return false
	}
	within := ""
	for n := range u.declarations {
		if d := &u.declarations[n]; d.kind == functionDeclaration && d.hasBody() && i > d.body && i < d.bodyEnd {
			within = d.scope.path
		}
	}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != functionDeclaration || d.name < 0 || u.functionName(d) != name {
			continue
		}
		if outer, nested := strings.CutSuffix(d.scope.path, "metal::"); nested && outer != "" && strings.HasPrefix(within, outer) {
			return true
		}
	}
	return false
}

// markCall notes a call. What looks like one and declares a variable is left alone.
func (m *pathMarks) markCall(i int) {
	u, start := m.u, i
	if open := m.opening(i); u.is(open-1, ")") && u.tokens[open-1].pair < i { // (*f)(x)
		start = u.tokens[open-1].pair
	}
	for u.isOneOf(start-1, ".", "->", "::") {
		previous := start - 2
		if u.is(start-1, "::") && u.is(previous, ">") {
			previous = u.nameBeforeAngle(previous)
		}
		for u.isOneOf(previous, ")", "]") {
			previous = u.tokens[previous].pair
			if !u.isIdentifier(previous-1) && !u.isOneOf(previous-1, ")", "]") {
				break
			}
			previous--
		}
		if previous < 0 || !u.isIdentifier(previous) && !u.isOneOf(previous, "(", "[") {
			if u.is(start-1, "::") {
				start--
			}
			break
		}
		start = previous
	}
	if u.is(start-1, "template") {
		return
	}
	if u.isIdentifier(start-1) && !u.isOneOf(start-1, beforeValues...) {
		return
	}
	if u.is(start-1, ">") && u.nameBeforeAngle(start-1) >= 0 && u.closingAngle(u.nameBeforeAngle(start-1)+1) == start-1 {
		return
	}
	m.wraps = append(m.wraps, pathWrap{start, u.tokens[m.opening(i)].pair, m.straight[u.tokens[i].text]})
}

// writeWraps puts the calls into parentheses, the inner ones inside.
func (m *pathMarks) writeWraps() {
	sort.Slice(m.wraps, func(a, b int) bool { return m.wraps[a].to < m.wraps[b].to })
	before := map[int]string{}
	for _, w := range m.wraps {
		kind := "call"
		if w.straight {
			kind = "straight_call"
		}
		before[w.from] = fmt.Sprintf("(::metal::msl_simd::%s(%d), ", kind, w.to) + before[w.from]
		end := &m.u.tokens[w.to]
		end.after = ")" + end.after
	}
	for i, text := range before {
		m.u.tokens[i].before += text
	}
}
