package msl

// addressSpaces are MSL's address spaces and what they are called in C++ for OpenCL.
var addressSpaces = map[string]string{
	"device":      "__global",
	"threadgroup": "__local",
	"constant":    "const __constant", // it is never written
	"thread":      "__private",
}

// nameAddressSpaces replaces MSL's words for address spaces. Of what a pointer or reference points at only one can be
// told, and `thread const device T *p` has two: the first is the pointer's own, which it has anyhow.
func (u *unit) nameAddressSpaces() {
	u.dropSecondSpaces()
	for i := range u.tokens {
		t := &u.tokens[i]
		if t.kind != identifier || u.isOneOf(i-1, ".", "->", "::") {
			continue
		}
		if name, ok := addressSpaces[t.text]; ok {
			t.text = name
		}
	}
}

// dropSecondSpaces takes `thread` out of a declaration's specifiers that name another address space too.
func (u *unit) dropSecondSpaces() {
	specifier := func(i int) bool {
		return u.isIdentifier(i) && !u.isOneOf(i, "return", "operator")
	}
	for i := range u.tokens {
		if !u.is(i, "thread") {
			continue
		}
		other := false
		for j := i + 1; specifier(j); j++ {
			other = other || u.isOneOf(j, "device", "constant", "threadgroup")
		}
		for j := i - 1; specifier(j); j-- {
			other = other || u.isOneOf(j, "device", "constant", "threadgroup")
		}
		if other {
			u.tokens[i].text = ""
		}
	}
}

// keptAttributes mean something to clang; the others are Metal's and are taken out.
var keptAttributes = map[string]bool{
	"maybe_unused": true, "nodiscard": true, "fallthrough": true, "noreturn": true, "deprecated": true,
	"likely": true, "unlikely": true,
}

// dropAttributes takes the attribute lists that clang does not know out of the text.
func (u *unit) dropAttributes() {
	for i := range u.tokens {
		if !u.isAttribute(i) {
			continue
		}
		end := u.tokens[i].pair
		keep := false
		for _, a := range u.attributesIn(i, end+1) {
			keep = keep || keptAttributes[a.name] || len(a.name) > 7 && a.name[:7] == "clang::"
		}
		if !keep {
			u.blank(i, end+1)
			for j := i; j <= end; j++ {
				u.tokens[j].pair = -1
			}
		}
	}
}
