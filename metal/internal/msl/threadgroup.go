package msl

import (
	"fmt"
	"strings"
)

// placeThreadgroupVariables turns the threadgroup variables of functions into references to memory that the runtime
// keeps for each threadgroup: threadgroup float tile[64]; is one object for all its threads. One with an initial value,
// as = {0}, has it before any thread goes on.
func (u *unit) placeThreadgroupVariables() error {
	count := 0
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != functionDeclaration || !d.hasBody() {
			continue
		}
		for i := d.body + 1; i < d.bodyEnd; i++ {
			if !u.is(i, "threadgroup") || !u.beginsStatement(i) {
				continue
			}
			end := u.statementEnd(i, d.bodyEnd)
			if end < 0 || !u.declaresObject(i, end) {
				continue
			}
			if err := u.placeVariable(i, end, &count); err != nil {
				return err
			}
			i = end
		}
	}
	return nil
}

// threadgroupVariable is one that a function declares.
type threadgroupVariable struct {
	number               int // in the module
	name                 string
	typeText, dimensions string // float, [4][8]
	alignedAs            string // the type whose alignment it has
	line                 int
}

// beginsStatement reports whether a statement may begin at i, specifiers before it allowed for.
func (u *unit) beginsStatement(i int) bool {
	return u.isOneOf(u.firstSpecifier(i)-1, "{", "}", ";", ")", ":")
}

// firstSpecifier is where the specifiers begin that stand before i: static, const, alignas(16).
func (u *unit) firstSpecifier(i int) int {
	for i > 0 {
		switch open := u.tokens[i-1].pair; {
		case u.isOneOf(i-1, "static", "const", "volatile"):
			i--
		case u.is(i-1, ")") && u.specifierArguments(open-1, i) == open:
			i = open - 1
		default:
			return i
		}
	}
	return i
}

// specifierArguments is the ( of an alignas or __attribute__ that begins at i, or -1.
func (u *unit) specifierArguments(i, to int) int {
	if u.isOneOf(i, "alignas", "_Alignas", "__attribute__", "__attribute") && i+1 < to && u.is(i+1, "(") {
		return i + 1
	}
	return -1
}

// statementEnd is the ; of the statement at i, or -1.
func (u *unit) statementEnd(i, to int) int {
	for ; i < to; i++ {
		if u.is(i, ";") {
			return i
		}
		if u.tokens[i].pair > i {
			i = u.tokens[i].pair
		}
	}
	return -1
}

// declaresObject reports whether the declaration [from, to) makes an object in threadgroup memory, and not a pointer or
// reference to it.
func (u *unit) declaresObject(from, to int) bool {
	for i := from; i < to; i++ {
		switch {
		case u.is(i, "<") && u.isIdentifier(i-1):
			if end := u.closingAngle(i); end >= 0 && end < to {
				i = end
			}
		case u.isAttribute(i):
			i = u.tokens[i].pair
		case u.specifierArguments(i, to) >= 0:
			i = u.tokens[i+1].pair
		case u.is(i, "decltype") && u.is(i+1, "("):
			i = u.tokens[i+1].pair
		case u.isOneOf(i, "*", "&", "&&", "("):
			return false
		case u.isOneOf(i, "=", ",", "[", "{"):
			return true
		}
	}
	return true
}

func (u *unit) placeVariable(from, end int, count *int) error {
	first := u.firstSpecifier(from)
	parts := u.split(from+1, end)
	var written strings.Builder
	typeText, specifiers := "", ""
	for n, part := range parts {
		stop, value, name := part[1], part[1], -1
		for i := part[0]; i < part[1]; i++ {
			if u.isOneOf(i, "=", "{") {
				value = i
				break
			}
			if u.isAttribute(i) {
				i = u.tokens[i].pair
			} else if open := u.specifierArguments(i, part[1]); open >= 0 {
				i = u.tokens[open].pair
			} else if u.is(i, "[") {
				stop = min(stop, i)
				i = u.tokens[i].pair
			}
		}
		stop = min(stop, value)
		if name = u.declaratorName(part[0], stop); name < 0 {
			return u.fail(part[0], "a threadgroup variable wants a type and a name")
		}
		if n == 0 {
			typeText = u.objectType(part[0], name)
			specifiers = u.specifiers(first, name)
			if typeText == "" {
				return u.fail(part[0], "a threadgroup variable wants a type and a name")
			}
		}
		if n > 0 {
			written.WriteString("; ")
		}
		v := threadgroupVariable{*count, u.tokens[name].text, typeText, u.dimensions(stop, value), typeText, u.tokens[name].line}
		dimensions := v.dimensions
		if own := u.specifiers(name+1, value); specifiers+own != "" { // clang works out what they ask for
			v.alignedAs = fmt.Sprintf("msl_placed_%d", v.number)
			fmt.Fprintf(&written, "struct %s { %s%s %s%s%s; }; ", v.alignedAs, specifiers, typeText, v.name, dimensions, own)
		}
		fmt.Fprintf(&written, "__local %s (&%s)%s = *(__local %s (*)%s)%s", typeText, v.name, dimensions, typeText, dimensions, u.traits.variable(v))
		if value < part[1] {
			u.initialValues = true
			fmt.Fprintf(&written, "; { const %s msl_initial%s %s; %s; }", typeText, dimensions, u.rewritten(value, part[1]), u.traits.initial(v))
		}
		*count++
	}
	u.erase(first, end)
	u.tokens[first].text = written.String()
	return nil
}

// objectType is the type in [from, name), attributes left out.
func (u *unit) objectType(from, name int) string {
	var words []string
	for i := from; i < name; i++ {
		if u.isAttribute(i) {
			i = u.tokens[i].pair
		} else if open := u.specifierArguments(i, name); open >= 0 {
			i = u.tokens[open].pair
		} else {
			words = append(words, u.tokens[i].text)
		}
	}
	return strings.Join(words, " ")
}

// dimensions are the brackets of an array in [from, to), attributes left out.
func (u *unit) dimensions(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		if u.is(i, "[") && !u.isAttribute(i) {
			b.WriteString(u.rewritten(i, u.tokens[i].pair+1))
		}
		if u.tokens[i].pair > i {
			i = u.tokens[i].pair
		}
	}
	return b.String()
}

// specifiers are what [from, to) asks of an object's place in memory: alignas(16), __attribute__((aligned(16))).
func (u *unit) specifiers(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		if open := u.specifierArguments(i, to); open >= 0 {
			b.WriteString(" " + u.rewritten(i, u.tokens[open].pair+1) + " ")
			i = u.tokens[open].pair
		} else if u.tokens[i].pair > i {
			i = u.tokens[i].pair
		}
	}
	return b.String()
}
