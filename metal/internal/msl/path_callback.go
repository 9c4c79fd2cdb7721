package msl

// callbackNames are the names by which functions of the text call what they were given: parameters of templates and of
// functions that are functions.
func (u *unit) callbackNames() map[string]bool {
	names, types := map[string]bool{}, u.pointersToFunctions()
	for i := range u.tokens {
		name := -1
		switch {
		case u.is(i, "(") && u.isOneOf(i+1, "*", "&"):
			name = i + 2
			if u.is(name, "...") {
				name++
			}
			last := name + 1 // of (*f[2]) or (*f(int i))
			for u.isOneOf(last, "[", "(") {
				last = u.tokens[last].pair + 1
			}
			if last != u.tokens[i].pair || !u.is(last+1, "(") {
				name = -1
			}
		case u.isIdentifier(i) && types[u.tokens[i].text]:
			name = i + 1
			if u.is(name, "<") {
				name = u.closingAngle(name) + 1
			}
			for name > 0 && (u.isOneOf(name, "const", "constexpr") || addressSpaces[u.tokens[name].text] != "") {
				name++
			}
		}
		if name > 0 && u.isIdentifier(name) {
			names[u.tokens[name].text] = true
		}
	}
	return names
}

// passesOn reports whether one of these functions is named and not called: whoever calls what it was given may call it.
// Kernels are named where they are instantiated.
func (u *unit) passesOn(functions map[string]bool) bool {
	kernels := map[string]bool{}
	for _, k := range u.kernels {
		kernels[u.tokens[k.at].text] = true
	}
	for i := range u.tokens {
		if !u.isIdentifier(i) || !functions[u.tokens[i].text] || kernels[u.tokens[i].text] || u.is(i-1, "(") && u.isOneOf(i-2, "decltype", "sizeof") {
			continue
		}
		if u.passed(i) {
			return true
		}
	}
	for _, e := range u.entries {
		for _, name := range identifiers(e.expression) {
			if functions[name] && !kernels[name] {
				return true
			}
		}
	}
	return false
}
