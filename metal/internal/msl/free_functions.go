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
}

func (u *unit) staticMembers() functionNames {
	s := functionNames{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	types := u.pointersToFunctions()
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != functionDeclaration || d.name < 0 || u.is(d.name, "operator") {
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
		}
	}
	return s
}

// pointersToFunctions are the names that the text has for such types.
func (u *unit) pointersToFunctions() map[string]bool {
	types := map[string]bool{}
	for n := range u.declarations {
		d := &u.declarations[n]
		for i := d.from; i+2 < d.to; i++ {
			if !u.is(i, "(") || !u.is(i+1, "*") {
				continue
			}
			switch {
			case u.is(d.from, "typedef") && u.isIdentifier(i+2):
				types[u.tokens[i+2].text] = true
			case u.is(d.from, "using") && u.is(i+2, ")"):
				types[u.tokens[d.from+1].text] = true
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
		initial := is(last+1, ";") && is(first-1, "=") && is(first-2, ")")
		if member && (argument || given || initial) {
			tokens[first].before += "::metal::msl_detail::as_free<"
			tokens[last].after += ">"
		}
	}
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
		if depth == 0 && s.statics[tokens[j].text+"::"+tokens[i].text] {
			member = true
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
