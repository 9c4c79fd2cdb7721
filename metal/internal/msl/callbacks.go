package msl

// referenceCallbacks turns template parameters that are pointers to functions, void (*f)(...), into references to
// functions: clang takes no function's name for a pointer there, because pointers to functions have an address space.
func (u *unit) referenceCallbacks() {
	types := map[string]bool{} // the names of types that template parameters have
	for i := range u.tokens {
		if !u.is(i, "template") || !u.is(i+1, "<") {
			continue
		}
		end := u.closingAngle(i + 1)
		for j := i + 2; j < end; j++ {
			name := j + 2
			if u.is(name, "...") { // a pack of them
				name++
			}
			if u.is(j, "(") && u.is(j+1, "*") && u.isIdentifier(name) && u.is(name+1, ")") && u.is(name+2, "(") {
				u.tokens[j+1].text = "&"
			} else if u.isIdentifier(j) {
				types[u.tokens[j].text] = true
			}
		}
	}
	for n := range u.declarations {
		u.referenceNamedCallback(&u.declarations[n], types)
	}
}

// referenceNamedCallback does that for a type with a name, using F = void (*)(...) or typedef void (*F)(...), where a
// template has a parameter of it.
func (u *unit) referenceNamedCallback(d *declaration, types map[string]bool) {
	for i := d.from; i < d.to; i++ {
		if !u.is(i, "(") || !u.is(i+1, "*") {
			continue
		}
		switch {
		case u.is(i+2, ")") && u.is(i+3, "("):
			for j := d.from; j < i; j++ {
				if u.is(j, "using") && u.isIdentifier(j+1) && u.is(j+2, "=") && types[u.tokens[j+1].text] {
					u.tokens[i+1].text = "&"
				}
			}
		case u.isIdentifier(i+2) && u.is(i+3, ")") && u.is(i+4, "(") && u.is(d.from, "typedef") && types[u.tokens[i+2].text]:
			u.tokens[i+1].text = "&"
		}
	}
}
