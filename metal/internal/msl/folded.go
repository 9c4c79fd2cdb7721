package msl

// foldInfinities does in folded math what a compiler may do that takes every value for a number: where INFINITY or
// -INFINITY stands right of a comparison's operator, or left of it, the comparison has one result. The infinity becomes
// an object of a type of its own, whose comparisons our headers define so. Elsewhere INFINITY stays the value it is. An
// infinity that comes by another way, as a variable's value, is not folded here.
func (u *unit) foldInfinities() error {
	if u.program.Math != MathFolded {
		return nil
	}
	comparisons := map[string]bool{"==": true, "!=": true, "<": true, ">": true, "<=": true, ">=": true}
	for i := range u.tokens {
		if !u.isOneOf(i, "INFINITY", "HUGE_VALF") {
			continue
		}
		from, name := i, "msl_above{}"
		if u.is(i-1, "-") && !u.isOperand(i-2) {
			from, name = i-1, "msl_below{}"
		} else if u.is(i-1, "+") && !u.isOperand(i-2) {
			from = i - 1
		}
		before, after := from-1, i+1
		switch {
		case comparisons[u.textAt(before)] && u.isOperand(before-1) && !u.isOneOf(after, "*", "/", "+", "-", "%"):
			u.erase(from, i)
			u.tokens[i].text = name
		case comparisons[u.textAt(after)] && (before < 0 || u.isOneOf(before, "(", "&&", "||", "=", "return", "!", ",", "?", ":")):
			u.erase(from, i)
			u.tokens[i].text = name
		}
	}
	return nil
}

func (u *unit) textAt(i int) string {
	if i < 0 || i >= len(u.tokens) || u.tokens[i].kind != punctuation {
		return ""
	}
	return u.tokens[i].text
}

// isOperand reports whether an operand ends in token i.
func (u *unit) isOperand(i int) bool {
	if i < 0 {
		return false
	}
	t := &u.tokens[i]
	return t.kind == number || t.kind == identifier && t.text != "return" || u.isOneOf(i, ")", "]")
}
