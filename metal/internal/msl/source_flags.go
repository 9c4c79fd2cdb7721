package msl

import (
	"flag"
	"fmt"
	"strings"
)

// AddSourceFlags adds the flags that say how a text is read, the same for every verb: -I, -D and --language.
func AddSourceFlags(flags *flag.FlagSet, p *Program) {
	flags.IntVar(&p.LanguageVersion, "language", DefaultLanguageVersion, "MSL `version`, 310 is 3.1")
	flags.Func("I", "`directory` searched by #include (repeatable)", func(s string) error {
		p.Includes = append(p.Includes, s)
		return nil
	})
	flags.Func("D", "`macro`=value (repeatable)", func(s string) error {
		macro, value, given := strings.Cut(s, "=")
		if !given {
			value = "1"
		}
		if macro == "" {
			return fmt.Errorf("%q: NAME or NAME=VALUE expected", s)
		}
		if p.Defines == nil {
			p.Defines = map[string]string{}
		}
		p.Defines[macro] = value
		return nil
	})
}

// ParseInterspersed parses flags that may stand before, between and after other arguments, and returns those. -Idir and
// -Dmacro are -I dir and -D macro, as compilers take them.
func ParseInterspersed(flags *flag.FlagSet, arguments []string) (others []string, err error) {
	arguments = separate(flags, arguments)
	for {
		if err := flags.Parse(arguments); err != nil {
			return nil, err
		}
		if arguments = flags.Args(); len(arguments) == 0 {
			return others, nil
		}
		others, arguments = append(others, arguments[0]), arguments[1:]
	}
}

func separate(flags *flag.FlagSet, arguments []string) []string {
	var all []string
	for _, a := range arguments {
		if len(a) > 2 && (strings.HasPrefix(a, "-I") || strings.HasPrefix(a, "-D")) && a[2] != '=' && flags.Lookup(a[1:2]) != nil {
			all = append(all, a[:2], a[2:])
			continue
		}
		all = append(all, a)
	}
	return all
}
