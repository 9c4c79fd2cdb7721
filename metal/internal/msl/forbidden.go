package msl

import (
	"regexp"
	"strings"
)

// What a text may not say, because it reaches past the kernel to the machine that runs it: MSL has none of it, but clang,
// which compiles the text here, takes it. What clang makes is looked at again (inspectModule), so a spelling that is not
// found here is refused there, by another message. See UNTRUSTED.md for what remains.

// hostAttributes change where or when code runs, how it is linked, or whether the checkers see it.
var hostAttributes = map[string]string{
	"constructor": "it would run while the module is loaded", "destructor": "it would run while the module is unloaded",
	"init_priority": "it would run while the module is loaded", "cleanup": "Metal has no such attribute",
	"ifunc": "it would run while the module is loaded", "target_clones": "it would run while the module is loaded",
	"target_version": "it would run while the module is loaded", "cpu_dispatch": "it would run while the module is loaded",
	"cpu_specific": "it would run while the module is loaded",
	"alias":        "a kernel's names are its own", "weak": "a kernel's names are its own", "weakref": "a kernel's names are its own",
	"weak_import": "a kernel's names are its own", "section": "where code lies is not the text's to say",
	"code_seg": "where code lies is not the text's to say", "allocate": "where code lies is not the text's to say",
	"naked": "Metal has no such attribute", "no_sanitize": "it would hide from the checkers",
	"no_sanitize_thread": "it would hide from the checkers", "no_sanitize_address": "it would hide from the checkers",
	"no_sanitize_memory": "it would hide from the checkers", "no_address_safety_analysis": "it would hide from the checkers",
	"disable_sanitizer_instrumentation": "it would hide from the checkers", "visibility": "a kernel's names are its own",
	"dllexport": "a kernel's names are its own", "dllimport": "a kernel's names are its own",
}

// airLabel is a label of a function that Apple's compiler has built in; those that exist here are declared by their label
// in the kernels of others.
var airLabel = regexp.MustCompile(`^"air\.[A-Za-z0-9_.]+"$`)

// refuseHostCode refuses assembler, and attributes and pragmas of the host's toolchain.
func (u *unit) refuseHostCode() error {
	for i := range u.tokens {
		if err := u.refusePragmas(i); err != nil {
			return err
		}
		t := &u.tokens[i]
		if t.kind != identifier {
			continue
		}
		switch t.text {
		case "asm", "__asm", "__asm__":
			if u.is(i+1, "(") && u.tokens[i+1].pair == i+3 && airLabel.MatchString(u.tokens[i+2].text) && u.is(i-1, ")") {
				continue
			}
			return u.fail(i, "%s: MSL has no assembler statements, and a label is only that of a function named air.*", t.text)
		case "__attribute__", "__attribute", "__declspec":
			if u.is(i+1, "(") {
				if err := u.refuseAttributes(i+2, u.tokens[i+1].pair); err != nil {
					return err
				}
			}
		}
	}
	for i := range u.tokens {
		if u.isAttribute(i) {
			if err := u.refuseAttributes(i+2, u.tokens[i+1].pair); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseAttributes looks at the names of the attributes in tokens [from, to), not at their arguments.
func (u *unit) refuseAttributes(from, to int) error {
	for i := from; i < to; i++ {
		t := &u.tokens[i]
		if t.kind == identifier {
			name := strings.Trim(t.text, "_")
			if why, bad := hostAttributes[name]; bad {
				return u.fail(i, "attribute %s is refused: %s", t.text, why)
			}
		}
		if t.text == "(" && t.pair > i && i > from && u.isIdentifier(i-1) {
			i = t.pair
		}
	}
	return nil
}

var hostPragma = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*pragma[ \t]+(clang[ \t]+(?:attribute|section|module)|GCC[ \t]+(?:target|pch_preprocess)|weak|redefine_extname|comment|init_seg|code_seg|section)\b`)

// refusePragmas looks at the directives before token i.
func (u *unit) refusePragmas(i int) error {
	space := u.tokens[i].space
	if !strings.Contains(space, "pragma") {
		return nil
	}
	if at := hostPragma.FindStringSubmatchIndex(space); at != nil {
		t := &u.tokens[i]
		line := max(t.line-strings.Count(space[at[1]:], "\n"), 1)
		return &SyntaxError{t.file, line, 1, "#pragma " + space[at[2]:at[3]] + " is refused: it speaks to the host's toolchain"}
	}
	return nil
}
