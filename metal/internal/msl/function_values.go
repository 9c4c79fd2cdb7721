package msl

// To clang a pointer to a function is made by a cast from one address space to another, which no constant expression has. So a
// constexpr variable whose value names functions is const only. It is known all the same when the kernel is compiled:
//
//	constexpr constant F table[2] = {twice, thrice};      const __constant F table[2] = {twice, thrice};

// constantFunctions does this to variables of namespaces, structs and functions.
func (u *unit) constantFunctions() {
	functions := u.staticMembers()
	for i := range u.tokens {
		if !u.is(i, "constexpr") {
			continue
		}
		assign, end, auto := -1, i, false
	find:
		for ; end < len(u.tokens); end++ {
			switch {
			case u.isOneOf(end, "=", "{") && assign < 0 && !u.isOneOf(end-1, "operator"):
				assign = end
				if u.is(end, "{") {
					end = u.tokens[end].pair
				}
			case u.isOneOf(end, "auto", "operator", "if") && assign < 0:
				auto = true
			case u.is(end, ";") || end > i && u.isOneOf(end, "}", ")"):
				break find
			case u.tokens[end].pair > end:
				if u.isIdentifier(end-1) && u.is(end, "(") && assign < 0 && !u.isOneOf(end+1, "*", "&") { // a function's parameters, or a value
					auto = true
				}
				end = u.tokens[end].pair
			}
		}
		if assign < 0 || auto || !u.namesFunctions(functions, assign, end) {
			continue
		}
		u.tokens[i].text = "const"
		if u.memberOf(i) {
			u.tokens[i].text = "inline const"
		}
	}
}

// namesFunctions reports whether tokens [from, to) name a function that they do not call.
func (u *unit) namesFunctions(functions functionNames, from, to int) bool {
	for i := from; i < to; i++ {
		if !u.isIdentifier(i) || u.isOneOf(i-1, ".", "->") || u.is(i+1, "::") {
			continue
		}
		first, member := functions.beginsAt(u.tokens, i)
		if first < 0 || !member && !functions.free[u.tokens[i].text] {
			continue
		}
		next := u.behindName(i)
		if before := first - 1; u.isOneOf(next, ",", "}", ";") && (u.isOneOf(before, "=", "{", ",") || u.is(before, "&") && u.isOneOf(before-1, "=", "{", ",")) {
			return true
		}
	}
	return false
}

// behindName is the token behind a name and its template's arguments.
func (u *unit) behindName(i int) int {
	if u.is(i+1, "<") {
		if end := u.closingAngle(i + 1); end > 0 {
			return end + 1
		}
	}
	return i + 1
}

// passed reports whether token i names something without calling it, where a function is handed on.
func (u *unit) passed(i int) bool {
	return u.isOneOf(u.behindName(i), ",", ">", ")", ";", "}", ":") && u.isOneOf(i-1, "<", ",", "(", "=", "&", "::", "template", "{", "?", ":", "return")
}

// memberOf reports whether the declaration of token i is that of a struct's member.
func (u *unit) memberOf(i int) bool {
	for n := range u.declarations {
		if d := &u.declarations[n]; d.scope.inStruct != "" && d.from <= i && i < d.to && !d.hasBody() {
			return true
		}
	}
	return false
}
