package compare

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchunit"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
)

// shownChanges is how many changes of one kind the text shows in full.
const shownChanges = 20

// shownRows is from how many groups on those that cannot tell anything are left out of the text.
const shownRows = 12

// WriteText writes the report for people: conformance first, then speed, then the outcome.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, s := range []struct {
		name string
		side *Side
	}{{"old", r.Old}, {"new", r.New}} {
		fmt.Fprintf(&b, "%s  %s\n", s.name, s.side.words())
	}
	for _, warning := range r.Warnings {
		fmt.Fprintf(&b, "     %s\n", warning)
	}
	if r.Judged {
		r.writeChanges(&b)
	}
	if r.All != nil {
		r.writeSpeed(&b)
	}
	fmt.Fprintf(&b, "\n%s\n", r.outcome())
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Side) words() string {
	h := s.Header
	parts := []string{s.Source}
	if h.Path != "" {
		parts = append(parts, "path "+h.Path)
	}
	if h.Device != "" {
		parts = append(parts, "on "+strings.Join(strings.Fields(h.Device), " "))
	}
	if h.Commit != "" {
		parts = append(parts, "commit "+h.Commit)
	}
	noun := "benchmark"
	if s.Judged {
		noun = "case"
		parts = append(parts, fmt.Sprintf("seed %d", h.Seed))
	}
	return strings.Join(append(parts, plural(s.Cases, noun)), ", ")
}

func (r *Report) writeChanges(b *strings.Builder) {
	fmt.Fprintf(b, "\nconformance, %s in both runs\n", plural(r.Shared, "case"))
	if len(r.Changes) == 0 {
		b.WriteString("  no change\n")
	}
	shown := map[ChangeKind]int{}
	for _, c := range r.Changes {
		if shown[c.Kind]++; shown[c.Kind] > shownChanges {
			continue
		}
		was := string(c.Old)
		if was == "" {
			was = "absent"
		}
		fmt.Fprintf(b, "  %-9s  %s  %s -> %s: %s\n", c.Kind, c.ID, was, c.New, cases.Describe(c.Case))
		if c.Reason != "" {
			fmt.Fprintf(b, "             %s\n", strings.Join(strings.Fields(c.Reason), " "))
		}
	}
	for _, kind := range changeKinds {
		if more := shown[kind] - shownChanges; more > 0 {
			fmt.Fprintf(b, "  %-9s  and %d more\n", kind, more)
		}
	}
}

func (r *Report) writeSpeed(b *strings.Builder) {
	what := r.Unit
	switch {
	case r.Judged && r.Unit == record.UnitWall:
		what = "wall time of a call"
	case r.Judged:
		what = "device time of a dispatch"
	case r.Unit == record.UnitYardstick:
		what = "time of a dispatch in yardsticks, which is fixed work that ran beside it"
	}
	fmt.Fprintf(b, "\nspeed, median %s; ratio new/old, above 1 is slower; intervals at %g %%\n", what, 100*(1-r.Options.Alpha))
	notes := &footnotes{numbers: map[string]int{}}
	var aligned strings.Builder
	table := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "  group\tcases\told\tnew\tratio\tinterval\tp\tadjusted\t\n")
	hidden, within := 0, 0
	for _, row := range r.allRows() {
		if row != r.All && len(r.Rows) > shownRows && row.reachable > r.Options.Alpha {
			hidden++
			within += row.Pairs
			continue
		}
		row.write(table, r.Unit, notes)
	}
	table.Flush() // into a strings.Builder, which takes everything
	for line := range strings.Lines(aligned.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	if hidden > 0 {
		fmt.Fprintf(b, "  %s of too few measurements to tell anything, with %s, only in all\n", plural(hidden, "group"), plural(within, "case"))
	}
	if r.All.Pairs > 0 {
		fmt.Fprintf(b, "  geometric mean of the ratios of %s: %.3f\n", plural(r.All.Pairs, "case"), r.All.GeoMean)
	}
	if r.ClockMean > 0 {
		fmt.Fprintf(b, "  by the clock alone, which also tells how busy the machine was: %.3f\n", r.ClockMean)
	}
	for i, note := range notes.list {
		fmt.Fprintf(b, "  [%d] %s\n", i+1, note)
	}
}

func (r *Row) write(w io.Writer, unit string, notes *footnotes) {
	count := fmt.Sprint(r.Pairs)
	if r.Pairs == 0 {
		count = fmt.Sprintf("%d, %d", r.OldCases, r.NewCases)
	}
	mark := ""
	switch {
	case r.Slower:
		mark = "SLOWER"
	case r.Faster:
		mark = "faster"
	}
	fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Group, count, r.amount(r.Old, unit), r.amount(r.New, unit),
		ratioWord(r.Ratio.Center), interval(r.Ratio), chance(r.P), chance(r.Adjusted), strings.TrimSpace(mark+" "+notes.marks(r.Warnings)))
}

// amount formats a median, with half the width of its interval where it is of like measurements: over cases of
// different size it would show how the cases differ.
func (r *Row) amount(s benchmath.Summary, unit string) string {
	if s.Center == 0 {
		return "?"
	}
	text := benchunit.Scale(s.Center, benchunit.Decimal)
	if unit != record.UnitYardstick {
		text += "s"
	}
	if r.PerWork {
		text += "/Ginstr"
	}
	if r.Pairs > 1 || math.IsInf(s.Lo, 0) || math.IsInf(s.Hi, 0) {
		return text
	}
	return text + " ±" + s.PctRangeString()
}

func ratioWord(x float64) string {
	if math.IsNaN(x) {
		return "?"
	}
	return fmt.Sprintf("%.3f", x)
}

func chance(p float64) string {
	if p < 0.0005 {
		return "<0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

func interval(s benchmath.Summary) string {
	if math.IsInf(s.Lo, 0) || math.IsInf(s.Hi, 0) || math.IsNaN(s.Center) {
		return "-"
	}
	return fmt.Sprintf("%.3f to %.3f", s.Lo, s.Hi)
}

// outcome is the last line.
func (r *Report) outcome() string {
	var parts []string
	worse := 0
	for _, c := range r.Changes {
		if c.Kind.Worse() {
			worse++
		}
	}
	if worse > 0 {
		parts = append(parts, fmt.Sprintf("WORSE: %s wrong that were not before", plural(worse, "case")))
	}
	if n := r.slower(); n > 0 {
		parts = append(parts, fmt.Sprintf("SLOWER: %d of %d rows, significantly and by more than %.3g %%", n, len(r.Rows)+1, 100*r.Options.Threshold))
	}
	if len(parts) == 0 {
		return "nothing got worse"
	}
	return strings.Join(parts, "; ")
}

// footnotes gives each distinct warning a number.
type footnotes struct {
	numbers map[string]int
	list    []string
}

func (f *footnotes) marks(warnings []string) string {
	var b strings.Builder
	for _, text := range warnings {
		if f.numbers[text] == 0 {
			f.list = append(f.list, text)
			f.numbers[text] = len(f.list)
		}
		fmt.Fprintf(&b, "[%d]", f.numbers[text])
	}
	return b.String()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
