package engine

import (
	"context"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/compiling"
	"attest.example/attest/harness/internal/paths"
)

// aheadDeadline ends a call that is made ahead, should it hang.
const aheadDeadline = 30 * time.Second

// compileAhead looks at the cases that come after those that the workers begin with and runs each kind of them in its
// smallest size, on a path of its own, so that what a path compiles for it is in the path's cache on disk when a worker
// needs it. Nothing comes of it but time: it judges nothing, and where it fails the workers find out by themselves.
func (e *engine) compileAhead(ctx context.Context) {
	w := worker{engine: e}
	defer w.close()
	if w.open(ctx) != nil {
		return
	}
	seen := map[string]bool{}
	for index := e.cfg.First + max(e.cfg.Workers, 1)*SequenceLength; !e.over(index) && ctx.Err() == nil; index++ {
		if e.skips(index) {
			continue
		}
		c, err := e.supported(w.path, index)
		if err != nil {
			return // the workers will come to it and report the error
		}
		small, ok := smallest(c)
		if !ok || seen[cases.Name(small)] || paths.Supports(w.path, small) != nil {
			continue
		}
		seen[cases.Name(small)] = true
		call, cancel := compiling.WithTimeout(ctx, aheadDeadline, compiling.Of(w.path))
		_, err = w.path.Attend(call, small, cases.Materialize(small))
		cancel()
		if err != nil && w.reopen(ctx) != nil {
			return
		}
	}
}

// aheadDraws is how many draws are looked at for one that the path supports.
const aheadDraws = 1000

// supported returns the case of a number that a worker will come to, as far as the path can be asked without a call.
func (e *engine) supported(p paths.Path, index int) (cases.Case, error) {
	c, err := e.cfg.Source(index)
	for draw := 1; err == nil && e.cfg.Redraw != nil && draw < aheadDraws && paths.Supports(p, c) != nil; draw++ {
		c, err = e.cfg.Redraw(index, draw)
	}
	return c, err
}

// smallest is one row over one key, with all of c that a kernel may be compiled for: formats, head_dim, the kind of
// mask, grouped heads, logsumexp.
func smallest(c cases.Case) (small cases.Case, ok bool) {
	small = cases.Case{
		Version: c.Version, Batch: 1, Heads: c.Group(), KVHeads: 1, QLen: 1, KVLen: 1, HeadDim: c.HeadDim, VHeadDim: c.VHeadDim,
		Input: c.Input, Output: c.Output, Intermediate: c.Intermediate, LSE: c.LSE,
		Mask: cases.Mask{Kind: c.Mask.Kind, Align: c.Mask.Align, Format: c.Mask.Format},
	}
	return small, small.Normalize() == nil
}
