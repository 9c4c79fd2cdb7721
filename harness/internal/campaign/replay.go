package campaign

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/record"
)

// ReplayOptions choose what runs again.
type ReplayOptions struct {
	Conditions
	Items   []corpus.Item
	First   int                         // the number of the first, of a replay in pieces
	Workers int                         // files at once; 0: one
	Each    func(corpus.Item, Replayed) // after each case, in the files' order; nil: nobody asks
}

// Replayed is how a case file ended.
type Replayed struct {
	record.Result
	// Note tells how a kept failure ended when it was kept, where it does not end so now. Flaky: the same path has
	// shown both.
	Note  string
	Flaky bool
}

// Replay runs case files again, each in a cold context, a kept failure under the conditions in which it failed. Several may
// run at once; what is reported keeps the order of the files.
func Replay(ctx context.Context, o ReplayOptions) (record.Summary, error) {
	summary := record.Summary{Requested: len(o.Items), Version: record.BuildVersion(), Commit: record.BuildCommit()}
	var names, devices []string
	start := time.Now()
	err := rerunAll(ctx, o, func(i int, again rerun) {
		item, outcome := o.Items[i], again.outcome
		if !slices.Contains(names, again.path) {
			names, devices = append(names, again.path), append(devices, again.on.Device)
		}
		r := record.NewResult(item.Case, again.path, again.on, outcome.Verdict, outcome.Timing, outcome.Wall.Seconds())
		r.Index, r.Laws, r.NotJudged = i, outcome.Laws, outcome.NotJudged
		if r.Kind.Fails() {
			r.Wrote = record.Tail(outcome.Stack)
		}
		summary.AddFile(r, item.Path, outcome.Note)
		if outcome.Flaky {
			summary.Flaky++
		}
		if outcome.Note != "" && !r.Kind.Fails() {
			summary.NoLonger++
		}
		if o.Each != nil {
			o.Each(item, Replayed{r, outcome.Note, outcome.Flaky})
		}
	})
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		summary.Interrupted, err = true, nil
	}
	if err != nil {
		return summary, err
	}
	summary.Path, summary.Device = strings.Join(names, ", "), strings.Join(slices.Compact(devices), ", ")
	summary.SetSeconds(time.Since(start).Seconds())
	return summary, nil
}

// rerun is how one file ended, on which path and on what that runs, or why it could not be run.
type rerun struct {
	path    string
	on      paths.Description
	outcome engine.Rerun
	err     error
}

// rerunAll has each worker take the next file and hands on how the files ended, in their order. The first that could not be
// run ends it.
func rerunAll(ctx context.Context, o ReplayOptions, each func(int, rerun)) error {
	ctx, stop := context.WithCancel(ctx)
	ended := make([]chan rerun, len(o.Items))
	for i := range ended {
		ended[i] = make(chan rerun, 1)
	}
	var next atomic.Int64
	var working sync.WaitGroup
	defer func() {
		stop()
		working.Wait()
	}()
	for range min(max(o.Workers, 1), len(o.Items)) {
		working.Go(func() {
			a := &rerunner{conditions: o.Conditions}
			defer a.close()
			for i := next.Add(1) - 1; i < int64(len(o.Items)); i = next.Add(1) - 1 {
				ended[i] <- a.again(ctx, o.Items[i], o.First+int(i))
			}
		})
	}
	for i := range ended {
		again := <-ended[i]
		if again.err != nil {
			return again.err
		}
		each(i, again)
	}
	return nil
}

// again runs the file of a number.
func (a *rerunner) again(ctx context.Context, item corpus.Item, number int) (r rerun) {
	if r.err = ctx.Err(); r.err != nil {
		return r
	}
	s, err := a.at(item)
	if err != nil {
		return rerun{err: atItem(item, err)}
	}
	r.path = s.path
	a.tester.Turn = number/engine.SequenceLength + 1
	if r.on, r.err = a.tester.Describe(ctx); r.err == nil {
		r.outcome, r.err = a.tester.Replay(ctx, a.kept(item, s))
	}
	return r
}
