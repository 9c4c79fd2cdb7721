package msl

// levelConditionals lets the two sides of ?: be objects in different address spaces, as in
//
//	row < rows ? k[i] : half4(0)
//
// For class types clang wants both sides in one address space; a side that names an object is wrapped in msl_side,
// which makes a value of a vector and leaves all else as it was.
func (u *unit) levelConditionals() {
	for i := range u.tokens {
		if !u.is(i, "?") || u.tokens[i].kind != punctuation {
			continue
		}
		colon := u.conditionalColon(i)
		if colon < 0 {
			continue
		}
		u.wrapSide(i+1, colon)
		u.wrapSide(colon+1, u.sideEnd(colon+1))
	}
}

// conditionalColon is the : of the ? at i, or -1.
func (u *unit) conditionalColon(i int) int {
	depth := 0
	for i++; i < len(u.tokens); i++ {
		switch {
		case u.tokens[i].pair > i:
			i = u.tokens[i].pair
		case u.is(i, "?"):
			depth++
		case u.is(i, ":"):
			if depth == 0 {
				return i
			}
			depth--
		case u.isOneOf(i, ";", ")", "]", "}"):
			return -1
		}
	}
	return -1
}

// sideEnd is the end of the right side of a conditional that begins at i; i itself where that is a conditional too.
func (u *unit) sideEnd(i int) int {
	for start := i; i < len(u.tokens); i++ {
		if u.tokens[i].pair > i {
			i = u.tokens[i].pair
		} else if u.is(i, "?") {
			return start
		} else if u.isOneOf(i, ";", ",", ")", "]", "}", ":", "=") || compoundAssignments[u.tokens[i].text] != "" {
			break
		}
	}
	return i
}

// wrapSide wraps tokens [from, to) if they name an object: names, members, subscripts and dereferences only.
func (u *unit) wrapSide(from, to int) {
	i := from
	for u.is(i, "*") {
		i++
	}
	for u.is(i, "(") && u.tokens[i].pair == to-1 && from == i { // (p[i])
		u.wrapSide(i+1, to-1)
		return
	}
	switch {
	case i >= to:
		return
	case u.is(i, "(") && i > from:
		i = u.tokens[i].pair + 1
	case u.isIdentifier(i) && !u.isOneOf(i, "true", "false", "nullptr", "this", "sizeof", "INFINITY", "NAN"):
		i++
	default:
		return
	}
	for i < to {
		switch {
		case u.is(i, "[") && !u.isAttribute(i):
			i = u.tokens[i].pair + 1
		case u.isOneOf(i, ".", "->") && u.isIdentifier(i+1) && !u.isSwizzle(i+1):
			i += 2
		default:
			return
		}
	}
	u.tokens[from].before += "msl_side("
	u.tokens[to-1].after = ")" + u.tokens[to-1].after
}
