package msl

import (
	"fmt"
	"strings"
)

// In MSL the `this` of a method without an address space is in thread memory, so inside it `thread T &x = member` is
// right. In C++ for OpenCL it is generic, and it is not. So every such method is written twice: one for objects in
// thread memory with the body, and one for all others, temporaries above all, that casts and calls the first.

// qualifyMethods does this for the methods that the text defines in its structs.
func (u *unit) qualifyMethods() {
	constructors := 0
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != functionDeclaration || d.scope.inStruct == "" || d.name < 0 {
			continue
		}
		if u.tokens[d.name].text == d.scope.inStruct { // a constructor of constant objects is not const
			for i := d.close + 1; i < d.to && !u.isOneOf(i, ":", "{", "="); i++ {
				if u.is(i, "constant") {
					u.tokens[i].text = "__constant"
				}
			}
		}
		if !d.hasBody() {
			continue
		}
		switch name := u.tokens[d.name].text; {
		case u.is(d.name-1, "~") || u.contains(d.from, d.open, "static") || u.contains(d.from, d.open, "friend"):
		case name == d.scope.inStruct:
			u.qualifyConstructor(d, &constructors)
		default:
			u.qualifyMethod(d)
		}
	}
}

// qualifyMethod doubles one method.
func (u *unit) qualifyMethod(d *declaration) {
	constant := false
	for i := d.close + 1; i < d.body; i++ {
		switch {
		case u.isOneOf(i, "device", "constant", "threadgroup", "->"):
			return
		case u.is(i, "const"):
			constant = true
		case u.is(i, "thread"):
			u.tokens[i].text = ""
		}
	}
	names, ok := u.nameParameters(d)
	if !ok {
		return
	}
	qualifiers := u.source(d.close+1, d.body)
	pointer := "__private " + d.scope.inStruct + " *"
	if constant {
		pointer = "const " + pointer
	}
	name := u.source(d.name, d.open)
	if arguments := u.templateArguments(d); arguments != "" {
		name = "template " + name + arguments
	}
	object := fmt.Sprintf("(*(%s)this)", pointer)
	call := func(of string) string { return fmt.Sprintf("return %s.%s(%s);", of, name, strings.Join(names, ", ")) }
	switch {
	case u.traits.oneSpace: // both would have one linker name
		own := fmt.Sprintf("msl_thread_%d", d.name)
		called := own
		if arguments := u.templateArguments(d); arguments != "" {
			called = "template " + own + arguments
		}
		call = func(of string) string { return fmt.Sprintf("return %s.%s(%s);", of, called, strings.Join(names, ", ")) }
		if u.isConversion(d) {
			own = u.rewritten(d.name+1, d.open) + " " + own
		}
		head := u.head(d, constant)
		for i := d.from; i < d.name; i++ { // what has another name converts nothing by itself
			if u.is(i, "explicit") {
				u.tokens[i].text = ""
			}
		}
		u.blank(d.name, d.open)
		u.tokens[d.name].text = own
		u.tokens[d.close].after += " __private"
		u.tokens[d.bodyEnd].after += fmt.Sprintf(" %s %s { %s%s }", head, qualifiers, u.inConstants(d, constant, call), call(object))
		return
	case u.isConversion(d): // it cannot be called with its template's arguments
		call = func(of string) string { return fmt.Sprintf("return (%s)%s;", u.rewritten(d.name+1, d.open), of) }
	}
	u.tokens[d.close].after += " __private"
	u.tokens[d.bodyEnd].after += fmt.Sprintf(" %s %s { %s%s }", u.head(d, constant), qualifiers, u.inConstants(d, constant, call), call(object))
}

// evaluated reports whether a method can be called in a constant expression by its second version too.
func (u *unit) evaluated(d *declaration, constant bool) bool {
	return constant && u.contains(d.from, d.name, "constexpr")
}

// inConstants is what the second version of a method does in a constant expression, where nothing is cast: it calls the
// first version of a copy.
func (u *unit) inConstants(d *declaration, constant bool, call func(object string) string) string {
	if !u.evaluated(d, constant) {
		return ""
	}
	return fmt.Sprintf("if (__builtin_is_constant_evaluated()) { const %s msl_copy(*this); %s } ", d.scope.inStruct, call("msl_copy"))
}

// isConversion reports whether a method is a conversion, as operator float().
func (u *unit) isConversion(d *declaration) bool {
	return u.is(d.name, "operator") && u.isIdentifier(d.name+1) && !u.isOneOf(d.name+1, "new", "delete")
}

// qualifyConstructor moves the body of a constructor that calls or refers to something into a method of an object in
// thread memory; constructors themselves are of generic objects only.
func (u *unit) qualifyConstructor(d *declaration, count *int) {
	end := d.body
	if d.initializers >= 0 {
		end = d.initializers
	}
	for i := d.close + 1; i < end; i++ {
		if u.is(i, "thread") {
			u.tokens[i].text = ""
		} else if u.isOneOf(i, "device", "threadgroup", "__constant") {
			return
		}
	}
	refers := false
	for i := d.body + 1; i < d.bodyEnd; i++ {
		refers = refers || u.isOneOf(i, "(", "&", "thread")
	}
	if !refers || u.contains(d.from, d.name, "constexpr") {
		return
	}
	names, ok := u.nameParameters(d)
	if !ok {
		return
	}
	method := fmt.Sprintf("msl_construct_%d", *count)
	*count++
	call := method
	if arguments := u.templateArguments(d); arguments != "" {
		call = "template " + method + arguments
	}
	header := ""
	if d.templateFrom >= 0 {
		header = u.source(d.templateFrom, d.templateTo) + " "
	}
	u.tokens[d.body].before += fmt.Sprintf("{ ((__private %s *)this)->%s(%s); } %svoid %s%s __private ",
		d.scope.inStruct, call, strings.Join(names, ", "), header, method, u.withoutDefaults(d))
}

