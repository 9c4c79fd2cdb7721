package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"attest.example/attest/harness/internal/mutate"
)

// each finds the triggers of mutants one by one, those aside that have a result, and writes the table of all results.
// Nothing is begun after a time, nor after the given number of mutants; 0: any number.
func (o *options) each(ctx context.Context, w io.Writer, chosen []mutate.Mutant, most int, until time.Time) error {
	var results []result
	ran := 0
	for _, m := range chosen {
		r, known, err := o.recall(m.Name)
		if err != nil {
			return err
		}
		if known {
			results = append(results, r)
			continue
		}
		if ctx.Err() != nil || time.Now().After(until) || most > 0 && ran == most {
			continue
		}
		ran++
		if r = o.one(ctx, &m); ctx.Err() != nil {
			break
		}
		if err := o.save(r); err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, r.line())
		results = append(results, r)
	}
	writeTable(w, results, chosen, o)
	return ctx.Err()
}

func (o *options) one(ctx context.Context, m *mutate.Mutant) (r result) {
	begin := time.Now()
	judge := o.single
	if o.pretends {
		judge = o.pretend
	}
	r, err := judge(ctx, m)
	r.Mutant, r.Own, r.Beside, r.Seconds = m.Name, own(m), m.Beside, time.Since(begin).Seconds()
	if err != nil {
		r.Error, _, _ = strings.Cut(err.Error(), "\n")
	}
	return r
}

func writeTable(w io.Writer, results []result, chosen []mutate.Mutant, o *options) {
	fmt.Fprintf(w, `
Each mutant is a library with one bug; a run of at most %d cases found the triggers. Where the mutant's own condition is right
about the verdicts of that run, the triggers together are held against it on %d fresh cases, none of which is run ("its
condition"). Else they are held against the verdicts of %d fresh cases that are run. Precision is the share of the matched cases
that fail, those aside that may hide an error; recall is the share of the failing ones that are matched.
`, o.cases, o.formulas, o.fresh)
	fmt.Fprintf(w, "\n| mutant | its own condition, or words | found trigger | precision | recall | by | findings | probes | processor s |\n|---|---|---|---|---|---|---|---|---|\n")
	var agreed, byCondition, held, silent, errors int
	families, judged := map[string]bool{}, map[string]bool{}
	for _, m := range chosen {
		families[m.Family] = true
	}
	var probes, seconds []float64
	for _, r := range results {
		fmt.Fprintln(w, r.line())
		switch {
		case r.Error != "":
			errors++
		case len(r.Found) == 0:
			silent++
		default:
			held++
			if at := slices.IndexFunc(chosen, func(m mutate.Mutant) bool { return m.Name == r.Mutant }); at >= 0 {
				judged[chosen[at].Family] = true
			}
			if !r.agrees() {
				break
			}
			agreed++
			if strings.HasPrefix(r.By, byItsCondition) {
				byCondition++
			}
		}
		for _, f := range r.Found {
			probes = append(probes, float64(f.Probes))
			seconds = append(seconds, r.Processor/float64(len(r.Found)))
		}
	}
	fmt.Fprintf(w, "\n%d of %d mutants that failed have a trigger that agrees (precision and recall at least 0.9), or none where no field of a case decides; %d of them on %d fresh cases by the mutant's own condition. %d did not fail, %d were not judged. %d of %d families are among them; %d mutants chosen, %d left\n",
		agreed, held, byCondition, o.formulas, silent, errors, len(judged), len(families), len(chosen), len(chosen)-len(results))
	if len(probes) > 0 {
		fmt.Fprintf(w, "a finding took %s probes and %s s of processor time, the run's cases and all compilations included: the median, and nine of ten within\n", spread(probes, "%.0f, %.0f"), spread(seconds, "%.1f, %.1f"))
	}
}

// spread is the median and the ninth decile.
func spread(list []float64, format string) string {
	sorted := slices.Sorted(slices.Values(list))
	return fmt.Sprintf(format, sorted[(len(sorted)-1)/2], sorted[(len(sorted)-1)*9/10])
}
