package msl

import "strings"

// spellLiterals writes the literals that clang does not have: 1.5bf is a bfloat.
func (u *unit) spellLiterals() {
	for i := range u.tokens {
		t := &u.tokens[i]
		if t.kind != number || strings.HasPrefix(strings.ToLower(t.text), "0x") {
			continue
		}
		for _, suffix := range []string{"bf", "BF"} {
			if digits, ok := strings.CutSuffix(t.text, suffix); ok {
				if !strings.ContainsAny(digits, ".eE") {
					digits += ".0"
				}
				t.text = "bfloat(" + digits + "f)"
			}
		}
	}
}

// valueParameters turns a parameter `const thread T &x` into `const T x` where that cannot matter: temporaries do not
// bind to references into thread memory here. It is left alone where the function has overloads, which the change
// could make ambiguous, or returns a reference.
func (u *unit) valueParameters() {
	count := map[string]int{}
	for n := range u.declarations {
		if d := &u.declarations[n]; d.kind == functionDeclaration && d.name >= 0 {
			count[u.tokens[d.name].text]++
		}
	}
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.kind != functionDeclaration || d.name < 0 || !d.hasBody() || count[u.tokens[d.name].text] > 1 || u.contains(d.from, d.name, "&") {
			continue
		}
		for _, part := range u.split(d.open+1, d.close) {
			u.makeValue(part[0], part[1])
		}
	}
}

func (u *unit) makeValue(from, to int) {
	space, reference, constant := -1, -1, false
	for i := from; i < to; i++ {
		switch {
		case u.is(i, "thread"):
			space = i
		case u.is(i, "const"):
			constant = true
		case u.is(i, "&"):
			reference = i
		case u.isOneOf(i, "*", "(", "[", "&&", "...", "auto"):
			return
		}
	}
	if space < 0 || reference < 0 || !constant {
		return
	}
	u.tokens[space].text, u.tokens[reference].text = "", ""
}