// head is what stands before the qualifiers of a method's second version. Where that always casts, which no constant expression
// does, it is not constexpr. A template header's default arguments stay away from it as they must not be given twice.
func (u *unit) head(d *declaration, constant bool) string {
	evaluated := u.evaluated(d, constant)
	var b strings.Builder
	for i := d.from; i <= d.close; i++ {
		if u.is(i, "constexpr") && !evaluated {
			continue
		}
		if u.tokens[i].space != "" { // and none within operator>>, which is two tokens
			b.WriteByte(' ')
		}
		b.WriteString(u.written(i))
	}
	return strings.TrimSuffix(strings.TrimSpace(b.String()), " __private")
}

// withoutDefaults returns the parameter list without default arguments.
func (u *unit) withoutDefaults(d *declaration) string {
	var parts []string
	for _, part := range u.split(d.open+1, d.close) {
		end := part[1]
		for i := part[0]; i < part[1]; i++ {
			if u.tokens[i].pair > i {
				i = u.tokens[i].pair
			} else if u.is(i, "=") {
				end = i
				break
			}
		}
		parts = append(parts, u.rewritten(part[0], end))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// nameParameters returns the names of a function's parameters. Those that have none get one first.
func (u *unit) nameParameters(d *declaration) ([]string, bool) {
	var names []string
	parts := u.split(d.open+1, d.close)
	if len(parts) == 1 && u.source(parts[0][0], parts[0][1]) == "void" {
		return nil, true
	}
	for n, part := range parts {
		end := part[1]
		pack := false
		for i := part[0]; i < part[1]; i++ {
			switch {
			case u.is(i, "(") && (u.isOneOf(i+1, "&", "*")):
				end = u.tokens[i].pair
			case u.isOneOf(i, "=", "["):
				end = min(end, i)
			case u.is(i, "..."):
				pack = true
			}
		}
		for end > part[0]+1 && u.tokens[end-1].text == "" { // an attribute stood there
			end--
		}
		name := u.declaratorName(part[0], end)
		if u.is(end, ")") && end < part[1] { // T (&name)[N]
			if name = end - 1; !u.isIdentifier(name) {
				return nil, false
			}
		}
		if name < 0 {
			return nil, false
		}
		text := u.tokens[name].text
		if !u.isParameterName(part[0], name) {
			text = fmt.Sprintf("msl_argument_%d", n)
			u.tokens[end-1].after += " " + text
		}
		if pack {
			text += "..."
		}
		names = append(names, text)
	}
	return names, true
}

// typeWords end a type: what they say is no parameter's name.
var typeWords = map[string]bool{
	"void": true, "bool": true, "char": true, "short": true, "int": true, "long": true, "unsigned": true, "signed": true,
	"float": true, "half": true, "double": true, "bfloat": true, "uint": true, "ushort": true, "uchar": true, "ulong": true,
	"const": true, "volatile": true, "device": true, "thread": true, "threadgroup": true, "constant": true, "auto": true,
}

// isParameterName reports whether the identifier at name, last of a parameter that begins at from, names it.
func (u *unit) isParameterName(from, name int) bool {
	if name == from || u.is(name-1, "::") || typeWords[u.tokens[name].text] || u.is(name+1, "<") || u.is(name+1, "::") {
		return false
	}
	for i := from; i < name; i++ { // a type must stand in front: in `const T` it does not
		if u.isIdentifier(i) && (!typeWords[u.tokens[i].text] || u.isOneOf(i, "void", "bool", "char", "short", "int", "long", "unsigned",
			"signed", "float", "half", "double", "bfloat", "uint", "ushort", "uchar", "ulong", "auto")) && !u.isOneOf(i, "typename", "struct") {
			return true
		}
	}
	return false
}

// templateArguments names the parameters of a function template as arguments: <T, N, Rest...>, or "".
func (u *unit) templateArguments(d *declaration) string {
	if d.templateFrom < 0 || d.templateTo-1 <= d.templateFrom+2 {
		return ""
	}
	var names []string
	for _, part := range u.split(d.templateFrom+2, d.templateTo-1) {
		end := part[1]
		pack := ""
		for i := part[0]; i < part[1]; i++ {
			if u.is(i, "=") {
				end = i
				break
			}
			if u.is(i, "...") {
				pack = "..."
			}
		}
		name := u.declaratorName(part[0], end)
		if name < 0 || name == part[0] || u.isOneOf(name, "typename", "class") || u.is(name-1, "::") || u.is(name-1, ",") {
			break // an unnamed one, as of enable_if: it and what follows are deduced or have defaults
		}
		names = append(names, u.tokens[name].text+pack)
	}
	if len(names) == 0 {
		return ""
	}
	return "<" + strings.Join(names, ", ") + ">"
}
