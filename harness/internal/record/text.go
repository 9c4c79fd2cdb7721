package record

import (
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/verdict"
)

// shownFailures is how many failures the text shows in full; the directory has them all.
const shownFailures = 10

// WriteText writes the summary for people: the last block on stdout. dir is the run directory, empty where there is
// none.
func (s *Summary) WriteText(w io.Writer, dir string) error {
	var b strings.Builder
	on := s.Path
	if s.Device != "" {
		on += " on " + OneLine(s.Device)
	}
	fmt.Fprintf(&b, "path           %s\nseed           %d\n", on, s.Seed)
	if s.Shard != "" {
		fmt.Fprintf(&b, "shard          %s\n", s.Shard)
	}
	fmt.Fprintf(&b, "cases          %d in %.1f s, %.1f cases/s\n", s.Cases, s.Seconds, s.CasesPerSecond)
	fmt.Fprintf(&b, "verdicts       %d passed, %d failed, %d inconclusive, %d unsupported",
		s.Passed, s.Failed, s.Inconclusive, s.Unsupported)
	if s.Known > 0 {
		fmt.Fprintf(&b, ", %d known", s.Known)
	}
	b.WriteString("\n")
	writeReasons(&b, "unsupported", &s.Refusals)
	if s.Laws > 0 || s.NotJudged.Total() > 0 {
		fmt.Fprintf(&b, "relations      %d held, %d not judged\n", s.Laws, s.NotJudged.Total())
		writeReasons(&b, "not judged", &s.NotJudged)
	}
	if math.IsInf(s.WorstRatio, 0) {
		b.WriteString("worst ratio    none: an element was NaN or Inf and should not be, or was never written\n")
	} else {
		fmt.Fprintf(&b, "worst ratio    %.3g times its bound\n", s.WorstRatio)
	}
	s.Lean.writeText(&b)
	if s.Impossible > 0 {
		fmt.Fprintf(&b, "IMPOSSIBLE     the times of %s, by the clock or the device's peak\n", plural(s.Impossible, "case"))
	}
	s.writeEngines(&b)
	for _, why := range slices.Sorted(maps.Keys(s.OnFibers)) {
		fmt.Fprintf(&b, "on fibers      %s: %s\n", plural(s.OnFibers[why], "kernel"), OneLine(why))
	}
	if s.Flaky > 0 {
		fmt.Fprintf(&b, "FLAKY          %s: failed and passed on the same path\n", plural(s.Flaky, "case"))
	}
	if s.NoLonger > 0 {
		fmt.Fprintf(&b, "no longer      %s kept as a failure passed\n", plural(s.NoLonger, "case"))
	}
	if dir != "" {
		fmt.Fprintf(&b, "run directory  %s\n", dir)
	}
	s.writeLedger(&b)
	s.writeFindings(&b)
	s.writeFailures(&b, dir)
	s.writePeeled(&b)
	if s.Failed > 0 {
		fmt.Fprintf(&b, "\nDOES NOT CONFORM: %d of %s failed\n", s.Failed, plural(s.Cases, "case"))
	}
	switch {
	case len(s.Missing) > 0:
		b.WriteString("\n")
		for _, part := range s.Missing {
			fmt.Fprintf(&b, "MISSING        %s\n", part)
		}
		b.WriteString("INCOMPLETE: nothing is shown for what is missing\n")
	case s.Interrupted:
		of := ""
		if s.Requested > 0 && !s.Peeled {
			of = fmt.Sprintf(" of %d", s.Requested)
		}
		fmt.Fprintf(&b, "\nINTERRUPTED after %d%s cases: nothing is shown for the rest\n", s.Cases, of)
	case s.Failed > 0:
	case s.Passed+s.Known == 0:
		b.WriteString("\nNOTHING SHOWN: no case could be judged\n")
	default:
		if n := s.Unjudged(); n > 0 {
			fmt.Fprintf(&b, "\nONLY %d OF %s JUDGED: the path supports nothing of the rest\n", s.Judged(), plural(s.Cases, "case"))
		}
		if s.Known > 0 {
			fmt.Fprintf(&b, "\nconforms, but for %s that the ledger knows\n", plural(s.Known, "failure"))
		} else {
			b.WriteString("\nconforms\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// group is the failures of one kind, by one law.
type group struct {
	kind verdict.Kind
	law  string
	list []Failure
}

// groups sorts the failures by kind, wrong results first, and there by law in the order in which they were found. Of a
// group those stand first that are reduced.
func (s *Summary) groups() []group {
	var groups []group
	for _, kind := range verdict.All() {
		for _, f := range s.Failures {
			if f.Verdict != kind || f.Finding > 0 { // a finding stands for those that it explains
				continue
			}
			at := slices.IndexFunc(groups, func(g group) bool { return g.kind == kind && g.law == f.Law })
			if at < 0 {
				at = len(groups)
				groups = append(groups, group{kind: kind, law: f.Law})
			}
			groups[at].list = append(groups[at].list, f)
		}
	}
	for _, g := range groups {
		slices.SortStableFunc(g.list, func(a, b Failure) int {
			switch {
			case (a.Reduced != "") == (b.Reduced != ""):
				return 0
			case a.Reduced != "":
				return -1
			}
			return 1
		})
	}
	return groups
}

func (s *Summary) writeFailures(b *strings.Builder, dir string) {
	groups := s.groups()
	for _, g := range groups {
		head := string(g.kind)
		if g.law != "" {
			head += ", law " + g.law
		}
		fmt.Fprintf(b, "\n%s: %s\n", head, plural(len(g.list), "case"))
		shown := max(1, shownFailures/len(groups))
		for i, f := range g.list {
			if i == shown {
				fmt.Fprintf(b, "and %s", plural(len(g.list)-i, "more case"))
				if dir != "" {
					fmt.Fprintf(b, " in %s", filepath.Join(dir, FailuresDir))
				}
				b.WriteString("\n")
				break
			}
			f.writeText(b)
		}
	}
}

func (f *Failure) writeText(b *strings.Builder) {
	fmt.Fprintf(b, "%s  %s", f.Case, f.Verdict)
	if f.Reason != "" {
		fmt.Fprintf(b, ": %s", OneLine(f.Reason))
	}
	if f.ReducedReason != "" {
		fmt.Fprintf(b, "\n  reduced     %s", OneLine(f.ReducedReason))
	}
	if f.Note != "" {
		fmt.Fprintf(b, "\n  %s", OneLine(f.Note))
	}
	b.WriteString("\n")
	if f.Wrote != "" {
		b.WriteString("  the path's process wrote:\n")
		for line := range strings.Lines(f.Wrote) {
			fmt.Fprintf(b, "    %s\n", Printable(strings.TrimRight(line, "\r\n"))) // recorded by anyone
		}
	}
	file := f.File
	if f.Reduced != "" {
		file = f.Reduced
	}
	fmt.Fprintf(b, "%s\n%s\n", Command("replay", f.path, file), Command("reduce", f.path, f.File))
}

// shownReasons is how many reasons the text shows; results.jsonl and the JSON have more.
const shownReasons = 20

// writeReasons writes a line a reason, with how often it was given.
func writeReasons(b *strings.Builder, head string, t *verdict.Tally) {
	list := t.List()
	for i, r := range list {
		if i == shownReasons {
			rest := 0
			for _, r := range list[i:] {
				rest += r.Count
			}
			fmt.Fprintf(b, "%-15s%d for %s\n", "", rest, plural(len(list)-i, "other reason"))
			return
		}
		fmt.Fprintf(b, "%-15s%d: %s\n", head, r.Count, OneLine(r.Reason))
		head = ""
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// skips returns why a case was neither passed nor failed; empty where it was.
func skips(r Result) string {
	switch r.Kind {
	case verdict.Inconclusive, verdict.Unsupported:
		return string(r.Kind) + ": " + r.Reason
	}
	return ""
}
