package msl

import (
	"strings"
	"testing"
)

// A declaration that is taken out takes the pragmas in it along, which clang refuses where no body is around them; the line
// breaks stay, and so do the pragmas beside it.
func TestWhatIsErasedTakesItsPragmasAlong(t *testing.T) {
	source := "#pragma clang fp contract(on)\nint f(int a) {\n#pragma unused(a)\n  return 1;\n}\n#pragma clang fp contract(off)\nint g();\n"
	u, err := parse(source, &Program{})
	if err != nil {
		t.Fatal(err)
	}
	d := &u.declarations[0]
	u.erase(d.from, d.to)
	got := u.String()
	if strings.Contains(got, "unused") || !strings.Contains(got, "contract(on)") || !strings.Contains(got, "contract(off)\nint g();") {
		t.Errorf("left is\n%s", got)
	}
	if strings.Count(got, "\n") != strings.Count(source, "\n") {
		t.Errorf("lines moved:\n%s", got)
	}
}
