package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/metal/cmdline"
)

// flagSet is a command's flags. Its parse prints what is wrong and returns the exit status; -1 means go on.
type flagSet struct {
	*flag.FlagSet
	t         terminal
	arguments string // what a command takes, as its help has it
}

func newFlags(t terminal, name, arguments, words string) flagSet {
	set := cmdline.New(name)
	set.Usage = func() {
		set.SetOutput(t.out)
		fmt.Fprintf(t.out, "usage: attest %s %s\n%s\n\n", name, arguments, words)
		set.PrintDefaults()
		set.SetOutput(io.Discard)
	}
	return flagSet{set, t, arguments}
}

// several adds a flag that may be given several times.
func (f flagSet) several(name, usage string, set func(string) error) {
	cmdline.Several(f.FlagSet, name, usage, set)
}

// parse accepts flags before and after the arguments.
func (f flagSet) parse(args []string, minArgs, maxArgs int) ([]string, int) {
	usage := f.Usage
	f.Usage = func() {} // of a mistake too, otherwise
	rest, err := cmdline.Parse(f.FlagSet, args)
	if errors.Is(err, flag.ErrHelp) {
		usage()
		return nil, conforms
	}
	if err != nil {
		return nil, f.t.complain("%s: %v; attest %s --help tells the flags", f.Name(), err, f.Name())
	}
	if status := f.impossible(); status >= 0 {
		return nil, status
	}
	switch {
	case len(rest) < minArgs:
		return nil, f.t.complain("%s: want %s", f.Name(), f.arguments)
	case maxArgs >= 0 && len(rest) > maxArgs:
		return nil, f.t.complain("%s: %q is one argument too many", f.Name(), rest[maxArgs])
	}
	return rest, -1
}

// impossible complains about what no command that has these flags can do.
func (f flagSet) impossible() int {
	if deadline := f.Lookup("deadline"); deadline != nil {
		if d, ok := deadline.Value.(flag.Getter).Get().(time.Duration); ok && d <= 0 {
			return f.t.complain("%s: --deadline %v; want a duration above 0, such as 30s", f.Name(), d)
		}
	}
	if relations := f.Lookup("relations"); relations != nil {
		if n, ok := relations.Value.(flag.Getter).Get().(int); ok && n < -1 {
			return f.t.complain("%s: --relations %d; want 0 or more, or -1 for all that apply", f.Name(), n)
		}
	}
	for _, name := range []string{"resume", "out"} {
		if !f.given(name) {
			continue
		}
		// Empty is a variable that a script forgot to set. Run anew in place of going on would look like success.
		if v, ok := f.Lookup(name).Value.(flag.Getter); ok && v.Get() == "" {
			return f.t.complain("%s: --%s is empty; want a path, or leave the flag out", f.Name(), name)
		}
	}
	if f.given("memory") && f.given("isolate") && f.Lookup("isolate").Value.String() == "false" {
		return f.t.complain("%s: --memory is of the path's own process, and --isolate=false gives it none", f.Name())
	}
	return -1
}

// folderOf complains where a file cannot be made for want of its folder, before anything else is done.
func (f flagSet) folderOf(name, file string) int {
	if file == "" {
		return -1
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return f.t.complain("%s: --%s %s: there is no folder %s", f.Name(), name, file, filepath.Dir(file))
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return f.t.complain("%s: --%s %s is a folder; want a file", f.Name(), name, file)
	}
	return -1
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

// rerunFlags are the flags of every command that runs case files again. What a kept failure records of its path, its
// law and the rest holds where the flag is not given.
type rerunFlags struct {
	trialFlags
	modes   modeFlags
	laws    *string
	lawSeed *uint64
}

func (f flagSet) rerunFlags() rerunFlags {
	return rerunFlags{
		f.trialFlags(), f.modeFlags(),
		f.String("law", "", "check these `laws`, several with commas, instead of the one that failed"),
		f.Uint64("law-seed", 0, "where the random choices of --law begin; default: where the case's name puts it"),
	}
}

// misused complains of a seed without the law that it is of. A kept failure has its own.
func (a rerunFlags) misused(f flagSet) int {
	if f.given("law-seed") && *a.laws == "" {
		return f.t.complain("%s: --law-seed is of --law, which is missing", f.Name())
	}
	return -1
}

// conditions are what the flags ask for.
func (a rerunFlags) conditions(f flagSet) campaign.Conditions {
	c := campaign.Conditions{Path: *a.path, Relations: *a.relations, Deadline: *a.deadline, Isolation: *a.isolation}
	c.Override = campaign.Override{
		Path: f.given("path"), Deadline: f.given("deadline"), Isolate: f.given("isolate"), Memory: f.given("memory"),
		LawSeed: *a.lawSeed,
	}
	for _, name := range a.modes.names {
		if f.given(name) {
			c.Override.Modes = append(c.Override.Modes, name+"="+f.Lookup(name).Value.String())
		}
	}
	if *a.laws != "" {
		c.Override.Laws = strings.Split(*a.laws, ",")
	}
	return c
}

// elsewhere is the first line of what a command prints, where it runs kept failures on a path that is not the one that
// failed; empty: it does not.
func elsewhere(c campaign.Conditions, items []corpus.Item) (string, error) {
	var remaining []string
	count, on := 0, ""
	for _, item := range items {
		failed, runs, err := c.Elsewhere(item)
		if err != nil {
			return "", fmt.Errorf("%s: %w", item.Path, err)
		}
		if failed == "" {
			continue
		}
		if count++; !slices.Contains(remaining, failed) {
			remaining = append(remaining, failed)
		}
		on = runs
	}
	switch {
	case count == 0:
		return "", nil
	case len(items) == 1:
		return fmt.Sprintf("ANOTHER PATH: %s failed on path %s and runs on %s now", items[0].Path, remaining[0], on), nil
	}
	return fmt.Sprintf("ANOTHER PATH: %d of %d cases failed on path %s and run on %s now", count, len(items), strings.Join(remaining, ", "), on), nil
}

// modeFlags are short for the options of paths host and msl:, --math fast for host?math=fast.
type modeFlags struct{ names []string }

func (f flagSet) modeFlags() modeFlags {
	f.String("math", "", "math modes of paths host and msl:, with commas: safe, fast, fast-folded (tests for NaN and infinity folded)")
	f.String("schedule", "", "orders of simdgroups and threadgroups on paths host and msl: forward, reverse, random, lockstep, several with commas; they must agree bit for bit")
	f.Bool("check", false, "paths host and msl: with the checkers: bounds, races, uninitialised reads, divergence")
	return modeFlags{[]string{"math", "schedule", "check"}}
}

// apply writes the flags that were given into the path's name. Another path has no such modes.
func (m modeFlags) apply(f flagSet, path *string) int {
	for _, name := range m.names {
		if !f.given(name) {
			continue
		}
		with, err := catalog.WithMode(*path, name+"="+f.Lookup(name).Value.String())
		if err != nil {
			return f.t.complain("%s: %v", f.Name(), err)
		}
		*path = with
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

// checkWorkers complains of a number of things at once that cannot be.
func (f flagSet) checkWorkers(n int) int {
	if n < 1 || n > campaign.MaxWorkers {
		return f.t.complain("%s: --workers %d; want 1 to %d", f.Name(), n, campaign.MaxWorkers)
	}
	return -1
}
