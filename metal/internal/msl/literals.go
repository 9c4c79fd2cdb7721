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
