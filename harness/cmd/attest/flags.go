package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/paths/catalog"
)

// flagSet is a command's flags. Its parse prints what is wrong and gives the exit status; -1 means go on.
type flagSet struct {
	*flag.FlagSet
	t terminal
}

func newFlags(t terminal, name, arguments, words string) flagSet {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(t.err)
	set.Usage = func() {
		fmt.Fprintf(set.Output(), "usage: attest %s %s\n%s\n\n", name, arguments, words)
		set.PrintDefaults()
	}
	return flagSet{set, t}
}

// parse accepts flags before and after the arguments.
func (f flagSet) parse(args []string, minArgs, maxArgs int) ([]string, int) {
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, conforms
			}
			return nil, misuse // the flag package has said why
		}
		if f.NArg() == 0 {
			break
		}
		rest = append(rest, f.Arg(0))
		args = f.Args()[1:]
	}
	switch {
	case len(rest) < minArgs:
		return nil, f.t.complain("%s: a case file is missing", f.Name())
	case maxArgs >= 0 && len(rest) > maxArgs:
		return nil, f.t.complain("%s: %q is one argument too many", f.Name(), rest[maxArgs])
	}
	return rest, -1
}

// trialFlags are the flags of every command that runs cases.
type trialFlags struct {
	path      *string
	relations *int
	deadline  *time.Duration
	isolation *campaign.Isolation
}

func (f flagSet) trialFlags() trialFlags {
	return trialFlags{
		f.String("path", catalog.Default, "the implementation under test; attest paths lists them"),
		f.Int("relations", campaign.DefaultRelations, "relations checked on each case; -1: all that apply"),
		f.Duration("deadline", campaign.DefaultDeadline, "longest time for one call of the path"),
		f.isolationFlags(),
	}
}

// modeFlags are short for the options of the host path: --math fast is host?math=fast.
type modeFlags struct{ names []string }

func (f flagSet) modeFlags() modeFlags {
	f.String("math", "", "math modes of path host: safe, fast or both with a comma")
	f.String("schedule", "", "orders of simdgroups and threadgroups on path host: forward, reverse, random, several with commas; they must agree bit for bit")
	f.Bool("check", false, "path host with the checkers: bounds, races, uninitialised reads, divergence")
	return modeFlags{[]string{"math", "schedule", "check"}}
}

// apply writes the flags that were given into the path's name. Another path has no such modes.
func (m modeFlags) apply(f flagSet, path *string) int {
	for _, name := range m.names {
		if !f.given(name) {
			continue
		}
		value := f.Lookup(name).Value.String()
		if *path != "host" && !strings.HasPrefix(*path, "host?") {
			return f.t.complain("%s: --%s applies to path host only, not to %s", f.Name(), name, *path)
		}
		separator := "?"
		if strings.Contains(*path, "?") {
			separator = "&"
		}
		*path += separator + name + "=" + value
	}
	return -1
}

// given reports whether a flag stood on the command line.
func (f flagSet) given(name string) bool {
	found := false
	f.Visit(func(other *flag.Flag) { found = found || other.Name == name })
	return found
}

// exclusive complains where two flags were given that do not go together.
func (f flagSet) exclusive(names ...string) int {
	var both []string
	for _, name := range names {
		if f.given(name) {
			both = append(both, "--"+name)
		}
	}
	if len(both) > 1 {
		return f.t.complain("%s: %s do not go together", f.Name(), strings.Join(both, " and "))
	}
	return -1
}
