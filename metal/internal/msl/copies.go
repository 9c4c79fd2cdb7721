package msl

import "fmt"

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
// an aggregate, and are constant expressions where the members' are. A struct that says itself how it is copied gets a
// template, which is never a copy constructor.
func (u *unit) copyFromConstant() {
	constructed := u.constructedStructs()
	copied := u.copiedStructs()
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != structDeclaration || !d.hasBody() || d.name < 0 || d.bodyEnd == d.body+1 || u.contains(d.body, d.bodyEnd, "virtual") {
			continue
		}
		name := u.tokens[d.name].text
		assign := fmt.Sprintf("template <class msl_T, class = metal::enable_if_t<metal::is_same<msl_T, %[1]s>::value>> %[1]s &operator=(const __constant msl_T &o) { return *this = metal::msl_detail::from_constant(o); } ", name)
		public := ""
		if u.is(d.from, "class") || u.contains(d.body, d.bodyEnd, "private") || u.contains(d.body, d.bodyEnd, "protected") {
			public = "public: "
		}
		if copied[d.scope.path+name+"::"] {
			u.tokens[d.bodyEnd].before += fmt.Sprintf(" public: template <class msl_T, class = metal::enable_if_t<metal::is_same<msl_T, %[1]s>::value>> %[1]s(const __constant msl_T &o) : %[1]s(metal::msl_detail::from_constant(o)) {} %[2]s", name, assign)
			continue
		}
		empty := name + "() = default; "
		if constructed[d.scope.path+name+"::"] { // where it has that one, it has written it
			public, empty = "public: ", ""
		}
		u.tokens[d.bodyEnd].before += fmt.Sprintf(" %s%s%[3]s(const %[3]s &) = default; %[3]s(const __constant %[3]s &) = default; %[3]s &operator=(const %[3]s &) = default; %s", public, empty, name, assign)
	}
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

// copiedStructs are the structs, by their paths, of which a constructor or an assignment has only an object of the same struct
// as its argument.
func (u *unit) copiedStructs() map[string]bool {
	copied := map[string]bool{}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.scope.inStruct == "" || d.name < 0 || d.kind != functionDeclaration || u.is(d.name-1, "~") {
			continue
		}
		constructs := u.tokens[d.name].text == d.scope.inStruct
		assigns := u.is(d.name, "operator") && u.is(d.name+1, "=") && d.open == d.name+2
		if !constructs && !assigns {
			continue
		}
		if parameters := u.split(d.open+1, d.close); len(parameters) == 1 && u.takesItself(d, parameters[0]) {
			copied[d.scope.path] = true
		}
	}
	return copied
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
