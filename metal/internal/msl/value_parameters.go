package msl

// In MSL a temporary lies in thread memory, so it binds to `const thread T &x`. To clang it lies in no address space, and does
// not. So such a parameter becomes `const T x` where that cannot matter: not in a function that may return a reference to it,
// nor where an overload differs from the function by that parameter's address space, which then would be no difference.

// valueParameters does this to functions, methods and operators of the text.
func (u *unit) valueParameters() {
	groups := map[string][]*declaration{} // overloads: of a struct, or of any namespace
	for n := range u.declarations {
		d := &u.declarations[n]
		if u.is(d.from, "friend") { // a function that stands in a struct, and is none of its methods
			inner := u.declarationAt(d.from+1, d.to, scope{path: d.scope.path})
			d = &inner
		}
		if (d.kind == functionDeclaration || d.kind == instantiation) && d.name >= 0 && d.open >= 0 {
			name := d.scope.inStruct + " " + u.source(d.name, d.open)
			if d.kind == instantiation || d.templateFrom >= 0 { // f<float>
				name = d.scope.inStruct + " " + u.tokens[d.name].text
				if u.is(d.name, "operator") {
					name += u.source(d.name+1, d.open)
				}
			}
			if d.scope.inStruct != "" {
				name = d.scope.path + name
			}
			groups[name] = append(groups[name], d)
		}
	}
	named := u.namedFunctions()
	for _, group := range groups {
		if name := u.tokens[group[0].name].text; named[name] && name != "operator" { // its type is that of some pointer
			continue
		}
		u.makeValues(group)
	}
}

// namedFunctions are the names that the text names without calling them, where it hands functions on.
func (u *unit) namedFunctions() map[string]bool {
	functions, named := u.staticMembers(), map[string]bool{}
	for i := range u.tokens {
		if u.isIdentifier(i) && (functions.free[u.tokens[i].text] || functions.members[u.tokens[i].text]) && u.passed(i) {
			named[u.tokens[i].text] = true
		}
	}
	return named
}

// makeValues does it to the overloads of one function, as far as they stay apart.
func (u *unit) makeValues(group []*declaration) {
	parameters := make([][][2]int, len(group))
	for n, d := range group {
		parameters[n] = u.split(d.open+1, d.close)
	}
	var values [][2]int
	for n, d := range group {
		if u.mayReturnParameter(d) {
			continue
		}
		for at, part := range parameters[n] {
			if !u.isConstReference(part) || u.isOwnCopy(d, parameters[n]) || u.isKept(d) {
				continue
			}
			apart := true
			for m := range group {
				apart = apart && (m == n || at >= len(parameters[m]) || !u.isOtherReference(parameters[m][at]))
			}
			if apart {
				values = append(values, part)
			}
		}
	}
	for _, part := range values {
		for i := part[0]; i < part[1]; i++ {
			if u.is(i, "thread") || u.is(i, "&") {
				u.tokens[i].text = ""
			}
		}
	}
}

// mayReturnParameter reports whether a function returns a reference or pointer to what is const, as the parameter is.
func (u *unit) mayReturnParameter(d *declaration) bool {
	first := max(d.from, d.templateTo)
	return u.isOneOfIn(first, d.name, "&", "*", "auto") && (u.contains(first, d.name, "const") || u.contains(first, d.name, "auto"))
}

// isOwnCopy reports whether a constructor has only an object of its struct as its argument.
func (u *unit) isOwnCopy(d *declaration, parameters [][2]int) bool {
	return d.scope.inStruct != "" && u.tokens[d.name].text == d.scope.inStruct && len(parameters) == 1 && u.takesItself(d, parameters[0])
}

// isKept reports whether a constructor may keep a reference or pointer to its argument.
func (u *unit) isKept(d *declaration) bool {
	if d.scope.inStruct == "" || u.tokens[d.name].text != d.scope.inStruct {
		return false
	}
	for n := range u.declarations {
		if m := &u.declarations[n]; m.kind == variableDeclaration && m.scope.path == d.scope.path && u.isOneOfIn(m.from, m.to, "&", "*") {
			return true
		}
	}
	return false
}

// isConstReference reports whether a parameter is const thread T &x, in any order of the words.
func (u *unit) isConstReference(part [2]int) bool {
	return u.contains(part[0], part[1], "thread") && u.contains(part[0], part[1], "const") && u.contains(part[0], part[1], "&") &&
		!u.isOneOfIn(part[0], part[1], "*", "(", "[", "&&", "...", "auto")
}

// isOtherReference reports whether a parameter is a reference of another kind, from which that one must stay apart.
func (u *unit) isOtherReference(part [2]int) bool {
	return u.isOneOfIn(part[0], part[1], "&", "&&", "*") && !u.isConstReference(part) || u.contains(part[0], part[1], "...")
}
