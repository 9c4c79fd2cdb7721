package campaign

import (
	"context"
	"os"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// drawTime bounds the run that a picture takes, reference and guesses included.
const drawTime = 30 * time.Second

// draw runs the reduced cases of the run once more and keeps the pictures of their outputs, for the report. A case
// without an output has none; where one cannot be drawn, the log has the reason and the run goes on.
func (r *runner) draw(ctx context.Context) {
	for _, f := range r.run.Summary().Failures {
		if f.Reduced == "" || ctx.Err() != nil {
			continue
		}
		if p, err := record.ReadPicture(r.run.Dir(), f.Case); p != nil && err == nil {
			continue // drawn before the run was resumed
		}
		if err := r.drawOne(ctx, f.Case, f.Reduced); err != nil {
			r.log.Warn("no picture", "id", f.Case, "error", err)
		}
	}
}

func (r *runner) drawOne(ctx context.Context, id, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	c, e, err := cases.DecodeFile(text)
	if err != nil {
		return err
	}
	if e != nil {
		switch e.Verdict {
		case verdict.Crash, verdict.Hang, verdict.Error:
			return nil
		}
	}
	ctx, stop := context.WithTimeout(ctx, drawTime)
	defer stop()
	o := r.options
	shown, err := Show(ctx, Conditions{Path: o.Path, Deadline: o.Deadline, Isolation: o.Isolation}, corpus.Item{Path: file, Case: c, Failure: e})
	if err != nil || shown.Picture == nil {
		return err
	}
	return r.run.SavePicture(id, shown.Picture)
}
