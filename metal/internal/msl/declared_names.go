package msl

// declaredNames are the names by which a declaration at namespace level is reached; nil where it must always stay.
func (u *unit) declaredNames(d *declaration) []string {
	switch {
	case u.is(d.from, "using") && u.is(d.from+1, "namespace"), u.is(d.from, "namespace"), u.is(d.from, ";"):
		return nil
	case u.is(d.from, "static_assert"):
		return []string{} // it holds or not whatever is wanted
	case d.kind == instantiation:
		return []string{} // of no kernel: clang instantiates by itself what is used
	case d.kind == functionDeclaration && d.name >= 0:
		return u.functionNames(d)
	case d.kind == structDeclaration && d.name >= 0:
		return append(u.trailingNames(d), u.structNamesOf(d)...)
	case d.kind == variableDeclaration:
		return u.variableNames(d)
	}
	first := d.from
	if d.templateTo > first {
		first = d.templateTo
	}
	switch {
	case u.is(first, "using"):
		return u.usingNames(first, d.to)
	case u.is(first, "typedef"):
		return u.typedefNames(d)
	case u.isOneOfIn(first, min(d.to, first+4), "enum"):
		return u.enumNames(first, d.to)
	}
	return nil
}

// functionNames is the function's name, or for a member that is defined outside the outermost struct it belongs to; an
// operator is reached by the structs among its parameters.
func (u *unit) functionNames(d *declaration) []string {
	if name := u.qualifier(d.name); name >= 0 {
		return []string{u.tokens[name].text}
	}
	if !u.is(d.name, "operator") {
		return []string{u.tokens[d.name].text}
	}
	var names []string
	for i := d.open; i < d.close; i++ {
		if u.isIdentifier(i) && u.structs()[u.tokens[i].text] {
			names = append(names, u.tokens[i].text)
		}
	}
	return names
}

// structNamesOf is a struct's name. What specializes a template that the text only knows from MSL, as numeric_limits, is
// used where nothing in the text names it, and is reached by the structs it is for.
func (u *unit) structNamesOf(d *declaration) []string {
	name := u.tokens[d.name].text
	names := []string{name}
	if !u.is(d.name+1, "<") || u.declaresTemplate(name) {
		return names
	}
	for i := d.name + 2; i < d.body && !u.is(i, "{"); i++ {
		if u.isIdentifier(i) {
			names = append(names, u.tokens[i].text)
		}
	}
	return names
}

// qualifier is the name before the first :: of a qualified name that ends at i, or -1 where it is not qualified.
func (u *unit) qualifier(i int) int {
	first := -1
	for u.is(i-1, "::") {
		i -= 2
		if u.is(i, ">") {
			i = u.nameBeforeAngle(i)
		}
		if i < 0 || !u.isIdentifier(i) {
			break
		}
		if u.structs()[u.tokens[i].text] || first < 0 {
			first = i
		}
	}
	return first
}

// trailingNames are the variables declared with a struct: struct S { ... } a, b;
func (u *unit) trailingNames(d *declaration) []string {
	names := []string{}
	for i := d.bodyEnd + 1; i < d.to; i++ {
		if u.isIdentifier(i) {
			names = append(names, u.tokens[i].text)
		}
	}
	return names
}

func (u *unit) variableNames(d *declaration) []string {
	var names []string
	for n, part := range u.split(d.from, d.to-1) {
		end := part[1]
		for i := part[0]; i < part[1]; i++ {
			if u.isOneOf(i, "=", "{") || u.is(i, "[") && !u.isAttribute(i) {
				end = i
				break
			}
			if u.tokens[i].pair > i {
				i = u.tokens[i].pair
			}
		}
		name := u.declaratorName(part[0], end)
		if name < 0 {
			if n == 0 {
				return nil
			}
			continue
		}
		if q := u.qualifier(name); q >= 0 {
			name = q
		}
		names = append(names, u.tokens[name].text)
	}
	return names
}

// usingNames is X of using X = ...; and of using A::X;
func (u *unit) usingNames(from, to int) []string {
	for i := from; i < to; i++ {
		if u.is(i, "=") {
			return []string{u.tokens[from+1].text}
		}
	}
	for i := to - 1; i > from; i-- {
		if u.isIdentifier(i) {
			return []string{u.tokens[i].text}
		}
	}
	return nil
}

// typedefNames is the last name of typedef ... X; and the X of typedef void (*X)(...); a struct's own name too.
func (u *unit) typedefNames(d *declaration) []string {
	var names []string
	for i := d.from + 1; i < d.to; i++ {
		switch {
		case u.is(i, "(") && u.isOneOf(i+1, "*", "&") && u.isIdentifier(i+2):
			names = append(names, u.tokens[i+2].text)
			i = u.tokens[i].pair
		case u.isOneOf(i, "struct", "union", "enum") && u.isIdentifier(i+1):
			names = append(names, u.tokens[i+1].text)
		case u.tokens[i].pair > i:
			i = u.tokens[i].pair
		case u.isIdentifier(i) && (u.isOneOf(i+1, ";", ",") || u.is(i+1, "[") && !u.isAttribute(i+1)):
			names = append(names, u.tokens[i].text)
		}
	}
	return names
}

// enumNames are an enum's name and those of its values.
func (u *unit) enumNames(from, to int) []string {
	var names []string
	for i := from; i < to; i++ {
		if u.isIdentifier(i) && !u.isOneOf(i, "enum", "class", "struct") {
			names = append(names, u.tokens[i].text)
		}
	}
	return names
}

// parameterNames are a function's parameters, with the token that names each: in its body it hides what has that name
// outside.
func (u *unit) parameterNames(d *declaration) map[string]int {
	if d.kind != functionDeclaration || d.close <= d.open {
		return nil
	}
	names := map[string]int{}
	for i := d.open + 1; i < d.close; i++ {
		switch {
		case u.tokens[i].pair > i:
			i = u.tokens[i].pair
		case u.isIdentifier(i) && i > d.open+1 && (i+1 == d.close || u.isOneOf(i+1, ",", "=") || u.is(i+1, "[")):
			names[u.tokens[i].text] = i
		}
	}
	return names
}
