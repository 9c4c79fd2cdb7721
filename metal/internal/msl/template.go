package msl

import "sync"

// A `<` after a name is a bracket where the name is a template's, and else "less than". So the names of all templates
// are collected first: those of the text, and those of our headers.

// findTemplates collects the names that the text declares as templates, members and template parameters among them.
func (u *unit) findTemplates() {
	u.templates = map[string]bool{}
	for i := range u.tokens {
		if !u.is(i, "template") || !u.is(i+1, "<") {
			continue
		}
		if end := u.headerEnd(i + 1); end >= 0 {
			if name := u.templatedName(end + 1); name >= 0 {
				u.templates[u.tokens[name].text] = true
			}
		}
	}
}

// headerEnd is the > that closes the < of template <...> at i, or -1.
func (u *unit) headerEnd(i int) int {
	depth := 0
	for ; i < len(u.tokens); i++ {
		switch {
		case u.tokens[i].pair > i:
			i = u.tokens[i].pair
		case u.is(i, "<") && (depth == 0 || u.isIdentifier(i-1)):
			depth++
		case u.is(i, ">"):
			if depth--; depth == 0 {
				return i
			}
		case u.isOneOf(i, ";", "{", "}"):
			return -1
		}
	}
	return -1
}

// templatedName is the name that a declaration after a template header declares, or -1.
func (u *unit) templatedName(i int) int {
	name := -1
	for ; i < len(u.tokens); i++ {
		switch {
		case u.isAttribute(i):
			i = u.tokens[i].pair
		case u.is(i, "template") && u.is(i+1, "<"):
			end := u.headerEnd(i + 1)
			if end < 0 {
				return -1
			}
			i = end
		case u.isOneOf(i, "__attribute__", "alignas", "decltype", "__declspec") && u.is(i+1, "("):
			i = u.tokens[i+1].pair
		case u.isOneOf(i, "(", "=", "{", ";", ":", "["):
			return name
		case u.is(i, "<") && u.isIdentifier(i-1):
			end := u.headerEnd(i)
			if end < 0 {
				return name
			}
			if next := end + 1; !u.isIdentifier(next) && !u.isOneOf(next, "::", "&", "*", "&&", ">") || u.is(next, "operator") {
				return name // f<float>(...), X<T> { : a specialization of that name
			}
			i = end
		case u.isIdentifier(i) && !u.isOneOf(i, "operator"):
			name = i
		case u.is(i, "operator"):
			return -1
		}
	}
	return -1
}

// castWords are followed by a type in angle brackets.
var castWords = map[string]bool{"static_cast": true, "reinterpret_cast": true, "const_cast": true, "template": true}

// isTemplateName reports whether token i names a template.
func (u *unit) isTemplateName(i int) bool {
	if !u.isIdentifier(i) {
		return false
	}
	name := u.tokens[i].text
	return u.templates[name] || castWords[name] || headerTemplates()[name] || u.is(i-1, "template")
}

// headerTemplates are the names of the templates of our own headers.
var headerTemplates = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	entries, err := headerFiles.ReadDir("include")
	if err != nil {
		panic(err) // the files are part of the program
	}
	for _, entry := range entries {
		data, err := headerFiles.ReadFile("include/" + entry.Name())
		if err != nil {
			panic(err)
		}
		tokens, err := tokenize(string(data), entry.Name())
		if err != nil {
			continue
		}
		u := &unit{tokens: tokens}
		if u.pairBrackets() != nil {
			continue
		}
		u.findTemplates()
		for name := range u.templates {
			names[name] = true
		}
	}
	return names
})

// closingAngle returns the index of the > that closes the < at i, or -1 where none does within the statement, or the <
// is most likely "less than".
func (u *unit) closingAngle(i int) int {
	sure := u.isTemplateName(i - 1)
	depth := 0
	for j := i; j < len(u.tokens); j++ {
		switch u.tokens[j].text {
		case "<":
			if j == i || u.isTemplateName(j-1) || u.isIdentifier(j-1) && u.closingAngle(j) >= 0 {
				depth++
			}
		case ">":
			if depth--; depth == 0 {
				return j
			}
		case "(", "[", "{":
			if u.tokens[j].pair < 0 {
				return -1
			}
			j = u.tokens[j].pair
		case ")", "]", "}", ";", "":
			if u.tokens[j].kind == punctuation || u.tokens[j].text == "" {
				return -1
			}
		case "&&", "||":
			if !sure && u.tokens[j].kind == punctuation {
				return -1
			}
		}
	}
	return -1
}

// inTemplateArguments reports whether token i stands in the arguments of a template, as far as its own brackets reach;
// end is the > that closes them.
func (u *unit) inTemplateArguments(i int) (end int, in bool) {
	for j := i - 1; j >= 0; j-- {
		switch {
		case u.tokens[j].pair >= 0 && u.tokens[j].pair < j:
			j = u.tokens[j].pair
		case u.isOneOf(j, "(", "[", "{", "}", ";"):
			return -1, false
		case u.is(j, "<"):
			if end := u.closingAngle(j); end > i {
				return end, true
			}
		}
	}
	return -1, false
}
