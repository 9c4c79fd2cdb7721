package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/predicate"
)

// drawnScore counts, of the bugs of some libraries, those that were named, by one finding each and by several.
type drawnScore struct {
	Bugs, Libraries, One, Several, Findings, Astray, Probes int
}

func (s drawnScore) String() string {
	return fmt.Sprintf("%d of %d bugs are named by one finding each (%.0f %%), %d by several, %d not; %d findings in %d libraries, %d of them of no bug; %.0f probes a finding",
		s.One, s.Bugs, 100*float64(s.One)/float64(max(1, s.Bugs)), s.Several, s.Bugs-s.One-s.Several, s.Findings, s.Libraries, s.Astray, float64(s.Probes)/float64(max(1, s.Findings)))
}

// drawnLibrary draws a library and has its bugs found.
func drawnLibrary(ctx context.Context, d *drawing, bugs int, w io.Writer, log func(string, ...any)) (s drawnScore, err error) {
	conditions := d.library(bugs)
	p := &pretended{inScores: make([]bool, bugs)}
	for i, condition := range conditions {
		when, err := predicate.Compile(condition)
		if err != nil {
			return s, err
		}
		p.when = append(p.when, when)
		p.inScores[i] = d.dice.Intn(2) == 0
	}
	search, err := p.search(gen.Default, 2*bugs+6, log)
	if err != nil {
		return s, err
	}
	if err := search.peel(ctx, 200); err != nil {
		return s, err
	}
	l, found := search.lab, search.triggers()
	told, stray, err := name(ctx, found, conditions, 1500)
	if err != nil {
		return s, err
	}
	s = drawnScore{Bugs: bugs, Libraries: 1, Findings: len(l.Findings()), Astray: len(stray) + len(l.Findings()) - len(found), Probes: l.Probes()}
	fmt.Fprintf(w, "\n%d bugs, %d findings, %d cases outside pass, %d probes\n", bugs, len(l.Findings()), search.passed, l.Probes())
	for _, n := range told {
		switch {
		case len(n.by) == 1:
			s.One++
		case len(n.by) > 1:
			s.Several++
		}
		fmt.Fprintf(w, "- `%s`: %s\n", conditions[n.bug], n.told(found))
	}
	for _, f := range stray {
		fmt.Fprintf(w, "- of no bug: `%s`\n", found[f])
	}
	return s, nil
}

func (s *drawnScore) add(o drawnScore) {
	s.Bugs, s.Libraries, s.One, s.Several = s.Bugs+o.Bugs, s.Libraries+o.Libraries, s.One+o.One, s.Several+o.Several
	s.Findings, s.Astray, s.Probes = s.Findings+o.Findings, s.Astray+o.Astray, s.Probes+o.Probes
}

// drawn measures how many bugs of drawn libraries are named.
func (o *options) drawn(ctx context.Context, w io.Writer, libraries int, sizes string, seed int64) error {
	var lines []string
	for _, text := range strings.Split(sizes, ",") {
		bugs, err := strconv.Atoi(text)
		if err != nil || bugs < 1 {
			return fmt.Errorf("--bugs: %q is no number of bugs", text)
		}
		var all drawnScore
		begin := time.Now()
		for i := range libraries {
			d, err := newDrawing(seed + int64(i))
			if err != nil {
				return err
			}
			s, err := drawnLibrary(ctx, d, bugs, w, o.log())
			if err != nil {
				return err
			}
			all.add(s)
		}
		lines = append(lines, fmt.Sprintf("%2d bugs: %s, %.0f s", bugs, all, time.Since(begin).Seconds()))
	}
	_, err := fmt.Fprintln(w, "\n"+strings.Join(lines, "\n"))
	return err
}
