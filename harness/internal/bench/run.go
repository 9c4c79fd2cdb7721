package bench

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/peak"
	"attest.example/attest/harness/internal/record"
)

// Options are what is timed, and how long.
type Options struct {
	N       int // q_len and kv_len of the square rows; 0: 1024, as in the published figures
	MaxKeys int // where the rows over many keys end; 0: 16384
	Heads   int // rows of so many heads in place of the others: Grid; 0: the table
	Effort  Effort
	FFI     bool // also what a call costs from Go beside the same call from C
	// Only keeps the rows whose name contains one of these; empty: all.
	Only []string
	// Peak is the device's peak in operations a second; 0: measured where the device is within reach.
	Peak float64
	// Pass is told of each pass over the table before it begins, the first being 0; may be nil.
	Pass func(n, of int)
}

// Report is what a run of the benchmark found.
type Report struct {
	Header record.Header `json:"header"`
	// Peak is that which rates are held against, in operations a second; 0: not known.
	Peak float64 `json:"peak_flops"`
	// PeakFrom is where Peak comes from, or why there is none.
	PeakFrom string        `json:"peak_from"`
	Rows     []Measurement `json:"rows"`
	FFI      *FFI          `json:"ffi,omitempty"`
	// Unfinished is why the run ended before its time: rows are missing, or have fewer samples.
	Unfinished string `json:"unfinished,omitempty"`
}

// Credible reports that no row claims what cannot be: more than the device's peak, or dispatches that did not run.
func (r *Report) Credible() bool {
	for _, m := range r.Rows {
		if m.Impossible != "" || m.Count != nil && m.Count.Verdict == CountFewer {
			return false
		}
	}
	return true
}

// Timed is how many rows were timed.
func (r *Report) Timed() int {
	n := 0
	for _, m := range r.Rows {
		if m.Skipped == "" {
			n++
		}
	}
	return n
}

// Run times the table. When ctx ends, or a call fails, it returns what it has, with the error.
func Run(ctx context.Context, t Target, o Options) (*Report, error) {
	if o.N == 0 {
		o.N = 1024
		if o.Heads > 0 {
			o.N = 4096
		}
	}
	if o.MaxKeys == 0 {
		o.MaxKeys = 16384
	}
	if o.Effort == (Effort{}) {
		o.Effort = DefaultEffort
	}
	table, err := Table(o.N, o.MaxKeys)
	if o.Heads > 0 {
		table, err = Grid(o.N, o.Heads)
	}
	if err != nil {
		return nil, err
	}
	for _, part := range o.Only {
		if part == "" || !slices.ContainsFunc(table, func(row Row) bool { return matches(record.BenchName(row.Case), []string{part}) }) {
			return nil, fmt.Errorf("no row of the table has %q in its name; want parts of names such as %s", part, record.BenchName(table[0].Case))
		}
	}
	table = slices.DeleteFunc(table, func(row Row) bool { return !matches(record.BenchName(row.Case), o.Only) })
	if o.FFI && !t.Counts() {
		return nil, fmt.Errorf("path %s is Go: there is no way to C to measure", t.Name())
	}
	on := t.Describe()
	r := &Report{Header: record.Header{Path: t.Name(), Device: on.Device, Toolchain: on.Toolchain}}
	r.Header.FillDefaults()
	if r.Peak, r.PeakFrom, err = peakOf(ctx, t, o.Peak); err != nil {
		return r, err
	}
	timer := &timer{target: t, effort: o.Effort, now: time.Now, pass: o.Pass}
	if owner, ok := t.(deviceOwner); ok {
		if device, processors := owner.Device(); device != nil {
			yardstick, err := peak.NewYardstick(device, processors)
			if err != nil {
				return r, err
			}
			defer yardstick.Close()
			timer.yardstick = func(about time.Duration) (float64, error) {
				seconds, err := yardstick.Run(about)
				if err == nil && o.Peak == 0 { // no device is slower than it was seen to be
					r.Peak = max(r.Peak, 1e9/seconds)
				}
				return seconds, err
			}
		}
	}
	r.Rows, err = timer.table(ctx, table)
	for i := range r.Rows {
		r.Rows[i].hold(r.Peak)
	}
	if err == nil && o.FFI {
		r.FFI, err = timer.ffi(ctx, o.N)
	}
	if err != nil {
		r.Unfinished = err.Error()
	}
	return r, err
}

// peakOf finds what rates are held against. A path in Go computes on the same processors as the host device.
func peakOf(ctx context.Context, t Target, given float64) (flops float64, from string, err error) {
	if given > 0 {
		return given, "as given", nil
	}
	if measured, ok := t.(paths.Peaker); ok {
		if flops, err = measured.Peak(ctx); err != nil || flops > 0 {
			return flops, "measured on the device", err
		}
		return 0, "not known: the library offers attention and nothing else", nil
	}
	flops, err = hostPeak(peak.UsualTime)
	if err != nil {
		return 0, "not known: " + err.Error(), nil
	}
	return flops, "measured on these processors", nil
}

// hostPeak measures the peak of this machine's processors.
func hostPeak(limit time.Duration) (flops float64, err error) {
	p, err := peak.Measure(nil, runtime.NumCPU(), limit)
	return p.FLOPS(), err
}

func matches(name string, only []string) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(part string) bool { return strings.Contains(name, part) })
}
