package compare

import (
	"cmp"
	"fmt"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Options decide which differences count.
type Options struct {
	Threshold float64  // a slowdown counts from this share on: 0.05 is 5 %
	Alpha     float64  // probability of a false alarm in a comparison of two equal runs; default 0.05
	By        []string // Dimensions that make a group; default all
	// MinShared is the share of the smaller run's cases that both must have judged; 0: any runs are compared. It is of run
	// directories: benchmark files are compared by name.
	MinShared float64
}

// DefaultMinShared is what the command asks for.
const DefaultMinShared = 0.5

// DefaultThreshold and DefaultAlpha are what the command starts from.
const (
	DefaultThreshold = 0.05
	DefaultAlpha     = 0.05
)

func (o *Options) fill() error {
	if o.Alpha == 0 {
		o.Alpha = DefaultAlpha
	}
	if len(o.By) == 0 {
		o.By = Dimensions()
	}
	if !(o.Threshold >= 0) || o.Threshold > 100 {
		return fmt.Errorf("threshold %g; want 0 or more, as a share: 0.05 is 5 %%", o.Threshold)
	}
	if !(o.MinShared >= 0 && o.MinShared <= 1) {
		return fmt.Errorf("min-shared %g; want a share from 0 to 1", o.MinShared)
	}
	if !(o.Alpha > 0 && o.Alpha < 1) {
		return fmt.Errorf("alpha %g; want a probability between 0 and 1", o.Alpha)
	}
	return checkBy(o.By)
}

// Report is the comparison of two runs.
type Report struct {
	Options  Options
	Old, New *Side

	Judged  bool // both sides hold verdicts
	Shared  int  // cases that both have
	Changes []Change

	Unit string // record.UnitYardstick, UnitDevice or UnitWall: what the rows are in; empty: no row
	// ClockMean is, where the rows are in yardsticks, the geometric mean of the ratios by the clock alone; else 0.
	ClockMean float64
	Rows      []Row
	All       *Row // every row's cases together; nil without rows
	Warnings  []string
}

// Row compares the speed of a group of cases. Ratios are new/old: above 1 is slower.
type Row struct {
	Group    Group
	Pairs    int  // cases that both runs timed
	OldCases int  // cases that make up Old
	NewCases int  // and New
	Paired   bool // the sign test over pairs; else the U test
	PerWork  bool // Old and New are seconds for each 10^9 instructions, since the cases differ

	Old, New benchmath.Summary // in Report.Unit: of the cases' medians, or of the dispatches of a single case
	Ratio    benchmath.Summary // of the pairs; without pairs its Center is new over old, and Lo, Hi are infinite
	GeoMean  float64           // of the pairs' ratios; 0 without pairs
	P        float64           // that chance alone separates old and new so far
	Adjusted float64           // P, adjusted for the number of rows
	Slower   bool              // significantly, and past the threshold
	Faster   bool              // likewise
	Warnings []string

	reachable float64 // the smallest P that so few numbers can reach
}

// Worse reports a significant slowdown past the threshold or a nonconformity that the old run did not show.
func (r *Report) Worse() bool {
	return r.slower() > 0 || slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Kind.Worse() })
}

// slower counts the rows that are; the row of all counts too.
func (r *Report) slower() int {
	n := 0
	for _, row := range r.allRows() {
		if row.Slower {
			n++
		}
	}
	return n
}

// allRows returns the rows and, last, the row of all.
func (r *Report) allRows() []*Row {
	var rows []*Row
	for i := range r.Rows {
		rows = append(rows, &r.Rows[i])
	}
	if r.All != nil {
		rows = append(rows, r.All)
	}
	return rows
}

