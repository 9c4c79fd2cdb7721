package msl

// declaratorName is the last identifier of [from, to) outside brackets: the name of a variable.
func (u *unit) declaratorName(from, to int) int {
	name := -1
	for i := from; i < to; i++ {
		t := &u.tokens[i]
		switch {
		case t.pair > i:
			i = t.pair
		case u.specifierArguments(i, to) >= 0:
			i = u.tokens[i+1].pair
		case t.text == "<" && u.isIdentifier(i-1):
			if end := u.closingAngle(i); end >= 0 && end < to {
				i = end
			}
		case t.kind == identifier:
			name = i
		}
	}
	return name
}

// structName is the name between the word struct and its body: the last identifier before a base list.
func (u *unit) structName(tag, body int) int {
	name := -1
	for i := tag + 1; i < body; i++ {
		switch {
		case u.isAttribute(i) || u.is(i, "("):
			i = u.tokens[i].pair
		case u.is(i, "alignas") || u.is(i, "__attribute__"):
		case u.is(i, "<") || u.is(i, ":"):
			return name
		case u.isIdentifier(i):
			name = i
		}
	}
	return name
}

// nameBeforeAngle is the identifier before the < that the > at i closes.
func (u *unit) nameBeforeAngle(i int) int {
	depth := 0
	for ; i >= 0; i-- {
		switch {
		case u.is(i, ">"):
			depth++
		case u.is(i, "<"):
			if depth--; depth == 0 {
				if u.isIdentifier(i - 1) {
					return i - 1
				}
				return -1
			}
		case u.isOneOf(i, ";", "{", "}"):
			return -1
		}
	}
	return -1
}

// operatorName returns the last token of the name that the word operator at i begins, before the parameters. The name may be
// the ( of a call operator.
func (u *unit) operatorName(i, to int) int {
	for i++; i < to && (!u.is(i, "(") || u.is(i-1, "operator")); i++ {
	}
	return i - 1
}

// skipInitializers passes a constructor's initializers and returns the index of its body.
func (u *unit) skipInitializers(i, to int) int {
	for i < to {
		for i < to && !u.isOneOf(i, "(", "{", ";") {
			if u.is(i, "<") {
				if end := u.closingAngle(i); end >= 0 && end < to {
					i = end
				}
			}
			i++
		}
		if i >= to || u.is(i, ";") {
			return i
		}
		i = u.tokens[i].pair + 1
		if u.is(i, "...") {
			i++
		}
		if !u.is(i, ",") {
			return i
		}
		i++
	}
	return i
}
