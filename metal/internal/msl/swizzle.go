package msl

import (
	"fmt"
	"sort"
	"strings"
)

// swizzleIndices reads a swizzle of two to four components; nil where name is none.
func swizzleIndices(name string) []int {
	if len(name) < 2 || len(name) > 4 {
		return nil
	}
	for _, letters := range []string{"xyzw", "rgba"} {
		var indices []int
		for i := 0; i < len(name); i++ {
			k := strings.IndexByte(letters, name[i])
			if k < 0 {
				break
			}
			indices = append(indices, k)
		}
		if len(indices) == len(name) {
			return indices
		}
	}
	return nil
}

// isSwizzle reports whether token i is a swizzle of some expression.
func (u *unit) isSwizzle(i int) bool {
	return u.isIdentifier(i) && u.isOneOf(i-1, ".", "->") && swizzleIndices(u.tokens[i].text) != nil
}

// isComponent reports whether token i takes one component of some expression.
func (u *unit) isComponent(i int) bool {
	return u.isIdentifier(i) && u.is(i-1, ".") && len(u.tokens[i].text) == 1 && strings.Contains("xyzwrgba", u.tokens[i].text)
}

// listSwizzles defines the macros by which msl_vector.h gives vectors the swizzles that the text names.
func (u *unit) listSwizzles() {
	used := map[string][]int{}
	for i := range u.tokens {
		if u.isSwizzle(i) {
			used[u.tokens[i].text] = swizzleIndices(u.tokens[i].text)
		}
	}
	names := make([]string, 0, len(used))
	for name := range used {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	for size := 2; size <= 4; size++ {
		fmt.Fprintf(&b, "#define MSL_SWIZZLES_OF_%d", size)
		for _, name := range names {
			highest, distinct, components := 0, true, ""
			for n, k := range used[name] {
				highest = max(highest, k)
				distinct = distinct && strings.IndexByte(name, name[n]) == n
				components += ", " + "xyzw"[k:k+1]
			}
			switch {
			case highest >= size:
			case distinct:
				fmt.Fprintf(&b, " MSL_SWIZZLE_RW%d(%s%s)", len(name), name, components)
			default:
				fmt.Fprintf(&b, " MSL_SWIZZLE(%s, %d%s)", name, len(name), components)
			}
		}
		b.WriteByte('\n')
	}
	u.swizzles = b.String()
}

var compoundAssignments = map[string]string{
	"+=": "+", "-=": "-", "*=": "*", "/=": "/", "%=": "%", "&=": "&", "|=": "|", "^=": "^", "<<=": "<<", ">>=": ">>",
}

// ownMembers are the names that read as swizzles but that the text uses for members of its own structs.
func (u *unit) ownMembers() map[string]bool {
	own := map[string]bool{}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != variableDeclaration || d.scope.inStruct == "" {
			continue
		}
		for i := d.from; i < d.to; i++ {
			if u.isIdentifier(i) && swizzleIndices(u.tokens[i].text) != nil {
				own[u.tokens[i].text] = true
			}
		}
	}
	return own
}

// callSwizzles spells out the calls by which swizzles are read. Clang does that itself for a property, but in a
// template it then looks up operators without regard to the operands' types.
func (u *unit) callSwizzles() {
	own := u.ownMembers()
	for i := range u.tokens {
		if !u.isSwizzle(i) || own[u.tokens[i].text] || u.isOneOf(i+1, "=", "++", "--") || compoundAssignments[u.tokens[i+1].text] != "" {
			continue
		}
		u.tokens[i].text = "msl_get_" + u.tokens[i].text + "()"
	}
}

// writeSwizzles spells out what clang cannot do with properties: v.zw.yx = e becomes v.wz = e, and v.xy += e, which
// it gets wrong where v's type depends on a template, becomes v.xy = v.xy + (e).
func (u *unit) writeSwizzles() {
	own := u.ownMembers()
	for i := range u.tokens {
		if !u.isSwizzle(i) {
			continue
		}
		if u.isSwizzle(i+2) || u.isComponent(i+2) {
			u.composeSwizzles(i)
			continue
		}
		operator, compound := compoundAssignments[u.tokens[i+1].text]
		if !compound {
			continue
		}
		first := u.postfixStart(i)
		end := u.expressionEnd(i + 2)
		if first < 0 || end < 0 || u.hasEffects(first, i) {
			continue
		}
		u.tokens[i+1].text = "="
		u.tokens[i+2].before = u.source(first, i) + u.readSwizzle(i, own) + " " + operator + " (" + u.tokens[i+2].before
		u.tokens[end-1].after += ")"
	}
}

// readSwizzle is how the value of the swizzle at i is written.
func (u *unit) readSwizzle(i int, own map[string]bool) string {
	if name := u.tokens[i].text; !own[name] {
		return "msl_get_" + name + "()"
	}
	return u.tokens[i].text
}

// composeSwizzles makes one swizzle of v.zw.yx where that is assigned to.
func (u *unit) composeSwizzles(i int) {
	last := i
	for u.isSwizzle(last + 2) {
		last += 2
	}
	if u.isComponent(last + 2) {
		last += 2
	}
	next := u.tokens[last+1].text
	if _, compound := compoundAssignments[next]; !compound && next != "=" {
		return
	}
	name := u.tokens[i].text
	for j := i + 2; j <= last; j += 2 {
		composed := ""
		for _, c := range u.tokens[j].text {
			k := max(strings.IndexRune("xyzw", c), strings.IndexRune("rgba", c))
			if k >= len(name) {
				return
			}
			composed += name[k : k+1]
		}
		name = composed
	}
	for j := i; j < last; j++ {
		u.tokens[j].text, u.tokens[j].kind = "", punctuation
	}
	u.tokens[last].space = ""
	u.tokens[last].text = name
	u.tokens[i].space, u.tokens[i+1].space = "", ""
}

// postfixStart is the first token of the postfix expression that ends in the member name at i, or -1.
func (u *unit) postfixStart(i int) int {
	for i > 0 {
		switch {
		case u.isOneOf(i-1, ".", "->", "::"):
			i -= 2
			for u.isOneOf(i, ")", "]") {
				i = u.tokens[i].pair
				if u.isIdentifier(i-1) || u.isOneOf(i-1, ")", "]") {
					i--
				}
			}
			if !u.isIdentifier(i) && !u.is(i, "(") {
				return -1
			}
		default:
			return i
		}
	}
	return -1
}

// hasEffects reports whether evaluating tokens [from, to) twice would differ from once.
func (u *unit) hasEffects(from, to int) bool {
	for i := from; i < to; i++ {
		t := &u.tokens[i]
		if u.isOneOf(i, "++", "--", "=") || u.isIdentifier(i) && u.is(i+1, "(") {
			return true
		}
		if _, compound := compoundAssignments[t.text]; compound {
			return true
		}
	}
	return false
}

// expressionEnd is the index after the assignment expression that begins at i, or -1.
func (u *unit) expressionEnd(i int) int {
	for start := i; i < len(u.tokens); i++ {
		if u.tokens[i].pair > i {
			i = u.tokens[i].pair
			continue
		}
		if u.isOneOf(i, ";", ",", ")", "]", "}", ":") {
			if i == start {
				return -1
			}
			return i
		}
		if u.is(i, "?") {
			return -1
		}
	}
	return -1
}
