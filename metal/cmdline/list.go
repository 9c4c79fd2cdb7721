package cmdline

import (
	"flag"
	"strings"
)

// List is a flag that may be given several times. Every other flag may be given once.
type List []string

func (l *List) String() string { return strings.Join(*l, " ") }

// Set adds what the flag was given with.
func (l *List) Set(word string) error {
	*l = append(*l, word)
	return nil
}

func (*List) several() {}

// Several adds a flag that may be given several times: set is called each time.
func Several(f *flag.FlagSet, name, usage string, set func(string) error) {
	f.Var(&each{set}, name, usage)
}

type each struct{ set func(string) error }

func (*each) String() string          { return "" }
func (e *each) Set(word string) error { return e.set(word) }
func (*each) several()                {}
