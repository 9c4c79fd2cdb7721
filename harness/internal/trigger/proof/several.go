package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"attest.example/attest/harness/internal/mutate"
)

// severalAtOnce plants several mutants in one library. A run that peels must name each of them.
func (o *options) severalAtOnce(ctx context.Context, w io.Writer, all []mutate.Mutant, names []string) error {
	chosen, err := named(all, names)
	if err != nil {
		return err
	}
	joint := mutate.Mutant{Name: "several"}
	for _, m := range chosen {
		joint.Patches = append(joint.Patches, m.Patches...)
	}
	b, err := o.builder.Mutant(ctx, &joint)
	if err != nil {
		return err
	}
	f, err := o.attest(ctx, b, filepath.Join(o.dir, "several-run"), "--peel", "--cases", fmt.Sprint(o.cases), "--reduce-calls", "80", "--reduce", "16")
	if err != nil {
		return err
	}
	var sources []string
	for _, x := range f.Findings {
		if x.Trigger != "" {
			sources = append(sources, x.Trigger)
		}
	}
	told, err := name(ctx, sources, chosen, o.formulas)
	if err != nil {
		return err
	}
	count := 0
	for _, n := range told {
		if n.found >= 0 {
			count++
		}
	}
	fmt.Fprintf(w, "\n%d bugs at once, %.0f s: %d are named by %d findings; %d further cases outside conform (of %d run) %s\n\nplanted:\n", len(names), f.seconds, count, len(f.Findings), f.Outside, f.Cases, f.Ended)
	for i, m := range chosen {
		n := told[i]
		by := "not named"
		if n.found >= 0 {
			by = fmt.Sprintf("named by `%s`", sources[n.found])
		}
		fmt.Fprintf(w, "- %s, `%s`: %s (precision %.2f, recall %.2f on %d fresh cases)\n", m.Name, m.When, by, n.precision, n.recall, o.formulas)
	}
	fmt.Fprintf(w, "\nfound:\n")
	for _, x := range f.Findings {
		fmt.Fprintf(w, "- `%s` (%d cases; %s) %s\n", x.Trigger, x.Cases, x.Confidence(), x.Note)
	}
	return nil
}
