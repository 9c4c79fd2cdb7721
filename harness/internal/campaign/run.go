package campaign

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/evidence"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/report"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// Options are those of a run, as options.json keeps them: enough to go on with it.
type Options struct {
	Path        string        `json:"path"`
	Preset      gen.Preset    `json:"preset"`
	Filter      gen.Filter    `json:"filter"`
	Cases       int           `json:"cases"` // that are judged; 0: until Time is over
	Time        time.Duration `json:"time_ns"`
	Seed        uint64        `json:"seed"`
	Relations   int           `json:"relations"`
	Deadline    time.Duration `json:"deadline_ns"`
	Workers     int           `json:"workers"`
	Reduce      int           `json:"reduce"`       // failures that are reduced, each of another kind
	ReduceCalls int           `json:"reduce_calls"` // most runs of the path for one of them
	// Triggers asks the path when each finding strikes; then Reduce bounds the findings.
	Triggers bool `json:"triggers,omitzero"`
	// Peel draws no case any more that a finding explains, and goes on until Cases have passed.
	Peel bool `json:"peel,omitzero"`
	// Ledger is a file of known failures; empty: none. ExcludeKnown draws no case that it is about.
	Ledger       string `json:"ledger,omitzero"`
	ExcludeKnown bool   `json:"exclude_known,omitzero"`
	// Shard is which part of the cases this run does; zero: all.
	Shard Shard `json:"shard,omitzero"`
	Isolation
}

// Watch follows a run while it goes on. Every field may be nil.
type Watch struct {
	Started func(dir string)
	Case    func(done, failed int)
	// Finding is told of each finding, when its trigger is known.
	Finding func(record.Finding)
	// Reducing is told before a failure is reduced.
	Reducing func(id string)
	// Damaged is told of each line of a merged run that cannot be read, but for the one at which a run was killed: its case
	// is left out.
	Damaged func(error)
	// Judged gets every case that was judged, for counting what was reached.
	Judged func(cases.Case)
}

// Report is what a run came to.
type Report struct {
	Summary record.Summary
	Spent   trial.Spent
	// Elements and Inconclusive count the judged elements of all cases and those among them that could not be judged.
	Elements, Inconclusive int
	Suspicious             int // cases that had elements past the sharp line and passed with another seed
	Interrupted            bool
	Writing, Reducing      time.Duration // beside Spent; Reducing with the search for triggers
}

// Run runs generated cases and keeps everything in the directory dir. When ctx ends, what is done is kept, and the
// report is marked as interrupted.
func Run(ctx context.Context, o Options, dir string, w Watch) (Report, error) {
	stream, err := gen.NewStream(o.Preset, o.Seed, o.Filter)
	if err != nil {
		return Report{}, err
	}
	known, err := openLedger(o.Ledger)
	if err != nil {
		return Report{}, err
	}
	// The path is opened once before the directory is made: a path that does not work here leaves nothing behind.
	tester := &engine.Tester{NewPath: o.opener(o.Path)}
	on, err := tester.Describe(ctx)
	var peak float64
	var unmeasured error // a device that fails here costs the rates their check, not the run its cases
	if err == nil {
		peak, unmeasured = tester.Peak(ctx)
	}
	if err = errors.Join(err, tester.Close()); err != nil {
		return Report{}, err
	}
	run, err := record.Open(dir, o, record.Header{
		Path: o.Path, Device: on.Device, Toolchain: on.Toolchain, Seed: o.Seed, Peak: peak,
		Generator: stream.Fingerprint(), Ledger: known.sum,
	})
	if err != nil {
		return Report{}, err
	}
	r := &runner{options: o, watch: w, run: run, log: run.Logger(), known: known}
	if unmeasured != nil {
		r.log.Warn("rates are held against no peak", "error", unmeasured)
	}
	return r.finish(ctx, stream)
}

type runner struct {
	options Options
	watch   Watch
	run     *record.Run
	log     *slog.Logger
	report  Report
	failed  []failure
	kept    evidence.Conditions
	known   ledgerOf
	search  *findings // nil: nobody asks for triggers
	judged  []outcome // of the cases, in the order in which they ended
	// produce runs the numbers of a batch; nil: generate.
	produce func(ctx context.Context, stream *gen.Stream, o Options, first, end int) error
	// answers keeps what the path answered to a search, before and now; nil: nobody keeps it.
	answers map[string]verdict.Kind
	// recalled is how many of them an earlier part of the run has judged.
	recalled int
	ended    string // why a run that peels ended early
}

type failure struct {
	index  int
	c      cases.Case
	v      verdict.Verdict
	engine string // that ran it: see record.Result
	// reduced means that the run reduced it before it was resumed.
	reduced bool
}

