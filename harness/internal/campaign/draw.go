package campaign

import (
	"context"
	"time"

	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/verdict"
)

// drawTime bounds the run that a picture takes, reference and guesses included.
const drawTime = 30 * time.Second

// draw runs a reduced case once more and keeps the picture of its output, for the report. A case that gives no output
// has none; that one could not be drawn is told and costs nothing else.
func (r *runner) draw(ctx context.Context, id string, reduced Reduced) {
	switch reduced.Verdict.Kind {
	case verdict.Crash, verdict.Hang, verdict.Error:
		return
	}
	ctx, stop := context.WithTimeout(ctx, drawTime)
	defer stop()
	o := r.options
	shown, err := Show(ctx, Conditions{Path: o.Path, Deadline: o.Deadline, Isolation: o.Isolation},
		corpus.Item{Path: id, Case: reduced.Case, Failure: reduced.Failure})
	if err == nil && shown.Picture != nil {
		err = r.run.SavePicture(id, shown.Picture)
	}
	if err != nil {
		r.log.Warn("no picture", "id", id, "error", err)
	}
}
