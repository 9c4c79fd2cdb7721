// Package cmdline reads the command lines of this module's programs in one way: flags of package flag, which may stand
// before, between and after the arguments, and once each where they are no lists. It never prints; what is wrong is an error
// of one line.
package cmdline

import (
	"flag"
	"io"
	"strings"
)

// New makes a set of flags that prints nothing by itself.
func New(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	return f
}

// Parse reads flags wherever they stand and returns the arguments. All that follows "--" are arguments. Where a set has
// the flags I or D, -Ifolder and -Dmacro are -I folder and -D macro, as compilers take them.
func Parse(f *flag.FlagSet, words []string) (arguments []string, err error) {
	words = separate(f, words)
	defer explain(f)()
	for {
		if err := f.Parse(words); err != nil {
			return nil, err
		}
		read := len(words) - f.NArg()
		if read > 0 && words[read-1] == "--" || f.NArg() == 0 {
			return append(arguments, f.Args()...), nil
		}
		arguments, words = append(arguments, f.Arg(0)), f.Args()[1:]
	}
}

func separate(f *flag.FlagSet, words []string) []string {
	var all []string
	for i, w := range words {
		if w == "--" {
			return append(all, words[i:]...)
		}
		if len(w) > 2 && (strings.HasPrefix(w, "-I") || strings.HasPrefix(w, "-D")) && w[2] != '=' && f.Lookup(w[1:2]) != nil {
			all = append(all, w[:2], w[2:])
			continue
		}
		all = append(all, w)
	}
	return all
}