// Compare reads two run directories, or two files in the Go benchmark format, and compares them. An error means
// that one of them cannot be read at all; damaged lines are in the report.
func Compare(oldSource, newSource string, o Options) (*Report, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	before, err := readSide(oldSource)
	if err != nil {
		return nil, fmt.Errorf("old: %w", err)
	}
	after, err := readSide(newSource)
	if err != nil {
		return nil, fmt.Errorf("new: %w", err)
	}
	if before.Judged != after.Judged {
		return nil, fmt.Errorf("%s and %s: one is a run directory and the other a benchmark file; want two of a kind", oldSource, newSource)
	}
	alignPaths(before, after)
	r := &Report{Options: o, Old: before, New: after, Judged: before.Judged}
	list, shared := changes(before, after)
	r.Shared = shared
	if least := min(before.Cases, after.Cases); r.Judged && float64(shared) < o.MinShared*float64(least) {
		return nil, fmt.Errorf("%s and %s share %d of %d and %d cases; want at least %.3g %% of the smaller: runs of one seed and preset, or --min-shared 0",
			oldSource, newSource, shared, before.Cases, after.Cases, 100*o.MinShared)
	}
	if r.Judged {
		r.Changes = list
	}
	r.compareSpeed()
	r.warn()
	return r, nil
}

func (r *Report) compareSpeed() {
	pool := r.pool()
	if len(pool.groups) == 0 {
		r.Warnings = append(r.Warnings, "no speed to compare: no group of cases is timed on both sides")
		return
	}
	r.Unit, r.ClockMean = pool.unit, pool.clockMean
	for g, p := range pool.groups {
		r.Rows = append(r.Rows, p.row(g, r.Options.Alpha))
	}
	slices.SortFunc(r.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Group.Shape, b.Group.Shape), cmp.Compare(a.Group.Precision, b.Group.Precision),
			cmp.Compare(a.Group.Mask, b.Group.Mask), cmp.Compare(a.Group.Path, b.Group.Path))
	})
	all := pool.all.row(Group{Shape: "all"}, r.Options.Alpha)
	r.All = &all
	r.decide()
	if pool.leftOut > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d cases that both runs timed have no %s on both sides and are left out", pool.leftOut, pool.unit))
	}
}

// peakDiffers is from what ratio on two measured peaks are worth a warning.
const peakDiffers = 1.05

// decide adjusts the p-values of all rows together and marks those that are slower or faster. A row that could not
// be significant whatever was measured makes no false alarm, so the others need not pay for it.
func (r *Report) decide() {
	var rows []*Row
	for _, row := range r.allRows() {
		if row.Adjusted = 1; row.reachable <= r.Options.Alpha {
			rows = append(rows, row)
		}
	}
	p := make([]float64, len(rows))
	for i, row := range rows {
		p[i] = row.P
	}
	for i, adjusted := range holm(p) {
		row := rows[i]
		row.Adjusted = adjusted
		significant := adjusted < r.Options.Alpha
		row.Slower = significant && row.Ratio.Center > 1+r.Options.Threshold
		row.Faster = significant && row.Ratio.Center < 1/(1+r.Options.Threshold)
	}
}

func (r *Report) warn() {
	was, is := r.Old.Header, r.New.Header
	for _, f := range []struct{ name, was, is string }{
		{"device", was.Device, is.Device}, {"toolchain", was.Toolchain, is.Toolchain},
		{"system", was.OS + "/" + was.Arch, is.OS + "/" + is.Arch}, {"seed", fmt.Sprint(was.Seed), fmt.Sprint(is.Seed)},
	} {
		if f.was != f.is {
			r.Warnings = append(r.Warnings, fmt.Sprintf("the %s differs: %q, now %q", f.name, f.was, f.is))
		}
	}
	if ratio := is.Peak / was.Peak; is.Peak > 0 && was.Peak > 0 && (ratio > peakDiffers || ratio < 1/peakDiffers) {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the device's measured peak differs: %.4g GFLOP/s, now %.4g: a change of about %.2f is the machine's",
			was.Peak/1e9, is.Peak/1e9, 1/ratio))
	}
	for _, s := range []*Side{r.Old, r.New} {
		for _, err := range s.Damaged {
			r.Warnings = append(r.Warnings, "left out: "+err.Error())
		}
	}
}
