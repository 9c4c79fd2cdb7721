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
		if !isMacro(macro) {
			return fmt.Errorf("%q: NAME or NAME=VALUE expected", s)
		}
		if p.Defines == nil {
			p.Defines = map[string]string{}
		}
		p.Defines[macro] = value
		return nil
	})
}

// CheckSource refuses what says how a text is read and cannot be: the preprocessor would take a part of it, or anything.
func (p *Program) CheckSource() error {
	if v := p.languageVersion(); v < 100 || v > 990 || v%10 != 0 {
		return fmt.Errorf("language version %d: 310 for MSL 3.1, 240 for 2.4 and the like expected", v)
	}
	for _, name := range sortedKeys(p.Defines) {
		if !isMacro(name) {
			return fmt.Errorf("macro %q: a name expected, or one with parameters such as MAX(a,b)", name)
		}
	}
	return nil
}

// isMacro reports whether a word is what a preprocessor can define: NAME, or NAME(PARAMETERS).
func isMacro(word string) bool {
	name, parameters, has := strings.Cut(word, "(")
	return isName(name) && (!has || strings.HasSuffix(parameters, ")"))
}
