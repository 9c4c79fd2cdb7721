package msl

type declarationKind uint8

const (
	otherDeclaration declarationKind = iota
	functionDeclaration
	structDeclaration
	variableDeclaration
	instantiation // template void f<float>(...);
)

// scope is where a declaration stands.
type scope struct {
	path     string // "a::b::" of the namespaces and structs around it
	inStruct string // the name of the innermost struct, "" in a namespace
	template bool   // a template encloses it
}

// declaration is one declaration at namespace or struct level, as ranges of tokens. Unused ranges are -1.
type declaration struct {
	kind          declarationKind
	from, to      int // all of it, the ; or } included
	templateFrom  int // of template <...>
	templateTo    int
	name          int // the declared name; of an operator the word `operator`
	open, close   int // the parameters' parentheses
	initializers  int // the : of a constructor
	body, bodyEnd int // the braces
	assign        int // the = of a variable's value
	scope         scope
}

func (d *declaration) hasBody() bool { return d.body >= 0 }

// findDeclarations records what tokens [from, to) declare, struct members included.
func (u *unit) findDeclarations(from, to int, in scope) {
	for i := from; i < to; {
		switch {
		case u.isOneOf(i, ";", "}", ")", "]"):
			i++
		case u.isOneOf(i, "public", "private", "protected") && u.is(i+1, ":"):
			i += 2
		case u.isNamespace(i) >= 0:
			body := u.isNamespace(i)
			inner := in
			for j := i; j < body; j++ {
				if u.isIdentifier(j) && !u.isOneOf(j, "inline", "namespace", "extern") {
					inner.path += u.tokens[j].text + "::"
				}
			}
			u.findDeclarations(body+1, u.tokens[body].pair, inner)
			i = u.tokens[body].pair + 1
		default:
			d := u.declarationAt(i, to, in)
			if d.to <= i {
				d.to = i + 1
			}
			u.declarations = append(u.declarations, d)
			if d.kind == structDeclaration && d.hasBody() && d.name >= 0 {
				name := u.tokens[d.name].text
				inner := scope{in.path + name + "::", name, in.template || d.templateFrom >= 0}
				u.findDeclarations(d.body+1, d.bodyEnd, inner)
			}
			i = d.to
		}
	}
}

// isNamespace returns the { of the namespace or extern "C" block that begins at i, or -1.
func (u *unit) isNamespace(i int) int {
	switch {
	case u.is(i, "inline") && u.is(i+1, "namespace"):
		i++
	case u.is(i, "extern") && i+2 < len(u.tokens) && u.tokens[i+1].kind == text && u.is(i+2, "{"):
		return i + 2
	}
	if !u.is(i, "namespace") {
		return -1
	}
	for i++; u.isIdentifier(i) || u.is(i, "::") || u.isAttribute(i); i++ {
		if u.isAttribute(i) {
			i = u.tokens[i].pair
		}
	}
	if u.is(i, "{") {
		return i
	}
	return -1
}

// declarationAt reads the declaration that begins at from.
func (u *unit) declarationAt(from, to int, in scope) declaration {
	d := declaration{from: from, to: to, templateFrom: -1, templateTo: -1, name: -1, open: -1, close: -1,
		initializers: -1, body: -1, bodyEnd: -1, assign: -1, scope: in}
	tag := -1 // the word struct, class, union or enum
	for i := from; i < to; i++ {
		t := &u.tokens[i]
		switch {
		case t.text == "template" && t.kind == identifier && u.is(i+1, "<"):
			i = u.templateHead(&d, i)
		case t.text == "template" && t.kind == identifier && i == from:
			d.kind = instantiation
		case u.isAttribute(i):
			i = t.pair
		case u.isOneOf(i, "__attribute__", "alignas", "decltype", "__declspec") && u.is(i+1, "("):
			i = u.tokens[i+1].pair
		case u.isOneOf(i, "struct", "class", "union", "enum") && d.name < 0 && d.open < 0:
			if tag < 0 {
				tag = i
			}
		case u.isOneOf(i, "using", "typedef", "static_assert", "friend") && d.open < 0 && d.name < 0:
			return u.endAtSemicolon(d, i, to)
		case t.text == "<" && t.kind == punctuation && d.open < 0 && (u.isIdentifier(i - 1)):
			if end := u.closingAngle(i); end >= 0 && end < to {
				i = end
			}
		case t.text == "operator" && t.kind == identifier && d.open < 0:
			d.name = i
			i = u.operatorName(i, to)
		case u.isDeclarator(i) && i > from && d.open < 0 && d.assign < 0 && d.name < 0:
			u.declarator(&d, i)
			if i = t.pair; u.is(i+1, "(") {
				i = u.tokens[i+1].pair
			}
		case t.text == "(" && d.open < 0 && d.assign < 0:
			u.parameters(&d, i)
			i = t.pair
		case t.text == "(" || t.text == "[" && t.kind == punctuation:
			i = t.pair
		case t.text == "=" && t.kind == punctuation && d.assign < 0 && d.open < 0:
			d.assign = i
		case t.text == ":" && t.kind == punctuation && d.open >= 0 && d.initializers < 0 && tag < 0 && !u.is(i+1, ":"):
			d.initializers = i
			i = u.skipInitializers(i+1, to) - 1
		case t.text == "{" && t.kind == punctuation:
			if u.braces(&d, tag, i); d.kind == functionDeclaration {
				return d
			}
			i = t.pair
		case t.text == ";" && t.kind == punctuation:
			d.to = i + 1
			return u.classify(d, i)
		}
	}
	return d
}

