package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/onnx"
	"attest.example/attest/harness/internal/verdict"
)

func importCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "import", "onnx DIR ...", "Runs ONNX's node tests of the operator Attention, folders with model.onnx, on paths, and holds\n"+
		"paths and stored answers against the float64 reference.")
	names := flags.String("paths", "naive,host", "the `paths`, several with commas")
	deadline := flags.Duration("deadline", campaign.DefaultDeadline, "of one call")
	isolation := flags.isolationFlags()
	rest, status := flags.parse(args, 2, 1000)
	if status >= 0 {
		return status
	}
	if rest[0] != "onnx" {
		return t.complain("import: %q: want onnx", rest[0])
	}
	o := campaign.VectorOptions{Paths: strings.Split(*names, ","), Deadline: *deadline, Isolation: *isolation}
	for _, dir := range rest[1:] {
		found, err := onnx.Find(dir)
		if err != nil {
			return t.complain("import: %v", err)
		}
		o.Dirs = append(o.Dirs, found...)
	}
	var table vectorTable
	fmt.Fprintf(t.out, "%-80s %-12s %s\n", "vector", "stored", strings.Join(pad(o.Paths), " "))
	err := campaign.Vectors(ctx, o, func(r campaign.VectorResult) { table.add(t, r) })
	if err != nil {
		return t.complain("import: %v", err)
	}
	return table.end(t)
}

func pad(words []string) []string {
	out := slices.Clone(words)
	for i := range out {
		out[i] = fmt.Sprintf("%-12s", out[i])
	}
	return out
}

// vectorTable prints results and counts them.
type vectorTable struct {
	all, judged, failed, damaged int
	left                         map[string][]string // names of vectors by the reason why they were left out
}

func (v *vectorTable) add(t terminal, r campaign.VectorResult) {
	v.all++
	if r.Damage != "" {
		v.damaged++
		fmt.Fprintf(t.out, "%-80s cannot be read: %s\n", r.Name, r.Damage)
		return
	}
	if r.Reason != "" {
		if v.left == nil {
			v.left = map[string][]string{}
		}
		v.left[r.Reason] = append(v.left[r.Reason], r.Name)
		fmt.Fprintf(t.out, "%-80s left out: %s\n", r.Name, r.Reason)
		return
	}
	v.judged++
	var kinds []string
	for _, p := range r.Paths {
		kinds = append(kinds, string(p.Kind))
	}
	fmt.Fprintf(t.out, "%-80s %-12s %s\n", r.Name, r.Stored.Kind, strings.Join(pad(kinds), " "))
	for _, x := range append([]verdict.Verdict{r.Stored}, r.Paths...) {
		if x.Kind.Fails() || x.Kind == verdict.Unsupported {
			fmt.Fprintf(t.out, "    %s: %s\n", x.Kind, x.Reason)
		}
	}
	if r.Fails() {
		v.failed++
		fmt.Fprintf(t.out, "    %s %s\n", r.Summary, strings.Join(r.Notes, ", "))
	}
}

func (v *vectorTable) end(t terminal) int {
	fmt.Fprintf(t.out, "\n%d vectors: %d judged, %d failed, %d left out\n", v.all, v.judged, v.failed, v.all-v.judged-v.damaged)
	for _, reason := range slices.Sorted(maps.Keys(v.left)) {
		fmt.Fprintf(t.out, "  %s: %s\n", reason, strings.Join(v.left[reason], ", "))
	}
	switch {
	case v.failed > 0:
		fmt.Fprintln(t.out, "\nDOES NOT CONFORM")
		return nonconform
	case v.judged == 0:
		fmt.Fprintln(t.out, "\nnothing shown: no vector could be judged")
		return misuse
	case v.damaged > 0:
		return t.complain("import: %d of %d vectors cannot be read; the others conform", v.damaged, v.all)
	}
	fmt.Fprintln(t.out, "\nconforms")
	return conforms
}
