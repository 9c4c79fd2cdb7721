package campaign

import (
	"context"
	"time"

	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/trial"
)

// ReplayOptions says what to run again.
type ReplayOptions struct {
	Path      string
	Items     []corpus.Item
	Relations int
	Deadline  time.Duration
	Isolation Isolation
	Each      func(corpus.Item, record.Result) // after each case; nil: nobody asks
}

// Replay runs case files again, each in a cold context, in their order.
func Replay(ctx context.Context, o ReplayOptions) (record.Summary, error) {
	tester := &engine.Tester{
		NewPath: o.Isolation.opener(o.Path),
		// Every file is repeated: one that was kept because its bits change must show that again.
		Trial: trial.Options{Relations: o.Relations, Deadline: o.Deadline, Repeats: trial.RepeatAll},
	}
	defer tester.Close()
	on, err := tester.Describe(ctx)
	if err != nil {
		return record.Summary{}, err
	}
	summary := record.Summary{Path: o.Path, Device: on.Device}
	start := time.Now()
	for i, item := range o.Items {
		outcome, err := tester.Try(ctx, item.Case)
		if err != nil {
			return summary, err
		}
		r := record.NewResult(item.Case, o.Path, on, outcome.Verdict, outcome.Timing, outcome.Wall.Seconds())
		r.Index, r.Laws, r.NotJudged = i, outcome.Laws, outcome.NotJudged
		summary.AddFile(r, item.Path)
		if o.Each != nil {
			o.Each(item, r)
		}
	}
	summary.SetSeconds(time.Since(start).Seconds())
	return summary, nil
}
