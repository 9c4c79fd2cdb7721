package msl

import (
	"flag"
	"fmt"
	"strings"

	"attest.example/attest/metal/cmdline"
)

// AddSourceFlags adds the flags that say how a text is read, the same for every verb: -I, -D and --language.
func AddSourceFlags(flags *flag.FlagSet, p *Program) {
	flags.IntVar(&p.LanguageVersion, "language", DefaultLanguageVersion, "MSL `version`, 310 is 3.1")
	cmdline.Several(flags, "I", "`directory` searched by #include (repeatable)", func(s string) error {
		p.Includes = append(p.Includes, s)
		return nil
	})
	cmdline.Several(flags, "D", "`macro`=value (repeatable)", func(s string) error {
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
