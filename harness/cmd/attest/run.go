package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/ledger"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/metal/msltool"
)

func runCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "run", "[flags]", "Generates cases, runs them through a path and judges every output element.")
	trial := flags.trialFlags()
	o := campaign.Options{Preset: gen.Default}
	flags.drawFlags(&o)
	flags.Func("shard", "do one of several parts of the run, as 3/16: the third of sixteen; attest merge makes one of them", func(text string) (err error) {
		o.Shard, err = campaign.ParseShard(text)
		return err
	})
	workers := flags.Int("workers", 1, "cases at once; verdicts do not depend on it")
	known := flags.String("known", "", "the file of known failures, which do not count; default "+ledger.File+" where that exists")
	out := flags.String("out", "", "the run directory; default runs/DATE-TIME-PATH")
	resume := flags.String("resume", "", "go on with the interrupted run in this directory, with its options")
	asJSON := flags.Bool("json", false, "print one JSON object, last")
	withCoverage := flags.Bool("coverage", false, "print how often judged cases reached each region where kernels break")
	modes := flags.modeFlags()
	if _, status := flags.parse(args, 0, 0); status >= 0 {
		return status
	}
	o.Workers, o.Ledger = *workers, *known
	if _, err := os.Stat(ledger.File); err == nil && !flags.given("known") {
		o.Ledger = ledger.File
	}
	if status := checkRun(flags, &o); status >= 0 {
		return status
	}
	o.Path, o.Relations, o.Deadline, o.Isolation = *trial.path, *trial.relations, *trial.deadline, *trial.isolation
	if status := modes.apply(flags, &o.Path); status >= 0 {
		return status
	}
	if *resume != "" {
		var status int
		if o, status = resumed(flags, *resume, o); status >= 0 {
			return status
		}
		*out = *resume
	}
	if *out == "" {
		var free func()
		*out, free = defaultDir(o.Path, time.Now())
		defer free()
	}
	warnOfCache(t, o.Path)
	coverage := gen.NewCoverage()
	bar := newProgress(t.err, o.Shard.Cases(o.Cases), o.Time)
	watch := campaign.Watch{
		Case:     bar.show,
		Reducing: func(id string) { bar.say("reducing " + id) },
		Finding:  func(f record.Finding) { bar.say(fmt.Sprintf("finding %d: %s", f.Number, f.Summary)) },
		Judged:   func(c cases.Case) { coverage.Add(c) },
	}
	var report campaign.Report
	var err error
	if *resume != "" {
		if !flags.given("workers") {
			*workers = 0 // as it was
		}
		report, err = campaign.Resume(ctx, *resume, *workers, watch)
	} else {
		report, err = campaign.Run(ctx, o, *out, watch)
	}
	bar.close()
	if errors.Is(err, paths.ErrMachine) {
		return t.complain("run: %v\nwhat was done before is in %s, and %s run --resume %[2]s goes on once that is mended", err, *out, record.Program())
	}
	if err != nil {
		return t.complain("run: %v", err)
	}
	if *withCoverage {
		if err := coverage.Table(t.out); err != nil {
			return t.complain("run: %v", err)
		}
	}
	if !*asJSON {
		tell(t, report)
	}
	status := finish(t, report.Summary, *out, *asJSON)
	if report.Interrupted && status != nonconform {
		return t.complain("run: interrupted after %d cases; they are in %s, and %s run --resume %s goes on",
			report.Summary.Cases, *out, record.Program(), *out)
	}
	return status
}

// warnOfCache tells why a run will be slow where no kernel that it compiles is kept.
func warnOfCache(t terminal, path string) {
	name, _, _ := strings.Cut(path, "?")
	if name != "host" && !strings.HasPrefix(name, "msl:") {
		return
	}
	if warning := msltool.CacheWarning(); warning != "" {
		fmt.Fprintf(t.err, "attest: run: warning: %s\n", warning)
	}
}