// templateHead notes template <...> and returns its last token. Of several in a row the first < and the last > count.
func (u *unit) templateHead(d *declaration, i int) int {
	end := u.closingAngle(i + 1)
	if end < 0 {
		end = i + 1
	}
	if d.templateFrom < 0 {
		d.templateFrom = i
	}
	d.templateTo = end + 1
	return end
}

// parameters notes the parentheses that open at i, and as the declared name what stands before them.
func (u *unit) parameters(d *declaration, i int) {
	d.open, d.close = i, u.tokens[i].pair
	switch {
	case d.name >= 0:
	case u.isIdentifier(i - 1):
		d.name = i - 1
	case u.is(i-1, ">"):
		d.name = u.nameBeforeAngle(i - 1)
	}
}

// isDeclarator reports whether the ( at i opens a declarator in parentheses, as float (*f)(float) or float (&rows)[4] have.
func (u *unit) isDeclarator(i int) bool {
	return u.is(i, "(") && u.isOneOf(i+1, "*", "&", "&&") && u.isOneOf(u.tokens[i].pair+1, "(", "[")
}

// declarator notes the name in the parentheses that open at i, and the parameters of a function that returns what is declared
// around it: float (*pick(uint i))(float).
func (u *unit) declarator(d *declaration, i int) {
	end := u.tokens[i].pair
	for j := i + 1; j < end; j++ {
		switch {
		case u.isDeclarator(j):
			u.declarator(d, j)
			return
		case u.is(j, "("):
			d.open, d.close = j, u.tokens[j].pair
			return
		case u.is(j, "["):
			return
		case u.isIdentifier(j) && !u.is(j, "const") && !u.is(j, "volatile") && addressSpaces[u.tokens[j].text] == "":
			d.name = j
		}
	}
}

// braces notes what the { at i opens: a function's body, which ends the declaration, a struct's after its tag, or a value.
func (u *unit) braces(d *declaration, tag, i int) {
	end := u.tokens[i].pair
	switch {
	case d.assign >= 0:
	case d.open >= 0:
		d.body, d.bodyEnd, d.to, d.kind = i, end, end+1, functionDeclaration
	case tag >= 0 && d.body < 0:
		d.kind, d.body, d.bodyEnd = structDeclaration, i, end
		d.name = u.structName(tag, i)
		if u.is(tag, "enum") {
			d.kind = otherDeclaration
		}
	}
}

// classify tells functions from variables in a declaration that ended in the ; at end.
func (u *unit) classify(d declaration, end int) declaration {
	switch {
	case d.kind == instantiation || d.kind == structDeclaration || d.hasBody():
	case d.open >= 0 && d.assign < 0:
		d.kind = functionDeclaration
	default:
		d.kind = variableDeclaration
		stop := end
		if d.assign >= 0 {
			stop = d.assign
		}
		if d.name < 0 {
			d.name = u.declaratorName(d.from, stop)
		}
	}
	return d
}

func (u *unit) endAtSemicolon(d declaration, from, to int) declaration {
	for i := from; i < to; i++ {
		if u.tokens[i].pair > i {
			if u.is(i, "{") && u.is(from, "friend") {
				d.to = u.tokens[i].pair + 1
				return d
			}
			i = u.tokens[i].pair
		} else if u.is(i, ";") {
			d.to = i + 1
			return d
		}
	}
	return d
}
