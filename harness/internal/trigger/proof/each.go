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
	writeTable(w, results, len(chosen))
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

func writeTable(w io.Writer, results []result, chosen int) {
	fmt.Fprintf(w, "\n| mutant | its own condition, or words | found trigger | precision | recall | by | findings | probes | processor s |\n|---|---|---|---|---|---|---|---|---|\n")
	var agreed, held, silent, errors int
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
			if r.agrees() {
				agreed++
			}
		}
		for _, f := range r.Found {
			probes = append(probes, float64(f.Probes))
			seconds = append(seconds, r.Processor/float64(len(r.Found)))
		}
	}
	fmt.Fprintf(w, "\n%d of %d mutants that failed have a trigger that agrees (precision and recall at least 0.9), or none where no field of a case decides; %d did not fail, %d were not judged; %d chosen, %d left\n",
		agreed, held, silent, errors, chosen, chosen-len(results))
	if len(probes) > 0 {
		fmt.Fprintf(w, "a finding took %s probes and %s s of processor time, the run's cases and all compilations included: the median, and nine of ten within\n", spread(probes, "%.0f, %.0f"), spread(seconds, "%.1f, %.1f"))
	}
}

// spread is the median and the ninth decile.
func spread(list []float64, format string) string {
	sorted := slices.Sorted(slices.Values(list))
	return fmt.Sprintf(format, sorted[(len(sorted)-1)/2], sorted[(len(sorted)-1)*9/10])
}
