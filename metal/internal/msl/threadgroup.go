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
	line                 int
}

// beginsStatement reports whether a statement may begin at i, specifiers before it allowed for.
func (u *unit) beginsStatement(i int) bool {
	for u.isOneOf(i-1, "static", "const", "volatile") {
		i--
	}
	return u.isOneOf(i-1, "{", "}", ";", ")", ":")
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
		case u.isOneOf(i, "alignas", "__attribute__", "decltype") && u.is(i+1, "("):
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
	first := from
	for u.isOneOf(first-1, "static", "const", "volatile") {
		first--
	}
	parts := u.split(from+1, end)
	var written strings.Builder
	typeText := ""
	for n, part := range parts {
		stop, value, name := part[1], part[1], -1
		for i := part[0]; i < part[1]; i++ {
			if u.isOneOf(i, "=", "{") {
				value = i
				break
			}
			if u.isAttribute(i) {
				i = u.tokens[i].pair
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
			if typeText == "" {
				return u.fail(part[0], "a threadgroup variable wants a type and a name")
			}
		}
		if n > 0 {
			written.WriteString("; ")
		}
		dimensions := u.rewritten(stop, value)
		v := threadgroupVariable{*count, u.tokens[name].text, typeText, dimensions, u.tokens[name].line}
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
			continue
		}
		if (u.is(i, "alignas") || u.is(i, "__attribute__")) && u.is(i+1, "(") {
			i = u.tokens[i+1].pair
			continue
		}
		words = append(words, u.tokens[i].text)
	}
	return strings.Join(words, " ")
}
