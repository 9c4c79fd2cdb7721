package reference

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// Options choose how Attend works; they change no bit of the result, except
// RowBlock, which may change the last bit of a sum.
type Options struct {
	// Workers is the number of goroutines; 0: as many as GOMAXPROCS.
	Workers int
	// RowBlock is the number of rows computed together, at most 64; 0 chooses
	// one that fits the caches. Memory grows with RowBlock*kv_len a worker.
	RowBlock int
	// OutputOnly leaves out the bound, the sharp line and all demands: several
	// times as fast, for callers that compare two runs with each other.
	OutputOnly bool
	// BoundOnly leaves out the sharp line, which is then the bound, and what Lean needs: for callers that hold two runs
	// against each other. Bounds and demands have the bits that they have with it.
	BoundOnly bool
}

// Attend computes the reference of p, and the lines that an implementation with
// arithmetic a is held to. It stops early with the context's error where ctx is
// cancelled. Errors of p, a and o name the field.
func Attend(ctx context.Context, p *Problem, a Arithmetic, o Options) (*Result, error) {
	numbers, err := p.validate()
	if err != nil {
		return nil, err
	}
	if !o.OutputOnly {
		if err := a.Validate(); err != nil {
			return nil, err
		}
	}
	if o.Workers < 0 {
		return nil, fmt.Errorf("reference: options: Workers is %d: want 0 or more", o.Workers)
	}
	if o.RowBlock < 0 || o.RowBlock > maxRowBlock {
		return nil, fmt.Errorf("reference: options: RowBlock is %d: want 0 to %d", o.RowBlock, maxRowBlock)
	}
	e := &engine{problem: p, numbers: numbers, arith: a, bounds: !o.OutputOnly, sharp: !o.OutputOnly && !o.BoundOnly, lines: newLines(p, a)}
	r := newResult(p, a, e.bounds, e.sharp)
	e.r = r
	e.plan(rowBlock(p, o.RowBlock))
	if err := e.run(ctx, o.Workers); err != nil {
		return nil, err
	}
	return r, nil
}

// engine is one call of Attend.
type engine struct {
	problem *Problem
	numbers bool // q, k and v hold nothing else
	arith   Arithmetic
	r       *Result
	bounds  bool
	sharp   bool // the sharp line too
	lines   lines

	tasks []task
	keys  []sharedOperands // one a batch and kv head
}

// task is a block of rows of one batch and kv head. The query heads that share
// a kv head lie next to each other, so their rows, counted through, are rows of
// one matrix [group*q_len, head_dim]; first and last count those.
type task struct{ batch, kvHead, first, last int }

// rowBlock is the number of rows that share a pass over the keys: enough to use
// a tile of keys several times, few enough for the scores to stay in cache.
func rowBlock(p *Problem, asked int) int {
	if asked > 0 {
		return asked
	}
	const scores = 1 << 15
	return min(max(scores/max(p.KVLen, 1), 8), maxRowBlock)
}

// plan cuts the rows into tasks. A task holds whole heads where a head is
// shorter than a block, else it stays within one, so that the rows of a causal
// block end at similar keys.
func (e *engine) plan(block int) {
	p := e.problem
	e.keys = make([]sharedOperands, p.Batch*p.KVHeads)
	if p.QLen == 0 {
		return // and no row
	}
	step := block
	if p.QLen <= block {
		step = block / p.QLen * p.QLen
	}
	for b := range p.Batch {
		for h := range p.KVHeads {
			for start := 0; start < p.group()*p.QLen; {
				end := min(start+step, p.group()*p.QLen)
				if p.QLen > block {
					end = min(end, (start/p.QLen+1)*p.QLen)
				}
				e.tasks = append(e.tasks, task{b, h, start, end})
				e.keys[b*p.KVHeads+h].users++
				start = end
			}
		}
	}
}

// run works the tasks off in order on several goroutines. Every task writes
// rows of its own, so their order shows nowhere.
func (e *engine) run(ctx context.Context, workers int) error {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if len(e.tasks) == 0 {
		return nil
	}
	workers = min(workers, len(e.tasks))
	var (
		next  atomic.Int64
		stop  atomic.Bool
		wg    sync.WaitGroup
		mu    sync.Mutex
		first = len(e.tasks)
		fault error
	)
	work := func() {
		defer wg.Done()
		w := workspacePool.Get().(*workspace)
		defer workspacePool.Put(w)
		for !stop.Load() {
			i := int(next.Add(1)) - 1
			if i >= len(e.tasks) {
				return
			}
			err := ctx.Err()
			if err == nil {
				err = e.do(w, e.tasks[i])
			}
			if err != nil {
				stop.Store(true)
				mu.Lock()
				if i < first {
					first, fault = i, err
				}
				mu.Unlock()
			}
		}
	}
	wg.Add(workers)
	for range workers - 1 {
		go work()
	}
	work()
	wg.Wait()
	return fault
}

// do computes one task.
func (e *engine) do(w *workspace, t task) error {
	p := e.problem
	shared := &e.keys[t.batch*p.KVHeads+t.kvHead]
	defer shared.done()
	keys := shared.get(func(o *operands) {
		at, dim, vDim := (t.batch*p.KVHeads+t.kvHead)*p.KVLen, p.HeadDim, p.vDim()
		o.reset(p.K[at*dim:(at+p.KVLen)*dim], p.V[at*vDim:(at+p.KVLen)*vDim], p.KVLen, dim, vDim, e.numbers, e.bounds, e.arith.Acc.Unit)
	})
	b := block{engine: e, workspace: w, task: t, keys: keys}
	defer func() { w.weighing, w.drawing = weigher{}, element{} }() // they know the problem and the result
	return b.compute()
}
