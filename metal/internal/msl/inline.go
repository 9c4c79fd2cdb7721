package msl

// The runtime tells simd operations and barriers apart by the place in the code they are called from. A helper that
// holds one and is called in two branches must be two places, as it is on a GPU, where all is inlined.

// inlineCollectives marks the functions that hold a collective, or call one that does, as always inlined.
func (u *unit) inlineCollectives() {
	inlined := u.ownCollectives()
	leads := func(d *declaration) bool {
		for i := d.from; i < d.bodyEnd; i++ {
			if !u.isIdentifier(i) {
				continue
			}
			name := u.tokens[i].text
			if u.collectives.types[name] || i > d.body && (u.isCollective(name) || inlined[name]) {
				return true
			}
		}
		return false
	}
	callbacks := u.callbackNames()
	for changed := true; changed; {
		changed = false
		if len(callbacks) > 0 && u.passesOn(inlined) {
			for name := range callbacks {
				changed = changed || !inlined[name]
				inlined[name] = true
			}
		}
		for n := range u.declarations {
			d := &u.declarations[n]
			if d.kind == functionDeclaration && d.hasBody() && d.name >= 0 && !inlined[u.functionName(d)] && leads(d) {
				inlined[u.functionName(d)], changed = true, true
			}
		}
	}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != functionDeclaration || !d.hasBody() || d.name < 0 || !inlined[u.functionName(d)] || u.contains(d.from, d.open, "noinline") {
			continue
		}
		first := d.from
		if d.templateTo > 0 {
			first = d.templateTo
		}
		u.tokens[first].before = "__attribute__((always_inline)) " + u.tokens[first].before
	}
}

// isCollective reports whether our headers declare a collective of this name, or the compiler's own name of one.
func (u *unit) isCollective(name string) bool {
	_, is := u.collectives.functions[name]
	return is || u.collectives.builtins[name] != ""
}

// ownCollectives are the functions that the text declares by the linker name of a collective.
func (u *unit) ownCollectives() map[string]bool {
	own := map[string]bool{}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != functionDeclaration || d.hasBody() || d.name < 0 {
			continue
		}
		for i := d.close; i < d.to; i++ {
			if u.isOneOf(i, "asm", "__asm", "__asm__") && u.is(i+1, "(") && u.collectives.labels[u.tokens[i+2].text] {
				own[u.functionName(d)] = true
			}
		}
	}
	return own
}

// functionName is the name a call uses; of an operator the sign does not matter, and of a constructor it is the struct.
func (u *unit) functionName(d *declaration) string { return u.tokens[d.name].text }
