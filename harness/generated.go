package harness

import (
	"context"
	"fmt"
	"time"

	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// generated tries cases until as many as were asked for have been judged, or one fails.
func (r *conformer) generated() {
	r.t.Helper()
	stream, err := gen.NewStream(r.preset, r.seed, r.filter)
	if err != nil {
		r.t.Fatalf("attest: %v", err)
	}
	ctx, cancel := within(r.t.Context(), r.ends.cases)
	defer cancel()
	before := r.judged()
	r.want = r.cases
	var allowance engine.Allowance
	for i := 0; i < r.cases && r.why == ""; i++ {
		began := time.Now()
		d, err := r.supported(ctx, stream, i, &allowance)
		switch {
		case r.timeIsOver(ctx, err):
			r.why = deadlineNear
			if took := time.Since(began); took > time.Second {
				r.why += fmt.Sprintf("; case %d of seed %d was given up after %v", i, r.seed, took.Round(time.Second))
			}
		case err != nil:
			r.t.Fatalf("attest: case %d of seed %d: %v", i, r.seed, err)
		case d.outcome.Verdict.Kind == verdict.Unsupported:
			r.why = "the path refuses nearly everything that is drawn; harness.Only can ask for what it supports"
		case d.outcome.Verdict.Kind.Fails():
			r.t.Errorf("%s", r.report(r.t.Context(), d.c, d.outcome.Verdict, d.origin(r.seed)))
			return
		}
	}
	r.got = r.judged() - before
}

// drawn is a generated case that ran.
type drawn struct {
	index, draw int
	c           Case
	outcome     trial.Outcome
}

func (d *drawn) origin(seed uint64) string {
	if d.draw == 0 {
		return fmt.Sprintf("case %d of seed %d", d.index, seed)
	}
	return fmt.Sprintf("case %d of seed %d, draw %d", d.index, seed, d.draw)
}

// supported tries the draws of a number up to the first that the path does not refuse. Where there is none, it is the
// last that the allowance left, and unsupported.
func (r *conformer) supported(ctx context.Context, stream *gen.Stream, index int, allowance *engine.Allowance) (drawn, error) {
	for draw := 0; ; draw++ {
		if err := ctx.Err(); err != nil {
			return drawn{}, err
		}
		c, err := stream.Draw(index, draw)
		if err != nil {
			return drawn{}, err
		}
		outcome, err := r.try(ctx, c)
		if err != nil {
			return drawn{}, err
		}
		r.counts.add(outcome)
		if outcome.Verdict.Kind != verdict.Unsupported {
			allowance.Judged()
		} else if allowance.Refused(outcome.Called) {
			continue
		}
		return drawn{index, draw, c, outcome}, nil
	}
}

// try asks the path before its context is made cold for the case, which may take longer than many answers.
func (r *conformer) try(ctx context.Context, c Case) (trial.Outcome, error) {
	if err := paths.Supports(r.path, c); err != nil {
		return trial.Outcome{Verdict: verdict.Verdict{Kind: verdict.Unsupported, Reason: err.Error()}}, nil
	}
	return r.tester.Try(ctx, c)
}
