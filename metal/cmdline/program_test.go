package cmdline

import (
	"slices"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	for _, c := range []struct {
		words     string
		arguments []string
		status    int
		done      bool
		out, err  string // what is written begins with it
	}{
		{"a -n 3 b", []string{"a", "b"}, 0, false, "", ""},
		{"-h", nil, 0, true, "usage: program A [B] [flags]\n  -n int\n    \thow many (default 1)\n", ""},
		{"a --times 3", nil, 2, true, "", "program: flag provided but not defined: -times; program --help tells the flags\n"},
		{"a -n x", nil, 2, true, "", "program: invalid value"},
		{"", nil, 2, true, "", "program: 0 arguments given; A [B] [flags] expected\n"},
		{"a b c", nil, 2, true, "", "program: 3 arguments given; A [B] [flags] expected\n"},
	} {
		f := New("program")
		n := f.Int("n", 1, "how many")
		var out, errs strings.Builder
		arguments, status, done := Arguments(f, "A [B] [flags]", 1, 2, strings.Fields(c.words), &out, &errs)
		if !slices.Equal(arguments, c.arguments) || status != c.status || done != c.done || !strings.HasPrefix(out.String(), c.out) ||
			!strings.HasPrefix(errs.String(), c.err) || (c.out == "") != (out.Len() == 0) || (c.err == "") != (errs.Len() == 0) {
			t.Errorf("%q: %q, %d, %v, %q, %q", c.words, arguments, status, done, out.String(), errs.String())
		}
		if !c.done && *n != 3 {
			t.Errorf("%q: n is %d", c.words, *n)
		}
	}
}
