package msl

import (
	"fmt"
	"strings"
)

// functionConstant is constant T name [[function_constant(index)]]; of the text.
type functionConstant struct {
	name     string
	typeName string
	index    int
	optional bool // the text asks is_function_constant_defined(name)
	value    *Constant
	given    int // of the program's constants, the one that value is
	at       int
}

// findConstants collects the function constants in their order.
func (u *unit) findConstants() error {
	byName := map[string]*functionConstant{}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != variableDeclaration || d.scope.inStruct != "" {
			continue
		}
		for _, a := range u.attributesIn(d.from, d.to) {
			if a.name != "function_constant" {
				continue
			}
			index, ok := evaluate(a.arguments, u.constantNames())
			if !ok || index < 0 || index > 65535 {
				return u.fail(a.at, "function_constant(%s): a number from 0 to 65535 expected", a.arguments)
			}
			c := &functionConstant{index: int(index), at: d.from}
			c.typeName, c.name = u.constantType(d)
			if c.name == "" {
				return u.fail(d.from, "a function constant has the form: constant T name [[function_constant(n)]];")
			}
			if byName[c.name] != nil {
				return u.fail(d.from, "function constant %s is declared a second time", c.name)
			}
			byName[c.name] = c
			u.constants = append(u.constants, c)
		}
	}
	for i := range u.tokens {
		if u.is(i, "is_function_constant_defined") && u.is(i+1, "(") && u.isIdentifier(i+2) {
			if c := byName[u.tokens[i+2].text]; c != nil {
				c.optional = true
			}
		}
	}
	return nil
}

// constantType returns the type and the name of a function constant's declaration.
func (u *unit) constantType(d *declaration) (typeName, name string) {
	var words []string
	for i := d.from; i < d.to; i++ {
		switch {
		case u.isAttribute(i):
			i = u.tokens[i].pair
		case u.isOneOf(i, "constant", "static", "const", "constexpr", "inline", "metal", "::"):
		case u.isIdentifier(i):
			words = append(words, u.tokens[i].text)
		}
	}
	if len(words) < 2 {
		return "", ""
	}
	return strings.Join(words[:len(words)-1], " "), words[len(words)-1]
}

// giveValues binds the program's constants to those of the text. A value for a constant that the text does not have
// is ignored, as Metal does: one set of values serves many functions.
func (u *unit) giveValues() error {
	values := u.program.Constants
	for i := range values {
		v := &values[i]
		for _, c := range u.constants {
			if v.Name != "" && v.Name != c.name || v.Name == "" && v.Index != c.index {
				continue
			}
			declared, known := scalarSpellings[c.typeName]
			if !known {
				return fmt.Errorf("function constant %s (index %d) has type %s: only scalars can be given", c.name, c.index, c.typeName)
			}
			if declared != v.Type {
				return fmt.Errorf("function constant %s (index %d) is a %s in the text, but a %s was given", c.name, c.index, declared, v.Type)
			}
			c.value, c.given = v, i
		}
	}
	return nil
}

// fixConstants writes the values into the text: each function constant becomes a constant of the language, as does
// whatever constant is computed from one. In an open module those with a value get a place in it instead.
func (u *unit) fixConstants() error {
	known := map[string]*functionConstant{}
	for _, c := range u.constants {
		known[c.name] = c
		d := u.declarationFrom(c.at)
		if d == nil {
			continue // nothing that is wanted reaches it
		}
		u.erase(d.from, d.to)
		switch {
		case c.value == nil:
			u.tokens[d.from].text = c.fixed(vectorOrScalar(c.typeName) + "()")
		case u.program.open:
			u.tokens[d.from].text = c.place()
		default:
			u.tokens[d.from].text = c.fixed(spelled(*c.value))
		}
	}
	for i := range u.tokens {
		if u.is(i, "is_function_constant_defined") && u.is(i+1, "(") && u.isIdentifier(i+2) && u.is(i+3, ")") {
			c := known[u.tokens[i+2].text]
			if c == nil {
				continue
			}
			u.erase(i, i+4)
			u.tokens[i].text = fmt.Sprintf("%t", c.value != nil)
			u.tokens[i].kind = identifier
			u.tokens[i+1].pair, u.tokens[i+3].pair = -1, -1
		}
	}
	if u.foldDerived(known) && u.program.open {
		return errNotOpen
	}
	return nil
}

// fixed declares a function constant with its value.
func (c *functionConstant) fixed(value string) string {
	return fmt.Sprintf("static constexpr __constant %s %s = %s;", c.typeName, c.name, value)
}

// vectorOrScalar spells a type so that T() is its zero: `unsigned int()` is not an expression.
func vectorOrScalar(typeName string) string {
	if s, ok := scalarSpellings[typeName]; ok {
		return s.String()
	}
	return typeName
}

// foldDerived makes constants that are computed from function constants constexpr: they may say in turn whether a
// buffer is there. It returns whether any is computed from one that has a value.
func (u *unit) foldDerived(known map[string]*functionConstant) bool {
	derived, fromValues := map[string]bool{}, map[string]bool{}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != variableDeclaration || d.assign < 0 || d.name < 0 || d.scope.inStruct != "" || !u.contains(d.from, d.assign, "constant") {
			continue
		}
		depends := false
		for i := d.assign + 1; i < d.to; i++ {
			if u.isIdentifier(i) {
				name := u.tokens[i].text
				depends = depends || known[name] != nil || derived[name]
				if c := known[name]; c != nil && c.value != nil || fromValues[name] {
					fromValues[u.tokens[d.name].text] = true
				}
			}
			depends = depends || u.tokens[i].kind == identifier && (u.is(i, "true") || u.is(i, "false"))
		}
		if !depends || u.contains(d.from, d.assign, "constexpr") {
			if depends {
				derived[u.tokens[d.name].text] = true
			}
			continue
		}
		derived[u.tokens[d.name].text] = true
		u.tokens[d.from].before = "constexpr " + u.tokens[d.from].before
	}
	return len(fromValues) > 0
}

func (u *unit) contains(from, to int, word string) bool {
	for i := from; i < to; i++ {
		if u.is(i, word) {
			return true
		}
	}
	return false
}

func (u *unit) declarationFrom(at int) *declaration {
	for n := range u.declarations {
		if u.declarations[n].from == at {
			return &u.declarations[n]
		}
	}
	return nil
}
