package msl

// referenceCallbacks turns template parameters that are pointers to functions, void (*f)(...), into references to
// functions: clang takes no function's name for a pointer there, because pointers to functions have an address space.
//
//	template <void (*f)(float)>      template <void (&f)(float)>
//	template <Function f>            template <::metal::msl_detail::called<Function> f>
func (u *unit) referenceCallbacks() {
	types := u.pointersToFunctions()
	for i := range u.tokens {
		if !u.is(i, "template") || !u.is(i+1, "<") {
			continue
		}
		end := u.closingAngle(i + 1)
		if end < 0 {
			continue
		}
		for _, part := range u.split(i+2, end) {
			u.referenceCallback(part[0], part[1], types)
		}
	}
}

// referenceCallback does that for the template parameter in tokens [from, to).
func (u *unit) referenceCallback(from, to int, types map[string]bool) {
	stop := to
	for j := from; j < to; j++ {
		name := j + 2
		if u.is(name, "...") { // a pack of them
			name++
		}
		if u.is(j, "(") && u.is(j+1, "*") && (u.isIdentifier(name) && u.is(name+1, ")") && u.is(name+2, "(") || u.is(name, ")") && u.is(name+1, "(")) {
			u.tokens[j+1].text = "&"
			return
		}
		if u.is(j, "=") {
			stop = min(stop, j)
		}
	}
	if u.isOneOf(from, "typename", "class", "template") && u.isOneOf(from+2, ",", ">", "=", "<") {
		return
	}
	last := u.declaratorName(from, stop)
	if last < 0 {
		return
	}
	typed := last // where the type ends
	if u.is(last-1, "...") {
		typed--
	}
	if named := typed > from && u.namesType(from, typed, types); !named {
		if typed = last + 1; !u.namesType(from, typed, types) { // a parameter without a name
			return
		}
	}
	u.tokens[from].before = "::metal::msl_detail::called<" + u.tokens[from].before
	u.tokens[typed-1].after += ">"
}

// namesType reports whether tokens [from, to) are one of these types, as const lib::Function or Function<T>.
func (u *unit) namesType(from, to int, types map[string]bool) bool {
	if u.is(to-1, ">") {
		name := u.nameBeforeAngle(to - 1)
		return name >= from && types[u.tokens[name].text]
	}
	return u.isIdentifier(to-1) && types[u.tokens[to-1].text]
}
