package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/trigger"
	"attest.example/attest/harness/internal/verdict"
)

// Cases of a run that peels come in batches. What is avoided changes only between two of them, so that a case depends on
// the seed and on the verdicts of the batches before its own, and not on which worker was faster.
const (
	firstBatch = 4 * engine.SequenceLength
	lastBatch  = 32 * engine.SequenceLength
	// hopeless is how many times the cases that are to pass may run in all.
	hopeless = 4
)

// avoids are the cases that are not drawn; nil: all are.
func (r *runner) avoids() func(*cases.Case) bool {
	if !r.options.Peel && !r.options.ExcludeKnown {
		return nil
	}
	return func(c *cases.Case) bool {
		return r.options.ExcludeKnown && r.known.about(c) || r.options.Peel && r.search != nil && r.search.explains(c)
	}
}

// passedOutside counts the cases that passed and that no finding is about.
func (r *runner) passedOutside() int {
	n := 0
	for _, o := range r.judged {
		if o.kind == verdict.Pass && (r.search == nil || !r.search.explains(&o.c)) {
			n++
		}
	}
	return n
}

// peel runs batches. After each of them the failures are explained, and the next one is drawn outside what explains them.
func (r *runner) peel(ctx context.Context, stream *gen.Stream, o Options) error {
	var until time.Time
	if o.Time > 0 {
		until = time.Now().Add(o.Time)
	}
	size, first := firstBatch, 0
	for _, j := range r.judged { // of a run that is resumed
		first = max(first, (j.index/engine.SequenceLength+1)*engine.SequenceLength)
	}
	if first > 0 {
		if err := r.find(ctx); err != nil {
			return err
		}
	}
	for ctx.Err() == nil {
		batch := o
		if !until.IsZero() {
			if batch.Time = time.Until(until); batch.Time <= 0 {
				return nil
			}
		}
		before := len(r.search.of)
		end := first + size
		if missing := o.Cases - r.passedOutside(); o.Cases > 0 {
			end = first + min(size, (missing+engine.SequenceLength-1)/engine.SequenceLength*engine.SequenceLength)
		}
		if err := r.batch(ctx, stream, batch, first, end); err != nil {
			if errors.Is(err, errNothingLeft) {
				r.ended = err.Error()
				return nil
			}
			return err
		}
		if err := r.find(ctx); err != nil {
			return err
		}
		first = end
		if len(r.search.of) == before {
			size = min(2*size, lastBatch)
		} else {
			size = firstBatch
		}
		switch {
		case o.Cases > 0 && r.passedOutside() >= o.Cases:
			return nil
		case slices.ContainsFunc(r.search.lab.Findings(), (*trigger.Finding).Everywhere):
			r.ended = "a finding strikes everywhere: nothing is left to draw"
			return nil
		case len(r.search.of) >= o.Reduce && len(r.search.left()) > 0:
			r.ended = fmt.Sprintf("%d findings, which is as many as are looked for, and other failures", len(r.search.of))
			return nil
		case o.Cases > 0 && first >= hopeless*o.Cases+40*firstBatch:
			r.ended = fmt.Sprintf("after %d cases failures go on that no simple condition explains", first)
			return nil
		}
	}
	return ctx.Err()
}
