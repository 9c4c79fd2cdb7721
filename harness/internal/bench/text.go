package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/record"
)

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "path        %s on %s\ntoolchain   %s\n", r.Header.Path, r.Header.Device, r.Header.Toolchain)
	if r.Peak > 0 {
		fmt.Fprintf(&b, "peak        %.4g GFLOP/s, %s\n", r.Peak/1e9, r.PeakFrom)
	} else {
		fmt.Fprintf(&b, "peak        %s\n", r.PeakFrom)
	}
	r.writeCounts(&b)
	r.writeTable(&b)
	if r.FFI != nil {
		r.FFI.write(&b)
	}
	fmt.Fprintf(&b, "\n%s\n", r.outcome())
	_, err := io.WriteString(w, b.String())
	return err
}

// writeCounts writes how many dispatches ran in the anchor rows, or in the first row where there are none. They stand for
// all rows whose counts are no different.
func (r *Report) writeCounts(b *strings.Builder) {
	timed := slices.DeleteFunc(slices.Clone(r.Rows), func(m Measurement) bool { return m.Skipped != "" })
	anchors := slices.DeleteFunc(slices.Clone(timed), func(m Measurement) bool { return !m.Anchor })
	if len(anchors) == 0 && len(timed) > 0 {
		anchors = timed[:1]
	}
	for _, m := range anchors {
		fmt.Fprintf(b, "dispatches  %s\n", m.Count.Summary())
	}
}

func (r *Report) writeTable(b *strings.Builder) {
	var aligned strings.Builder
	table := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', tabwriter.AlignRight)
	section := ""
	for _, m := range r.Rows {
		if m.Section != section {
			section = m.Section
			fmt.Fprintf(table, "\n%s\n", section)
			fmt.Fprintf(table, "case\tms\tmin\tspread\tGINSTRS/s\tGFLOP/s\tneeded\tof peak\t\n")
		}
		name := strings.TrimPrefix(m.Name, "Attend/")
		if m.Skipped != "" {
			fmt.Fprintf(table, "%s\tskipped\t\t\t\t\t\t\t\n", name)
			continue
		}
		share := "?"
		if r.Peak > 0 {
			share = fmt.Sprintf("%.2g %%", 100*m.Speed.Needed*1e9/r.Peak)
		}
		fmt.Fprintf(table, "%s\t%.4g\t%.4g\t%.0f %%\t%.4g\t%.4g\t%.4g\t%s\t\n", name, 1e3*m.Time.Median, 1e3*m.Time.Min,
			100*m.Time.Spread, m.Speed.Instructions, m.Speed.Nominal, m.Speed.Needed, share)
	}
	table.Flush() // into a strings.Builder, which takes everything
	for line := range strings.Lines(aligned.String()) {
		b.WriteString(leftFirst(line))
	}
	fmt.Fprintf(b, "\n%s of a dispatch: median, minimum, half the distance between the quartiles by the median; GINSTRS/s = (2*D + 5)*q*kv*H*B/s\n",
		r.clock())
	for _, m := range r.Rows {
		if m.Skipped != "" {
			fmt.Fprintf(b, "%s: skipped: %s\n", m.Name, m.Skipped)
		}
	}
}

// leftFirst moves the first column of a right-aligned line to the left.
func leftFirst(line string) string {
	trimmed := strings.TrimLeft(line, " ")
	pad := len(line) - len(trimmed)
	name, rest, _ := strings.Cut(strings.TrimRight(trimmed, " \n"), "  ")
	if rest == "" {
		return name + "\n"
	}
	return name + strings.Repeat(" ", pad) + "  " + rest + "\n"
}

func (r *Report) clock() string {
	for _, m := range r.Rows {
		if m.Clock == DeviceClock {
			return "device time"
		}
	}
	return "wall time"
}

func (f *FFI) write(b *strings.Builder) {
	fmt.Fprintf(b, "\nthe same library from Go and from a loop in C, by turns\n")
	for _, row := range f.Rows {
		if row.Skipped != "" {
			fmt.Fprintf(b, "  q=%d kv=%d D=%d: skipped: %s\n", row.Case.QLen, row.Case.KVLen, row.Case.HeadDim, row.Skipped)
			continue
		}
		fmt.Fprintf(b, "  q=%d kv=%d D=%d: Go %s, C %s a call (spread %.0f %% and %.0f %%), C by Go %.4f (%.4f to %.4f)\n",
			row.Case.QLen, row.Case.KVLen, row.Case.HeadDim, duration(row.Go.Median), duration(row.C.Median),
			100*row.Go.Spread, 100*row.C.Spread, row.Ratio, row.Low, row.High)
	}
}

func duration(seconds float64) string {
	switch {
	case seconds < 1e-3:
		return fmt.Sprintf("%.4g us", 1e6*seconds)
	case seconds < 1:
		return fmt.Sprintf("%.4g ms", 1e3*seconds)
	}
	return fmt.Sprintf("%.4g s", seconds)
}

// outcome names what is wrong with the figures, or that nothing is.
func (r *Report) outcome() string {
	var lines []string
	for _, m := range r.Rows {
		switch {
		case m.Impossible != "":
			lines = append(lines, fmt.Sprintf("IMPOSSIBLE: %s: %s", m.Name, m.Impossible))
		case m.Count != nil && (m.Count.Verdict == CountFewer || m.Count.Verdict == CountMore):
			lines = append(lines, fmt.Sprintf("%s: %s; by the wall %.4g GINSTRS/s at most", m.Name, m.Count.Summary(),
				record.SpeedOf(m.Case, 1, m.trueSeconds()).Instructions))
		}
	}
	if r.Unfinished != "" {
		lines = append(lines, "UNFINISHED: "+r.Unfinished)
	}
	switch {
	case len(lines) > 0:
		return strings.Join(lines, "\n")
	case r.Timed() == 0:
		return "NOTHING TIMED"
	}
	return "credible"
}

// trueSeconds is what a dispatch takes by our own clock, whatever the library reports: where fewer dispatches ran than
// were asked for, one call is one dispatch.
func (m *Measurement) trueSeconds() float64 {
	if m.Count != nil && m.Count.Verdict == CountFewer {
		return m.Wall.Median * float64(m.Dispatches)
	}
	return m.Wall.Median
}

// WriteJSON writes the report on one line.
func (r *Report) WriteJSON(w io.Writer) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// WriteBench writes the samples in the Go benchmark format, one of each row and pass, for benchstat and attest compare.
// Rows that cannot be true are left out.
func (r *Report) WriteBench(w io.Writer) error {
	out, err := record.NewBenchWriter(w, r.Header)
	if err != nil {
		return err
	}
	for _, m := range r.Rows {
		if m.Impossible != "" || m.Count != nil && m.Count.Verdict == CountFewer {
			continue
		}
		for _, s := range m.samples {
			if err := out.AddSample(m.Case, record.Sample{Dispatches: s.dispatches, Device: s.device, Wall: s.wall, Yardsticks: s.yardsticks}); err != nil {
				return err
			}
		}
	}
	return nil
}
