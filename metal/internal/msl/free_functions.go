package msl

import (
	"slices"
	"strings"
)

// freeFunctions lets a static member of a struct stand where a function is wanted by name: as the argument of a template's
// parameter that is a function, or of a parameter that is a pointer to one. To clang the type of such a member says in which
// address space its object lies, although it has none, so that it is no function of the parameter's type.
func (u *unit) freeFunctions() {
	s := u.staticMembers()
	s.wrap(u.tokens)
	for n := range u.entries {
		e := &u.entries[n]
		e.expression, e.signature = s.wrapped(e.expression), s.wrapped(e.signature)
	}
}

// functionNames are names by which functions of a text are passed on.
type functionNames struct {
	statics map[string]bool // static members: struct::name
	free    map[string]bool // functions of namespaces, by their last names
	takers  map[string]bool // functions with parameters that are pointers to functions
	structs map[string]bool // structs of the text
	members map[string]bool // static members that are functions, and never anything else, by their last names
	params  map[string]bool // template parameters that are types: their static members may be meant
}

func (u *unit) staticMembers() functionNames {
	s := functionNames{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, u.typeParameters()}
	types, variables := u.pointersToFunctions(), map[string]bool{}
	defer func() {
		for name := range variables {
			delete(s.members, name)
		}
	}()
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.name < 0 {
			continue
		}
		switch {
		case d.kind == structDeclaration:
			s.structs[u.tokens[d.name].text] = true
		case d.kind == variableDeclaration:
			variables[u.tokens[d.name].text] = true
		}
		if d.kind != functionDeclaration || u.is(d.name, "operator") {
			continue
		}
		for i := d.open; i >= 0 && i < d.close; i++ {
			if u.is(i, "(") && u.is(i+1, "*") && (u.is(i+2, ")") || u.is(i+3, ")")) || types[u.tokens[i].text] {
				s.takers[u.tokens[d.name].text] = true
			}
		}
		switch {
		case d.scope.inStruct == "":
			s.free[u.tokens[d.name].text] = true
		case u.contains(d.from, d.name, "static"):
			s.statics[d.scope.inStruct+"::"+u.tokens[d.name].text] = true
			s.members[u.tokens[d.name].text] = true
		}
	}
	return s
}

// typeParameters are the names of the text's template parameters that are types.
func (u *unit) typeParameters() map[string]bool {
	names := map[string]bool{}
	for i := range u.tokens {
		if u.isOneOf(i, "typename", "class") && u.isOneOf(i-1, "<", ",") && u.isIdentifier(i+1) && u.isOneOf(i+2, ",", ">", "=") {
			names[u.tokens[i+1].text] = true
		}
	}
	return names
}

// pointersToFunctions are the names that the text has for such types.
func (u *unit) pointersToFunctions() map[string]bool {
	types := map[string]bool{declaredType: true}
	for n := range u.declarations {
		d := &u.declarations[n]
		if u.is(d.from, "typedef") && u.is(d.to-1, ";") && u.contains(d.from, d.to, declaredType) { // a struct's
			types[u.tokens[d.to-2].text] = true
		}
		for i := d.from; i+2 < d.to; i++ {
			if !u.is(i, "(") || !u.is(i+1, "*") {
				continue
			}
			switch {
			case u.is(d.from, "typedef") && u.isIdentifier(i+2):
				types[u.tokens[i+2].text] = true
			case u.is(max(d.from, d.templateTo), "using") && u.is(i+2, ")"):
				types[u.tokens[max(d.from, d.templateTo)+1].text] = true
			}
		}
	}
	return types
}

// wrapped is wrap for a text of its own.
func (s functionNames) wrapped(expression string) string {
	tokens, err := tokenize(expression, "")
	if err != nil || len(s.statics)+len(s.free) == 0 {
		return expression
	}
	s.wrap(tokens)
	var b strings.Builder
	for i := range tokens {
		t := &tokens[i]
		b.WriteString(t.space + t.before + t.text + t.after)
	}
	return b.String()
}

// wrap puts each static member that is passed on, and not called, into a function of no struct. A function is passed as an
// argument of a template without &, since the parameter is a reference by then.
func (s functionNames) wrap(tokens []token) {
	is := func(i int, words ...string) bool {
		return i >= 0 && i < len(tokens) && slices.Contains(words, tokens[i].text)
	}
	for i := range tokens {
		if tokens[i].kind != identifier || tokens[i].text == "" {
			continue
		}
		first, member := s.beginsAt(tokens, i)
		if first < 0 {
			continue
		}
		last := i
		if is(i+1, "<") {
			if last = angleAfter(tokens, i+1); last < 0 {
				continue
			}
		}
		if !member && !is(first-1, "&") {
			continue
		}
		argument := is(last+1, ">", ",") && inAngles(tokens, first) // of a template
		if argument && is(first-1, "&") && is(first-2, "<", ",") {
			tokens[first-1].text = ""
		}
		given := is(last+1, ",", ")") && is(first-1, "(", ",", "&") && s.takers[calledAround(tokens, first)]
		initial := isInitial(tokens, first, last)
		if member && (argument || given || initial) {
			tokens[first].before += "::metal::msl_detail::as_free<"
			tokens[last].after += ">"
		}
	}
}