// finish runs what is left of the run and closes it.
func (r *runner) finish(ctx context.Context, stream *gen.Stream) (Report, error) {
	if r.watch.Started != nil {
		r.watch.Started(r.run.Dir())
	}
	err := r.all(ctx, stream)
	if r.search != nil {
		err = errors.Join(err, r.search.close())
	}
	r.draw(ctx)
	r.report.Summary = r.run.Summary()
	r.report.Summary.Ledger = r.known.entries()
	if r.options.Peel {
		r.report.Summary.Peeled, r.report.Summary.Outside, r.report.Summary.Ended = true, r.passedOutside(), r.ended
	}
	r.report.Summary.Requested, r.report.Summary.Interrupted = r.options.Shard.Cases(r.options.Cases), r.report.Interrupted
	r.report.Summary.Shard = r.options.Shard.String()
	r.report.Summary.Directory, r.report.Summary.Version = r.run.Dir(), record.BuildVersion()
	summary := &r.report.Summary
	err = errors.Join(err, r.run.SaveEnd(endOf(summary)), r.run.Close())
	if err == nil {
		_, err = report.Save(r.run.Dir())
	}
	return r.report, err
}

func endOf(s *record.Summary) record.End {
	return record.End{Interrupted: s.Interrupted, Requested: s.Requested, Peeled: s.Peeled, Outside: s.Outside, Why: s.Ended}
}

func (r *runner) all(ctx context.Context, stream *gen.Stream) error {
	o := r.options
	r.log.Info("run", "path", o.Path, "preset", o.Preset, "seed", o.Seed, "cases", o.Cases, "time", o.Time, "workers", o.Workers)
	if o.Time > 0 {
		o.Time -= time.Duration(r.run.Summary().Seconds * float64(time.Second)) // a resumed run has had some of it
		if o.Time <= 0 {
			return r.explainFailures(ctx)
		}
	}
	if o.Triggers {
		r.search = newFindings(r, stream)
	}
	var err error
	if o.Peel {
		err = r.peel(ctx, stream, o)
	} else {
		err = r.batch(ctx, stream, o, 0, o.Cases)
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		r.report.Interrupted = true
		r.log.Warn("interrupted", "cause", context.Cause(ctx))
		return nil
	}
	if err != nil {
		r.log.Error("run ended", "error", err)
		return err
	}
	return r.explainFailures(ctx)
}

func (r *runner) batch(ctx context.Context, stream *gen.Stream, o Options, first, end int) error {
	if r.produce != nil {
		return r.produce(ctx, stream, o, first, end)
	}
	return r.generate(ctx, stream, o, first, end)
}

// generate runs the numbers from first up to one below end; end 0: until o.Time is over.
func (r *runner) generate(ctx context.Context, stream *gen.Stream, o Options, first, end int) error {
	source := avoiding{stream: stream, avoid: r.avoids()}
	return engine.Run(ctx, engine.Config{
		Source: source.Case, Redraw: source.Draw, Cases: end, Time: o.Time, Workers: o.Workers, NewPath: o.opener(o.Path),
		// With several workers the reference of one case need not be spread over the processors as well.
		Trial: trial.Options{Relations: o.Relations, Deadline: o.Deadline, Workers: referenceWorkers(o.Workers)},
		Skip:  func(index int) bool { return index < first || !o.Shard.Holds(index) || r.run.Finished(index) },
		// Only a processor that would otherwise be idle gains anything by it.
		CompileAhead: isHost(o.Path) && o.Workers < runtime.NumCPU(),
		Sink:         r.take,
	})
}

// explainFailures reduces failures, and asks for their triggers where that is wanted.
func (r *runner) explainFailures(ctx context.Context) error {
	if r.options.Triggers {
		return r.find(ctx)
	}
	return r.reduceFailures(ctx)
}

func referenceWorkers(workers int) int {
	if workers > 1 {
		return 1
	}
	return 0
}

// setting is what every case of the run runs under.
func (r *runner) setting() setting {
	return setting{r.options.Path, r.options.Deadline, r.options.Isolation}
}

// settingOf is what a failure of the run is run again under: on the engine on which it failed.
func (r *runner) settingOf(f failure) setting {
	s := r.setting()
	s.path = record.OnEngine(s.path, f.engine)
	return s
}

// keeping is what a failure of the run keeps; the files it names are read once.
func (r *runner) keeping() evidence.Conditions {
	if r.kept.Path == "" {
		r.kept = r.setting().keeping()
	}
	return r.kept
}

// isHost reports whether a path computes on this machine's processors, where a second context only takes what is idle.
// On a GPU it would disturb what is timed.
func isHost(path string) bool {
	kind, _, _ := strings.Cut(path, "?")
	return kind == "host"
}
