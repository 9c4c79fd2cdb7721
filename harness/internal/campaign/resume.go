package campaign

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// ReadOptions returns the options that the run in a directory was begun with.
func ReadOptions(dir string) (Options, error) {
	_, o, err := readRun(dir)
	return o, err
}

// readRun returns the header of the run in a directory, too.
func readRun(dir string) (record.Header, Options, error) {
	header, text, err := record.ReadOptions(dir)
	if err != nil {
		return record.Header{}, Options{}, err
	}
	o, err := DecodeOptions(text)
	if err != nil {
		return record.Header{}, Options{}, fmt.Errorf("%s: %w", filepath.Join(dir, record.OptionsFile), err)
	}
	return header, o, nil
}

// DecodeOptions reads options as options.json has them. The text may have been written by anyone.
func DecodeOptions(text []byte) (Options, error) {
	var o Options
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil {
		return Options{}, fmt.Errorf("options: %w", err)
	}
	if field, want := o.impossible(); field != "" {
		return Options{}, fmt.Errorf("options: %s: want %s", field, want)
	}
	return o, nil
}

// MaxWorkers is how many cases run at once at most.
const MaxWorkers = 1024

// impossible names an option that no run can have been begun with: the file may have been written by anyone.
func (o *Options) impossible() (field, want string) {
	switch {
	case o.Cases < 0 || o.Time < 0 || o.Cases == 0 && o.Time == 0:
		return "cases, time_ns", "one of them above 0"
	case o.Workers < 1 || o.Workers > MaxWorkers:
		return "workers", fmt.Sprintf("1 to %d", MaxWorkers)
	case o.Deadline < 0:
		return "deadline_ns", "0 or more"
	case o.Reduce < 0 || o.ReduceCalls < 0:
		return "reduce, reduce_calls", "0 or more"
	case o.Memory < 0:
		return "memory_bytes", "0 or more"
	case !o.Shard.valid():
		return "shard", fmt.Sprintf("a number from 1 to of, and of at most %d", MaxShards)
	case o.Shard != Shard{} && o.Peel:
		return "shard, peel", "one of them"
	}
	return "", ""
}

// Resume goes on with the run in a directory, which an interrupt, a full disk or kill -9 has ended: cases that are
// recorded do not run again, failures that are not reduced yet are. The options are those that it was begun with;
// workers, where not 0, may be other ones, for no verdict depends on them.
func Resume(ctx context.Context, dir string, workers int, w Watch) (Report, error) {
	header, o, err := readRun(dir)
	if err != nil {
		return Report{}, err
	}
	if workers > 0 {
		o.Workers = workers
	}
	stream, err := gen.NewStream(o.Preset, o.Seed, o.Filter)
	if err != nil {
		return Report{}, fmt.Errorf("%s: %w", filepath.Join(dir, record.OptionsFile), err)
	}
	if err := sameCases(dir, header, stream); err != nil {
		return Report{}, err
	}
	known, err := openLedger(o.Ledger)
	if err != nil {
		return Report{}, err
	}
	tester := &engine.Tester{NewPath: o.opener(o.Path)}
	on, err := tester.Describe(ctx)
	if err = errors.Join(err, tester.Close()); err != nil {
		return Report{}, err
	}
	run, err := record.Reopen(dir)
	if err != nil {
		return Report{}, err
	}
	r := &runner{options: o, watch: w, run: run, log: run.Logger(), known: known}
	r.log.Info("resumed", "cases", run.Summary().Cases)
	if h := run.Header(); h.Device != on.Device || h.Toolchain != on.Toolchain {
		r.log.Warn("the device or its toolchain is another", "was", h.Device+", "+h.Toolchain, "is", on.Device+", "+on.Toolchain)
	}
	for _, err := range run.Damage() {
		r.log.Warn("damaged", "error", err)
	}
	if err := r.recall(dir); err != nil {
		return Report{}, errors.Join(err, run.Close())
	}
	return r.finish(ctx, stream)
}

// sameCases refuses to go on where this attest would draw others: the run would be half of one and half of another, and
// nothing in it would say so.
func sameCases(dir string, header record.Header, stream *gen.Stream) error {
	if own := stream.Fingerprint(); header.Generator != "" && header.Generator != own {
		return fmt.Errorf("%s: begun with generator %s, and this attest has %s, which draws other cases for the same seed; go on with the attest that began it, or begin anew",
			dir, header.Generator, own)
	}
	return nil
}

// recall takes in what the recorded cases mean for the report and for what is to be reduced.
func (r *runner) recall(dir string) error {
	reduced := map[string]bool{}
	for _, f := range r.run.Summary().Failures {
		reduced[f.Case] = f.Reduced != ""
	}
	for result, err := range record.Read(dir) {
		var damaged *record.LineError
		if errors.As(err, &damaged) {
			continue
		}
		if err != nil {
			return err
		}
		r.count(result.Verdict)
		r.reached(result.Kind, result.Case)
		if _, err := r.known.judgeAgain(&result); err != nil {
			return err
		}
		r.judged = append(r.judged, outcome{result.Index, result.Case, result.Kind, result.Known != ""})
		if result.Kind.Fails() && result.Known == "" {
			r.failed = append(r.failed, failure{result.Index, result.Case, result.Verdict, result.Engine, reduced[result.ID]})
		}
	}
	r.recalled = len(r.judged)
	return nil
}

// count adds a verdict to the report.
func (r *runner) count(v verdict.Verdict) {
	r.report.Elements += v.Elements
	r.report.Inconclusive += v.Inconclusive
	if v.Kind == verdict.Pass && v.Suspicious > 0 {
		r.report.Suspicious++
	}
}
