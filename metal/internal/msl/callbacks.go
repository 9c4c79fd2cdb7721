package msl

// referenceCallbacks turns template parameters that are pointers to functions, void (*f)(...), into references to
// functions: clang takes no function's name for a pointer there, because pointers to functions have an address space.
func (u *unit) referenceCallbacks() {
	for i := range u.tokens {
		if !u.is(i, "template") || !u.is(i+1, "<") {
			continue
		}
		end := u.closingAngle(i + 1)
		for j := i + 2; j < end; j++ {
			if u.is(j, "(") && u.is(j+1, "*") && u.isIdentifier(j+2) && u.is(j+3, ")") && u.is(j+4, "(") {
				u.tokens[j+1].text = "&"
			}
		}
	}
}
