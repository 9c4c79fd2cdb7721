package msl

import "strings"

// defineStatics moves the value of a static member in constant memory into its struct: clang wants it there.
//
//	template <> struct Limits<half> { static const constant half top; };
//	constant constexpr const half Limits<half>::top = 65504;
func (u *unit) defineStatics() {
	declared := map[string]*declaration{} // by path, struct with arguments, and name
	for n := range u.declarations {
		s := &u.declarations[n]
		if s.kind != structDeclaration || !s.hasBody() || s.name < 0 {
			continue
		}
		owner := s.scope.path + u.structWithArguments(s) + "::"
		for m := n + 1; m < len(u.declarations) && u.declarations[m].from < s.bodyEnd; m++ {
			d := &u.declarations[m]
			if d.kind == variableDeclaration && d.assign < 0 && d.name >= 0 && u.contains(d.from, d.name, "static") && u.contains(d.from, d.name, "constant") {
				declared[owner+u.tokens[d.name].text] = d
			}
		}
	}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind == variableDeclaration && d.assign < 0 && d.scope.inStruct == "" && d.name >= 0 && u.is(d.name-1, "::") && u.contains(d.from, d.name, "constant") {
			u.erase(d.from, d.to) // its value is in its struct already
			continue
		}
		if len(declared) == 0 || d.kind != variableDeclaration || d.assign < 0 || d.name < 0 || d.scope.inStruct != "" || !u.is(d.name-1, "::") {
			continue
		}
		first := d.name - 2
		if u.is(first, ">") {
			first = u.nameBeforeAngle(first)
		}
		if first < 0 {
			continue
		}
		key := d.scope.path + compact(u.source(first, d.name+1))
		if d.templateFrom >= 0 { // of the primary template
			key = d.scope.path + u.tokens[first].text + "::" + u.tokens[d.name].text
		}
		member := declared[key]
		if member == nil {
			continue
		}
		delete(declared, key)
		end := member.to - 1
		u.tokens[end].before = " " + u.source(d.assign, d.to-1) + u.tokens[end].before
		if !u.contains(member.from, member.to, "constexpr") {
			u.tokens[member.from].before = "constexpr " + u.tokens[member.from].before
		}
		u.erase(d.from, d.to)
	}
	for _, d := range declared { // nowhere defined, so nothing can read it
		u.erase(d.from, d.to)
	}
}

// structWithArguments is a struct's name with the arguments of a specialization, as Limits<half>.
func (u *unit) structWithArguments(d *declaration) string {
	end := d.name + 1
	if u.is(end, "<") {
		if close := u.closingAngle(end); close >= 0 {
			end = close + 1
		}
	}
	return compact(u.source(d.name, end))
}

// compact takes the spaces out of a name.
func compact(s string) string { return strings.ReplaceAll(s, " ", "") }
