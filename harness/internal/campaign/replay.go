package campaign

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/record"
)

// ReplayOptions choose what runs again.
type ReplayOptions struct {
	Conditions
	Items []corpus.Item
	Each  func(corpus.Item, Replayed) // after each case; nil: nobody asks
}

// Replayed is how a case file ended.
type Replayed struct {
	record.Result
	// Note tells how a kept failure ended when it was kept, where it does not end so now. Flaky: the same path has
	// shown both.
	Note  string
	Flaky bool
}

// Replay runs case files again, each in a cold context, in their order, a kept failure under the conditions in which it
// failed.
func Replay(ctx context.Context, o ReplayOptions) (record.Summary, error) {
	a := &rerunner{conditions: o.Conditions}
	defer a.close()
	summary := record.Summary{Requested: len(o.Items), Version: record.BuildVersion(), Commit: record.BuildCommit()}
	var names, devices []string
	start := time.Now()
	for i, item := range o.Items {
		s, err := a.at(item)
		if err != nil {
			return summary, atItem(item, err)
		}
		on, err := a.tester.Describe(ctx)
		if err != nil {
			return summary, err
		}
		if !slices.Contains(names, s.path) {
			names, devices = append(names, s.path), append(devices, on.Device)
		}
		outcome, err := a.tester.Replay(ctx, a.kept(item, s))
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			summary.Interrupted = true
			break
		}
		if err != nil {
			return summary, err
		}
		r := record.NewResult(item.Case, s.path, on, outcome.Verdict, outcome.Timing, outcome.Wall.Seconds())
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
	}
	summary.Path, summary.Device = strings.Join(names, ", "), strings.Join(slices.Compact(devices), ", ")
	summary.SetSeconds(time.Since(start).Seconds())
	return summary, nil
}