// drawFlags are the flags that say what is drawn, how much of it, and what is done about failures.
func (f flagSet) drawFlags(o *campaign.Options) {
	f.IntVar(&o.Cases, "cases", 0, "how many cases are judged; what the path does not support is drawn again; default 200 where --time is not given")
	f.DurationVar(&o.Time, "time", 0, "run until this is over: 90s, 10m")
	f.Uint64Var(&o.Seed, "seed", 1, "the same seed gives the same cases")
	f.Func("preset", "the mix of cases: "+presetWords()+" (default default)", func(name string) (err error) {
		o.Preset, err = gen.ParsePreset(name)
		return err
	})
	f.IntVar(&o.Reduce, "reduce", 10, "most findings: failures of one cause, of which one is reduced and asked about when it strikes; 0: none")
	f.BoolVar(&o.Triggers, "triggers", true, "ask the path about further cases until it is known when a failure strikes; false: one failure of each kind is reduced")
	f.BoolVar(&o.Peel, "peel", false, "draw no more cases that a finding explains, and go on until --cases others have passed or --time is over")
	f.IntVar(&o.ReduceCalls, "reduce-calls", campaign.DefaultReduceCalls, "most runs of the path for one of them")
	names, usages := gen.FilterNames()
	for i, name := range names {
		f.Func(name, "only "+usages[i], func(value string) error { return o.Filter.Set(name, value) })
	}
	f.several("exclude", "leave out cases: NAME=VALUES with a name and values of the filters above, such as mask=causal, or known: what the file of known failures is about; may stand several times", func(text string) error {
		if text == "known" {
			o.ExcludeKnown = true
			return nil
		}
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return fmt.Errorf("want NAME=VALUES, such as mask=causal, or known")
		}
		return o.Filter.Exclude(name, value)
	})
}

func checkRun(flags flagSet, o *campaign.Options) int {
	if status := flags.exclusive("cases", "time"); status >= 0 {
		return status
	}
	switch {
	case !flags.given("cases") && !flags.given("time"):
		o.Cases = 200
	case flags.given("cases") && o.Cases <= 0:
		return flags.t.complain(flags.Name()+": --cases %d; want 1 or more", o.Cases)
	case flags.given("time") && o.Time <= 0:
		return flags.t.complain(flags.Name()+": --time %v; want a duration above 0, such as 90s", o.Time)
	}
	switch {
	case o.Peel && o.Shard != campaign.Shard{}:
		return flags.t.complain("%s: --peel and --shard do not go together: what is drawn outside the triggers depends on what all shards found; attest campaign peels across machines", flags.Name())
	case o.Cases > 0 && o.Shard.Of > campaign.Most(o.Cases):
		return flags.t.complain(flags.Name()+": --shard %s: %d cases are %d sequences of %d that share a context; want at most %d shards",
			o.Shard, o.Cases, campaign.Most(o.Cases), engine.SequenceLength, campaign.Most(o.Cases))
	case o.Peel && (!o.Triggers || o.Reduce == 0):
		return flags.t.complain("%s: --peel goes by triggers; --triggers=false and --reduce 0 leave none", flags.Name())
	case o.ExcludeKnown && o.Ledger == "":
		return flags.t.complain(flags.Name()+": --exclude known: there is no %s; want --known FILE", ledger.File)
	}
	if status := flags.checkWorkers(o.Workers); status >= 0 {
		return status
	}
	if o.Reduce < 0 || o.ReduceCalls < 0 {
		return flags.t.complain(flags.Name()+": --reduce %d, --reduce-calls %d; want 0 or more", o.Reduce, o.ReduceCalls)
	}
	return -1
}

func presetWords() string {
	words := ""
	for _, p := range gen.Presets() {
		if words != "" {
			words += ", "
		}
		words += fmt.Sprintf("%s (%s)", p, p.Summary())
	}
	return words
}

// tell prints what the summary has no place for: elements that could not be judged, and where the time went.
func tell(t terminal, r campaign.Report) {
	if r.Elements > 0 {
		share := float64(r.Inconclusive) / float64(r.Elements)
		fmt.Fprintf(t.out, "elements       %d judged, %d inconclusive (%.2g %%)\n", r.Elements, r.Inconclusive, 100*share)
		if share > 0.02 {
			fmt.Fprintf(t.out, "               MORE THAN 2 %% OF THE ELEMENTS COULD NOT BE JUDGED at this precision\n")
		}
	}
	if r.Suspicious > 0 {
		fmt.Fprintf(t.out, "suspicious     %d cases past the sharp line with one seed, not with others\n", r.Suspicious)
	}
	tellTime(t, r)
}

// tellTime prints where the time went; workers' times add up.
func tellTime(t terminal, r campaign.Report) {
	s := r.Spent
	total := (s.Total() + r.Writing + r.Reducing).Seconds()
	if total <= 0 {
		return
	}
	var parts []string
	for _, part := range []struct {
		name string
		took time.Duration
	}{
		{"generate", s.Generate}, {"reference", s.Reference}, {"path", s.Path}, {"compile", s.Compile},
		{"relations", s.Relations}, {"write", r.Writing}, {"reduce", r.Reducing},
	} {
		parts = append(parts, fmt.Sprintf("%s %.*f %%", part.name, decimals(part.took.Seconds()/total), 100*part.took.Seconds()/total))
	}
	fmt.Fprintf(t.out, "time           %s\n", strings.Join(parts, ", "))
}

// decimals keeps small shares readable.
func decimals(share float64) int {
	if share < 0.01 {
		return 1
	}
	return 0
}
