package msl

// forks are the words and signs behind which some lanes of a simdgroup may do what others do not, or leave earlier.
var forks = []string{"if", "else", "for", "while", "do", "switch", "case", "goto", "?", "&&", "||", "and", "or", "asm", "__asm__"}

// findStraight finds the functions that lead to an operation on one way only: where all lanes come to a call of one together,
// they come to its operations together, and no path needs to be written down for it. Lambdas are none, for they are called
// by names that are no function's, and so is no function that the text names without calling it.
func (m *pathMarks) findStraight() {
	m.straight = map[string]bool{}
	if !m.u.traits.skipsStraight {
		return
	}
	for name := range m.meets {
		m.straight[name] = true
	}
	for changed := true; changed; { // who calls one that is not straight is none either
		changed = false
		found := map[string]bool{}
		for n := range m.u.declarations {
			d := &m.u.declarations[n]
			if d.kind != functionDeclaration || !d.hasBody() || d.name < 0 {
				continue
			}
			name := m.u.functionName(d)
			found[name] = true
			if m.straight[name] && !m.goesStraight(d) {
				m.straight[name], changed = false, true
			}
		}
		for name, straight := range m.straight {
			if straight && (!found[name] || m.isNamedOnly(name)) {
				m.straight[name], changed = false, true
			}
		}
	}
}

// goesStraight reports whether a function's body has no forks, and calls none that has, or itself, to meet there.
func (m *pathMarks) goesStraight(d *declaration) bool {
	own := m.u.functionName(d)
	for i := d.body + 1; i < d.bodyEnd; i++ {
		if m.u.isOneOf(i, forks...) || m.lambdaBody(i) >= 0 {
			return false
		}
		if m.u.isIdentifier(i) && m.meets[m.u.tokens[i].text] && (m.u.tokens[i].text == own || !m.straight[m.u.tokens[i].text]) {
			return false
		}
	}
	return true
}

// isNamedOnly reports whether the text names a function somewhere in a body or a variable's value without calling it there, or
// calls it where the call cannot be marked.
func (m *pathMarks) isNamedOnly(name string) bool {
	for i := range m.u.tokens {
		if m.u.tokens[i].text == name && (m.inBody(i) || m.inValue(i)) && (m.opening(i) < 0 || m.u.isOneOf(i-1, ".", "->", "::", "&")) {
			return true
		}
	}
	return false
}

// inValue reports whether token i is of the value of a variable of a namespace or struct.
func (m *pathMarks) inValue(i int) bool {
	for n := range m.u.declarations {
		if d := &m.u.declarations[n]; d.kind == variableDeclaration && d.name >= 0 && i > d.name && i < d.to {
			return true
		}
	}
	return false
}
