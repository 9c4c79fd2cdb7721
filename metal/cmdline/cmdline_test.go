package cmdline_test

import (
	"errors"
	"flag"
	"reflect"
	"strings"
	"testing"

	"attest.example/attest/metal/cmdline"
)

func TestFlagsStandAnywhere(t *testing.T) {
	for _, test := range []struct {
		words, arguments, include []string
		n                         int
	}{
		{[]string{"-n", "3", "a", "b"}, []string{"a", "b"}, nil, 3},
		{[]string{"a", "--n=3", "b", "-Ix", "c", "-I", "y"}, []string{"a", "b", "c"}, []string{"x", "y"}, 3},
		{[]string{"a", "b", "--n", "4"}, []string{"a", "b"}, nil, 4},
		{[]string{"a", "--", "-n", "4", "-Ix"}, []string{"a", "-n", "4", "-Ix"}, nil, 0},
		{[]string{"--n", "5", "--", "--"}, []string{"--"}, nil, 5},
		{nil, nil, nil, 0},
	} {
		f := cmdline.New("test")
		n := f.Int("n", 0, "")
		var include cmdline.List
		f.Var(&include, "I", "")
		arguments, err := cmdline.Parse(f, test.words)
		if err != nil || !reflect.DeepEqual(arguments, test.arguments) || *n != test.n || !reflect.DeepEqual([]string(include), test.include) {
			t.Errorf("%q: arguments %q, n %d, I %q, %v", test.words, arguments, *n, include, err)
		}
	}
	for _, twice := range [][]string{{"-n", "3", "a", "--n=4"}, {"-v", "-v"}, {"-kind", "x", "--kind", "x"}} {
		f := cmdline.New("test")
		f.Int("n", 0, "")
		f.Bool("v", false, "")
		f.Func("kind", "", func(string) error { return nil })
		if _, err := cmdline.Parse(f, twice); err == nil || !strings.HasSuffix(err.Error(), "the flag is given twice; want it once") {
			t.Errorf("%q: %v; want an error", twice, err)
		}
	}
	f := cmdline.New("test")
	var all []string
	cmdline.Several(f, "kind", "", func(word string) error { all = append(all, word); return nil })
	if _, err := cmdline.Parse(f, []string{"-kind", "x", "a", "--kind=y"}); err != nil || !reflect.DeepEqual(all, []string{"x", "y"}) {
		t.Errorf("%q, %v; want both", all, err)
	}
	f = cmdline.New("test")
	if _, err := cmdline.Parse(f, []string{"a", "-Ix"}); err == nil {
		t.Error("a flag that the set does not have was accepted")
	}
	if _, err := cmdline.Parse(f, []string{"a", "--help"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("%v, want %v", err, flag.ErrHelp)
	}
}
