package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/metal/scratch"
)

func mutateCommand(ctx context.Context, t terminal, args []string) int {
	if len(args) == 1 && args[0] == mutate.ChildFlag {
		if err := mutate.Child(ctx, os.Stdin, t.out); err != nil {
			return t.complain("mutate: %v", err)
		}
		return conforms
	}
	flags := newFlags(t, "mutate", "[flags] [FILE ...]", "Plants bugs in copies of the kernel, the library and the paths, one at a time, and tells which of them the harness\n"+
		"finds: those that attest knows, or those in files of your own.")
	o := mutate.Options{Deadline: campaign.DefaultDeadline / 3}
	var only *regexp.Regexp
	list := flags.Bool("list", false, "name the mutants and run none")
	flags.Func("only", "only mutants whose name matches this expression", func(text string) (err error) {
		only, err = regexp.Compile(text)
		return err
	})
	flags.IntVar(&o.Cases, "cases", 500, "most cases for each; those of preset long get at most 50")
	flags.Uint64Var(&o.Seed, "seed", 1, "the same seed gives the same cases")
	flags.IntVar(&o.Relations, "relations", campaign.DefaultRelations, "relations checked on each case; -1: all that apply")
	flags.IntVar(&o.Workers, "workers", 1, "mutants at once")
	flags.IntVar(&o.ReduceCalls, "reduce", 60, "reduce what killed each, with at most so many runs; 0: not at all")
	flags.StringVar(&o.Path, "path", "", "a device that runs those of the kernel's text alone: cuda, host?engine=wide, cuda?math=fast; by default each is a library on the host")
	flags.BoolVar(&o.Rules, "peers", false, "ask the rules of other projects about the same outputs, and about their own problems")
	asJSON := flags.Bool("json", false, "print one JSON object, last")
	markdown := flags.Bool("markdown", false, "print the table for a README")
	own, status := flags.parse(args, 0, -1)
	if status >= 0 {
		return status
	}
	for _, other := range []string{"json", "markdown", "peers"} { // of a run, and --list makes none
		if status := flags.exclusive("list", other); status >= 0 {
			return status
		}
	}
	var err error
	if o.Mutants, err = mutants(own, only); err != nil {
		return t.complain("mutate: %v", err)
	}
	if *list {
		return listMutants(t, o.Mutants)
	}
	if o.Cases < 1 || o.Workers < 1 || o.ReduceCalls < 0 {
		return t.complain("mutate: --cases %d, --workers %d, --reduce %d; want 1, 1 and 0 or more", o.Cases, o.Workers, o.ReduceCalls)
	}
	result, err := runMutants(ctx, t, o, *asJSON || *markdown)
	if err != nil {
		return t.complain("mutate: %v", err)
	}
	return tellMutants(t, result, *asJSON, *markdown)
}

// mutants returns those of the files, or all that attest knows.
func mutants(own []string, only *regexp.Regexp) ([]mutate.Mutant, error) {
	var all []mutate.Mutant
	for _, file := range own {
		m, err := mutate.Read(file)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	if len(own) == 0 {
		var err error
		if all, err = mutate.All(); err != nil {
			return nil, err
		}
	}
	kept := mutate.Select(all, only)
	if len(kept) == 0 {
		return nil, fmt.Errorf("none of %d mutants has a name like %s", len(all), only)
	}
	return kept, nil
}

func runMutants(ctx context.Context, t terminal, o mutate.Options, quiet bool) (result mutate.Result, err error) {
	if o.Tree, err = mutate.FindTree("."); err != nil {
		return result, err
	}
	if o.Program, err = os.Executable(); err != nil {
		return result, err
	}
	dir, err := scratch.Dir("mutants")
	if err != nil {
		return result, err
	}
	defer dir.Remove()
	o.Dir = dir.Path
	var lines io.Writer = t.out
	if quiet {
		lines = t.err
	}
	o.Each = func(outcome mutate.Outcome) { fmt.Fprintln(lines, outcome.Line()) }
	return mutate.Run(ctx, o)
}

func tellMutants(t terminal, r mutate.Result, asJSON, markdown bool) int {
	var err error
	switch {
	case markdown:
		err = r.WriteMarkdown(t.out)
	case !asJSON:
		err = r.WriteText(t.out)
	}
	if asJSON && err == nil {
		var line []byte
		if line, err = r.JSON(); err == nil {
			_, err = fmt.Fprintf(t.out, "%s\n", line)
		}
	}
	if err != nil {
		return t.complain("mutate: %v", err)
	}
	if !r.Passed() {
		return nonconform
	}
	return conforms
}

func listMutants(t terminal, all []mutate.Mutant) int {
	for _, m := range all {
		note := ""
		if m.Equivalent != "" {
			note = " (equivalent)"
		}
		fmt.Fprintf(t.out, "%-36s %-16s %-8s %s%s\n", m.Name, m.Family, m.Target(), m.Trigger, note)
	}
	return conforms
}
