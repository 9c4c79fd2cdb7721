package msl

import (
	"fmt"
	"slices"
	"strings"
)

// plainStructs turns the C form typedef struct { ... } Name; into struct Name { ... }; so that the struct has a name
// to say more about. It runs on brackets alone, before declarations are looked for.
func (u *unit) plainStructs() {
	for i := range u.tokens {
		if !u.is(i, "typedef") || !u.isOneOf(i+1, "struct", "union") {
			continue
		}
		body := i + 2
		if u.isIdentifier(body) {
			body++
		}
		if !u.is(body, "{") {
			continue
		}
		end := u.tokens[body].pair
		if !u.isIdentifier(end+1) || !u.is(end+2, ";") || body == i+3 && u.tokens[i+2].text != u.tokens[end+1].text {
			continue
		}
		u.tokens[i].text = u.tokens[i+1].text
		u.tokens[i+1].text = u.tokens[end+1].text
		if body == i+3 {
			u.tokens[i+2].text = ""
			u.tokens[i+2].kind = punctuation
		}
		u.tokens[end+1].text = ""
		u.tokens[end+1].kind = punctuation
	}
}

// copyFromConstant lets the text's structs be copied out of constant memory, which clang's own copy constructors do
// not: their source is generic memory, and constant memory is not part of that. Defaulted constructors leave a struct
// an aggregate, and are constant expressions where the members' are. What a struct says itself of how it is copied stands: where
// its source is in no address space by the text, a template is added, which is never a copy constructor; where the text
// names the spaces, as in P(thread const P &), they are all that there are.
func (u *unit) copyFromConstant() {
	constructed := u.constructedStructs()
	copied := u.copiedStructs()
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != structDeclaration || !d.hasBody() || d.name < 0 || d.bodyEnd == d.body+1 || u.contains(d.body, d.bodyEnd, "virtual") {
			continue
		}
		name, path := u.tokens[d.name].text, d.scope.path+u.tokens[d.name].text+"::"
		own := copied[path]
		public := ""
		if constructed[path] || own != (ownCopies{}) || u.is(d.from, "class") || u.contains(d.body, d.bodyEnd, "private") || u.contains(d.body, d.bodyEnd, "protected") {
			public = "public: "
		}
		var add strings.Builder
		say := func(format string) { fmt.Fprintf(&add, format, name) }
		if !constructed[path] { // where it has constructors, it has written that one if it is to have it
			say("%[1]s() = default; ")
		}
		switch own.constructs {
		case notOwn:
			say("%[1]s(const %[1]s &) = default; %[1]s(%[1]s &&) = default; %[1]s(const __constant %[1]s &) = default; ")
		case ofAnySpace:
			say("template <class msl_T, class = ::metal::enable_if_t<::metal::is_same<msl_T, %[1]s>::value>> %[1]s(const __constant msl_T &o) : %[1]s(::metal::msl_detail::bytes_of<msl_T>(o).object()) {} ")
		case ofNamedSpaces:
			if own.ofThread && u.isMember(d) { // the copy constructor that clang makes for the whole takes its parts from generic memory
				// Its further argument keeps the two apart where thread and generic memory have one number, and so one name, as in
				// PTX: there this one would call itself.
				say("%[1]s(const %[1]s &o, ::metal::msl_detail::generic_source = {}) : %[1]s((const __private %[1]s &)o) {} ")
			}
		}
		if own.assigns == notOwn {
			say("%[1]s &operator=(const %[1]s &) = default; ")
			for _, space := range u.assignedSpaces(d) { // beside others for the same objects it must be as near to them
				say("%[1]s &operator=(const %[1]s &o) " + space + " { return *(%[1]s *)this = o; } ")
			}
		}
		if own.assigns != ofNamedSpaces {
			say("template <class msl_T, class = ::metal::enable_if_t<::metal::is_same<msl_T, %[1]s>::value>> %[1]s &operator=(const __constant msl_T &o) { return *this = ::metal::msl_detail::bytes_of<msl_T>(o).object(); } ")
		}
		u.tokens[d.bodyEnd].before += " " + public + add.String()
	}
}

