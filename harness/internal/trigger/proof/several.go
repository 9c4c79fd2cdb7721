package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"attest.example/attest/harness/internal/mutate"
)

// severalFormulas is how many times as many fresh cases are asked about as for a single mutant: most of them are struck by
// several bugs, and tell nothing of one.
const severalFormulas = 4

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
	f, err := o.attest(ctx, b, filepath.Join(o.dir, "several-run"), "--peel", "--cases", fmt.Sprint(o.cases), "--reduce-calls", "80",
		"--reduce", fmt.Sprint(4*len(names)))
	if err != nil {
		return err
	}
	var sources []string
	for _, x := range f.Findings {
		if x.Trigger != "" {
			sources = append(sources, x.Trigger)
		}
	}
	conditions, err := conditionsOf(chosen)
	if err != nil {
		return err
	}
	told, stray, err := name(ctx, sources, conditions, severalFormulas*o.formulas)
	if err != nil {
		return err
	}
	alone, together, more := 0, 0, 0
	for _, n := range told {
		more += len(n.more)
		switch {
		case len(n.by) == 1:
			alone++
		case len(n.by) > 1:
			together++
		}
	}
	fmt.Fprintf(w, "\n%d bugs at once, %.0f s: %d are named by one finding each, %d more by several; %d findings, %d of them about more ways of a bug that is named, %d of no bug; %d further cases outside conform (of %d run) %s\n\nplanted, held against the findings on %d fresh cases:\n",
		len(names), f.seconds, alone, together, len(f.Findings), more, len(stray)+len(f.Findings)-len(sources), f.Outside, f.Cases, f.Ended, severalFormulas*o.formulas)
	for i, m := range chosen {
		fmt.Fprintf(w, "- %s, `%s`: %s\n", m.Name, m.When, told[i].told(sources))
	}
	fmt.Fprintf(w, "\nfound:\n")
	for _, x := range f.Findings {
		fmt.Fprintf(w, "- `%s` (%d cases; %s) %s\n", x.Trigger, x.Cases, x.Confidence(), x.Note)
	}
	return nil
}
