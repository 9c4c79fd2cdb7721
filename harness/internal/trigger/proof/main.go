// Command proof holds the triggers that attest finds against planted bugs: single mutants of all families, and libraries
// with several at once. make triggers runs it, and its table is a file.
//
// Recall is the share of the failing cases that the found trigger matches; precision is the share of the matched ones that
// fail, those aside whose values may hide an error. What fails is known in one of two ways. Many mutants have a
// condition of their own. Where it is right about the verdicts of the run, it decides thousands of fresh cases, none of
// which has to be run. Where there is none, or it is not what the library really does, fresh cases are run.
//
// What was found for each mutant is a file in the folder --results, and a mutant that has one is not run again: a proof
// that was cut off goes on where it was.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/mutate"
	"attest.example/attest/metal/cmdline"
	"attest.example/attest/metal/scratch"
)

type options struct {
	program           string
	cases             int // of the run from which the trigger is found
	fresh             int // that are run and held against it
	formulas          int // fresh cases on which it is held against the mutant's own condition
	pretends, verbose bool
	dir, results      string
	builder           *mutate.Builder
}

func main() {
	o := options{}
	flag := cmdline.New("proof")
	flag.StringVar(&o.program, "program", "bin/attest", "the attest that runs the cases")
	flag.IntVar(&o.cases, "cases", 160, "cases of each run")
	flag.IntVar(&o.fresh, "fresh", 200, "fresh cases that are run for a mutant without a condition that is right")
	flag.IntVar(&o.formulas, "formulas", 2000, "fresh cases on which a trigger is held against the mutant's own condition; none of them is run")
	flag.StringVar(&o.results, "results", "", "a folder with what was found for each mutant, of which those there are not run again; empty: nothing is kept")
	most := flag.Int("most", 0, "mutants to run in this call; 0: all")
	flag.BoolVar(&o.pretends, "pretend", false, "run nothing: a case fails where the mutant's own condition holds")
	flag.BoolVar(&o.verbose, "v", false, "with --pretend: how each trigger came about")
	perFamily := flag.Int("family", 3, "mutants of each family")
	only := flag.String("only", "", "mutants whose names match this expression, instead")
	together := flag.String("together", "", "mutants, with commas, that are planted at once; one run that peels must name them")
	drawn := flag.Int("drawn", 0, "libraries of --bugs that are drawn at random and pretended, instead")
	bugs := flag.String("bugs", "2,4,8,10", "with --drawn: how many bugs a library has, with commas")
	seed := flag.Int64("seed", 1000, "with --drawn: the number of the first library; those after it follow")
	out := flag.String("out", "build/triggers.md", "the table, or of --together what was found, is added to this file; empty: it is only printed")
	keep := flag.String("keep", "", "a folder that keeps what was built and run, with a log of how each trigger came about")
	limit := flag.Duration("time", time.Hour, "no mutant is begun after it")
	if _, status, done := cmdline.Arguments(flag, "[flags]", 0, 0, os.Args[1:], os.Stdout, os.Stderr); done {
		os.Exit(status)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if *drawn > 0 {
		err = o.drawn(ctx, os.Stdout, *drawn, *bugs, *seed)
	} else {
		err = run(ctx, &o, *perFamily, *most, *only, *together, *out, *keep, time.Now().Add(*limit))
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "proof:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o *options, perFamily, most int, only, together, out, keep string, until time.Time) (err error) {
	tree, err := mutate.FindTree(".")
	if err != nil {
		return err
	}
	if o.program, err = filepath.Abs(o.program); err != nil {
		return err
	}
	if err := o.makeDir(keep); err != nil {
		return err
	}
	if keep == "" {
		defer os.RemoveAll(o.dir)
	}
	o.builder = &mutate.Builder{Tree: tree, Dir: o.dir, Program: o.program}
	all, err := mutate.All()
	if err != nil {
		return err
	}
	w := io.Writer(os.Stdout)
	if out != "" {
		if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
			return err
		}
		table, err := os.OpenFile(out, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		defer table.Close()
		w = io.MultiWriter(table, w)
	}
	if together != "" && o.pretends {
		chosen, err := named(all, strings.Split(together, ","))
		if err != nil {
			return err
		}
		return o.pretendTogether(ctx, w, chosen, o.log())
	}
	if together != "" {
		return o.severalAtOnce(ctx, w, all, strings.Split(together, ","))
	}
	chosen, err := choose(all, perFamily, only, o.pretends)
	if err != nil {
		return err
	}
	return o.each(ctx, w, chosen, most, until)
}

func (o *options) makeDir(keep string) (err error) {
	if keep == "" {
		dir, err := scratch.Dir("triggers") // it stays while this process does
		if err == nil {
			o.dir = dir.Path
		}
		return err
	}
	if o.dir, err = filepath.Abs(keep); err != nil {
		return err
	}
	return os.MkdirAll(o.dir, 0o755)
}

// choose takes the first mutants of each family that a library or a path shows in ordinary cases.
func choose(all []mutate.Mutant, perFamily int, only string, conditions bool) ([]mutate.Mutant, error) {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	taken := map[string]int{}
	var list []mutate.Mutant
	for _, m := range all {
		switch {
		case conditions && m.When == "":
			continue
		case only != "" && !wanted.MatchString(m.Name), m.Equivalent != "", m.Preset == gen.Long, m.Preset == gen.Sizes, m.Check,
			only == "" && (taken[m.Family] >= perFamily || m.Target() == mutate.GoPath):
			continue
		}
		taken[m.Family]++
		list = append(list, m)
	}
	// Those first that change the library alone: its kernel has been compiled before.
	slices.SortStableFunc(list, func(a, b mutate.Mutant) int { return cmp.Compare(ofKernel(&a), ofKernel(&b)) })
	return list, nil
}

func ofKernel(m *mutate.Mutant) int {
	if m.Target() == mutate.Kernel {
		return 1
	}
	return 0
}

func (o *options) log() func(string, ...any) {
	if !o.verbose {
		return nil
	}
	return func(format string, arguments ...any) { fmt.Fprintf(os.Stderr, format+"\n", arguments...) }
}

// named are mutants by their names.
func named(all []mutate.Mutant, names []string) (list []mutate.Mutant, err error) {
	for _, name := range names {
		at := slices.IndexFunc(all, func(m mutate.Mutant) bool { return m.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("no mutant has the name %s", name)
		}
		list = append(list, all[at])
	}
	return list, nil
}
