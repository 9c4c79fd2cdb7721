package msl

// levelConditionals lets the two sides of ?: be objects in different address spaces, or a bfloat beside an integer, as in
//
//	row < rows ? k[i] : half4(0)
//
// For class types clang wants both sides alike. So each side becomes msl_side<decltype((the other))>(side), which makes
// of both what MSL makes of them (include/msl_side.h). The last come first: what a side holds is then done.
func (u *unit) levelConditionals() {
	levels := map[int]int{} // of conditionals in the sides of the one at a ?
	fields := u.bitFields()
	for i := len(u.tokens) - 1; i >= 0; i-- {
		if !u.is(i, "?") || u.tokens[i].kind != punctuation {
			continue
		}
		colon := u.conditionalColon(i)
		if colon < 0 {
			continue
		}
		end := u.sideEnd(colon + 1)
		if close, in := u.inTemplateArguments(i); in {
			end = min(end, close)
		}
		for j := i + 1; j < end; j++ {
			levels[i] = max(levels[i], levels[j]+1)
		}
		// A side is written twice, one with a conditional in it four times, and so on.
		if levels[i] <= maxLevels && !u.isDiscarded(i, end) && !fields[u.memberName(i+1, colon)] && !fields[u.memberName(colon+1, end)] {
			u.wrapSides(i+1, colon, end)
		}
	}
}

const maxLevels = 10

// isDiscarded reports whether the conditional of the ? at i, which ends before end, is a statement of its own: its sides
// may then be void.
func (u *unit) isDiscarded(i, end int) bool {
	if !u.is(end, ";") {
		return false
	}
	for j := i - 1; j >= 0; j-- {
		switch {
		case u.tokens[j].pair >= 0 && u.tokens[j].pair < j && !u.is(j, "}"):
			j = u.tokens[j].pair
		case u.isOneOf(j, ";", "{", "}", "else", "do"):
			return true
		case u.isOneOf(j, "=", "return", "(", "[", ",", "?", ":") || compoundAssignments[u.tokens[j].text] != "":
			return false
		}
	}
	return true
}

// wrapSides wraps the sides [from, colon) and [colon+1, end).
func (u *unit) wrapSides(from, colon, end int) {
	if from >= colon || colon+1 >= end || u.isLiteral(from, colon) && u.isLiteral(colon+1, end) {
		return
	}
	left, right := u.rewritten(from, colon), u.rewritten(colon+1, end)
	u.wrap(from, colon, right)
	u.wrap(colon+1, end, left)
}

func (u *unit) wrap(from, to int, other string) {
	u.tokens[from].before = "msl_side<decltype((" + other + "))>(" + u.tokens[from].before
	u.tokens[to-1].after += ")"
}

// bitFields are the names of members that have some bits of their struct: nothing refers to them, and a number they are anyhow.
func (u *unit) bitFields() map[string]bool {
	names := map[string]bool{}
	for i := range u.tokens { // uint low : 4, high : 12;
		if u.is(i, ":") && u.isIdentifier(i-1) && (u.isIdentifier(i-2) || u.is(i-2, ",")) && !u.is(i-2, "case") && u.isOneOf(i+2, ",", ";") {
			names[u.tokens[i-1].text] = true
		}
	}
	return names
}

// memberName is the member that tokens [from, to) end with, "" where they end with none.
func (u *unit) memberName(from, to int) string {
	for u.is(to-1, ")") && u.tokens[to-1].pair >= from {
		to--
	}
	if to-2 > from && u.isIdentifier(to-1) && u.isOneOf(to-2, ".", "->") {
		return u.tokens[to-1].text
	}
	return ""
}

// isLiteral reports whether tokens [from, to) are a literal, or name no object.
func (u *unit) isLiteral(from, to int) bool {
	if from+1 < to && u.isOneOf(from, "-", "+") {
		from++
	}
	return from+1 == to && (u.tokens[from].kind == number || u.tokens[from].kind == text || u.isOneOf(from, "true", "false", "nullptr"))
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

// sideEnd is the end of the right side of a conditional that begins at i.
func (u *unit) sideEnd(i int) int {
	for ; i < len(u.tokens); i++ {
		if u.tokens[i].pair > i {
			i = u.tokens[i].pair
		} else if u.is(i, "?") {
			colon := u.conditionalColon(i)
			if colon < 0 {
				return i
			}
			i = colon
		} else if u.isOneOf(i, ";", ",", ")", "]", "}", ":", "=") || compoundAssignments[u.tokens[i].text] != "" {
			break
		}
	}
	return i
}