// assignedSpaces are the address spaces other than thread for whose objects a struct has assignments of its own.
func (u *unit) assignedSpaces(s *declaration) []string {
	var spaces []string
	path := s.scope.path + u.tokens[s.name].text + "::"
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.scope.path != path || d.name < 0 || !d.hasBody() || !u.is(d.name, "operator") || !u.is(d.name+1, "=") || d.open != d.name+2 {
			continue
		}
		for i := d.close + 1; i < d.body; i++ {
			if space := addressSpaces[u.tokens[i].text]; u.isOneOf(i, "device", "threadgroup") && !slices.Contains(spaces, space) {
				spaces = append(spaces, space)
			}
		}
	}
	return spaces
}

// constructedStructs are the structs, by their paths, that have constructors of their own. Where all that a struct declares of
// its constructors is that they are default, it is an aggregate, and those words are taken out.
func (u *unit) constructedStructs() map[string]bool {
	constructed := map[string]bool{}
	var defaulted []*declaration
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.scope.inStruct == "" || d.name < 0 || d.kind != functionDeclaration || u.tokens[d.name].text != d.scope.inStruct || u.is(d.name-1, "~") {
			continue
		}
		if u.is(d.to-1, ";") && u.is(d.to-2, "default") && u.is(d.to-3, "=") {
			defaulted = append(defaulted, d)
		} else {
			constructed[d.scope.path] = true
		}
	}
	for _, d := range defaulted {
		if !constructed[d.scope.path] {
			u.erase(d.from, d.to)
		}
	}
	return constructed
}

// ownCopies is what a struct says itself of how it is copied.
type ownCopies struct {
	constructs, assigns copySource
	ofThread            bool // a constructor copies what lies in thread memory
}

// copySource is where what is copied may lie, by the text.
type copySource int

const (
	notOwn        copySource = iota // the text does not say how
	ofAnySpace                      // its argument names no address space
	ofNamedSpaces                   // each of them does
)

// copiedStructs are the structs, by their paths, of which a constructor or an assignment has only an object of the same struct
// as its argument. One that the text defaults is not its own: it is taken out.
func (u *unit) copiedStructs() map[string]ownCopies {
	copied := map[string]ownCopies{}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.scope.inStruct == "" || d.name < 0 || d.kind != functionDeclaration || u.is(d.name-1, "~") || u.isErased(d.from, d.to) {
			continue
		}
		constructs := u.tokens[d.name].text == d.scope.inStruct
		assigns := u.is(d.name, "operator") && u.is(d.name+1, "=") && d.open == d.name+2
		if !constructs && !assigns {
			continue
		}
		parameters := u.split(d.open+1, d.close)
		if len(parameters) != 1 || !u.takesItself(d, parameters[0]) {
			continue
		}
		if u.is(d.to-1, ";") && u.is(d.to-2, "default") && u.is(d.to-3, "=") {
			u.erase(d.from, d.to)
			continue
		}
		source := ofAnySpace
		for i := parameters[0][0]; i < parameters[0][1]; i++ {
			if _, space := addressSpaces[u.tokens[i].text]; space && !u.is(i, "=") {
				source = ofNamedSpaces
			}
		}
		own := copied[d.scope.path]
		own.ofThread = own.ofThread || constructs && u.contains(parameters[0][0], parameters[0][1], "thread")
		if at := &own.constructs; constructs && *at != ofAnySpace {
			*at = source
		}
		if at := &own.assigns; assigns && *at != ofAnySpace {
			*at = source
		}
		copied[d.scope.path] = own
	}
	return copied
}

// isMember reports whether another struct of the text names this one, or a template has it as an argument, which may have a
// member of that type.
func (u *unit) isMember(one *declaration) bool {
	name := u.tokens[one.name].text
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind == structDeclaration && d.hasBody() && d.from != one.from && u.contains(d.from, d.bodyEnd, name) {
			return true
		}
	}
	for i := range u.tokens {
		if u.isIdentifier(i) && u.is(i, name) && (u.isOneOf(i-1, "<", ",") || u.isOneOf(i+1, ">", ">>", ",")) {
			return true
		}
	}
	return false
}

// takesItself reports whether a method's parameter is an object of the method's own struct.
func (u *unit) takesItself(d *declaration, parameter [2]int) bool {
	for i := parameter[0]; i < parameter[1]; i++ {
		if u.is(i, "=") {
			break
		}
		if u.is(i, d.scope.inStruct) && u.isIdentifier(i) {
			return true
		}
	}
	return false
}