// isInitial reports whether the name [first, last] is all of a value that is stored or returned, so that what it is stored to
// tells which function is meant. The value of an auto tells its type itself.
func isInitial(tokens []token, first, last int) bool {
	is := func(i int, words ...string) bool {
		return i >= 0 && i < len(tokens) && slices.Contains(words, tokens[i].text)
	}
	if is(first-1, "&") {
		first--
	}
	if !is(last+1, ";", ",", "}", ")") || !is(first-1, "=", "{", ",", "return") {
		return false
	}
	listed := is(first-1, "{", ",") // of several values
	depth := 0
	for j := first - 1; j >= 0; j-- {
		switch {
		case is(j, ")", "]") || is(j, "}") && (listed || depth > 0):
			depth++
		case is(j, "(", "[", "{") && depth > 0:
			depth--
		case is(j, "(", "["):
			return !listed
		case is(j, "{") && listed:
			return true
		case is(j, ";", "{", "}") && depth == 0:
			for j++; is(j, "const", "constexpr", "static"); j++ {
			}
			return !is(j, "auto")
		}
	}
	return true
}

// inAngles reports whether token i begins an argument of a template.
func inAngles(tokens []token, i int) bool {
	depth := 0
	for j := i - 1; j > 0; j-- {
		switch tokens[j].text {
		case ")", "]", ">":
			depth++
		case "(", "[":
			if depth--; depth < 0 {
				return false
			}
		case "<":
			if depth--; depth < 0 {
				return tokens[j-1].kind == identifier && angleAfter(tokens, j) > i
			}
		case ";", "{", "}":
			return false
		}
	}
	return false
}

// calledAround is the last name of the function that token i is given to, "" where it is given to none.
func calledAround(tokens []token, i int) string {
	depth := 0
	for j := i - 1; j > 0; j-- {
		switch tokens[j].text {
		case ")", "]":
			depth++
		case "[":
			depth--
		case "(":
			if depth--; depth < 0 {
				if j--; tokens[j].text == ">" {
					j = angleBefore(tokens, j) - 1
				}
				if j < 0 {
					return ""
				}
				return tokens[j].text
			}
		case ";", "{", "}":
			return ""
		}
	}
	return ""
}

// beginsAt is where the name that ends with identifier i begins, and whether it is that of a static member; -1 where it is
// that of no function.
func (s functionNames) beginsAt(tokens []token, i int) (first int, member bool) {
	first = i
	for depth := 0; first > 1; depth++ {
		j := first - 1
		if tokens[j].text == "template" {
			j--
		}
		if tokens[j].text != "::" {
			break
		}
		if j--; tokens[j].text == ">" {
			if j = angleBefore(tokens, j) - 1; j < 0 {
				return -1, false
			}
		}
		if tokens[j].kind != identifier || slices.Contains([]string{"return", "void"}, tokens[j].text) { // ::f: from the root
			first = j + 1
			break
		}
		if depth == 0 {
			of := tokens[j].text
			if member = s.statics[of+"::"+tokens[i].text] || s.params[of] && !s.structs[of] && s.members[tokens[i].text]; !member && s.structs[of] {
				return -1, false // another member of that name
			}
		}
		first = j
	}
	if !member && !s.free[tokens[i].text] {
		return -1, false
	}
	return first, member
}

// angleAfter is the > that closes the < at i, -1 where none does.
func angleAfter(tokens []token, i int) int {
	depth := 0
	for ; i < len(tokens); i++ {
		switch tokens[i].text {
		case "<":
			depth++
		case ">":
			if depth--; depth == 0 {
				return i
			}
		case ";", "{", "}":
			return -1
		}
	}
	return -1
}

// angleBefore is the < that the > at i closes, -1 where it closes none.
func angleBefore(tokens []token, i int) int {
	depth := 0
	for ; i >= 0; i-- {
		switch tokens[i].text {
		case ">":
			depth++
		case "<":
			if depth--; depth == 0 {
				return i
			}
		case ";", "{", "}", "&&", "||":
			return -1
		}
	}
	return -1
}
