package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
)

// DefaultMemory is how much memory of its own a worker may take.
const DefaultMemory = 4 << 30

// startTime bounds the opening of a path and every call that is not Attend, which may compile.
var startTime = time.Minute

// Options are what a worker runs.
type Options struct {
	Name   string // of the path, as the function given to Main takes it
	Memory int64  // bytes, tensors not counted; 0: no limit
}

// Path is a path in a child process. Like every path it takes one call at a time.
type Path struct {
	options Options
	regions [2]*region
	board   *board
	skip    []string // phases of the opening that ended a process
	process *process // nil: to be started by the next call
	hello   hello
	plans   recentPlans
	turn    int     // see paths.Turner
	work    float64 // likewise
	staying *stayer
	failed  error // of a call that could not return it; Attend will
	closed  bool
}

var _ paths.Isolated = (*Path)(nil)

// Open starts a worker that opens the path o.Name.
func Open(ctx context.Context, o Options) (*Path, error) {
	p := &Path{options: o}
	for i := range p.regions {
		var err error
		if p.regions[i], err = newRegion(); err != nil {
			p.Close()
			return nil, err
		}
	}
	var err error
	if p.board, err = newBoard(); err == nil {
		err = p.start(ctx)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// mostSkips bounds how often a path is opened again without what ended the process that opened it.
const mostSkips = 40

// start starts a new process for the path. A probe of the path's that ends it is left out the next time.
func (p *Path) start(ctx context.Context) error {
	for {
		err := p.startOnce(ctx)
		var f *Failure
		phase := p.board.phase()
		if !errors.As(err, &f) || !strings.HasPrefix(phase, paths.ProbePhase) || len(p.skip) == mostSkips || ctx.Err() != nil {
			return err
		}
		p.skip = append(p.skip, phase)
	}
}

func (p *Path) startOnce(ctx context.Context) error {
	if p.closed {
		return errors.New("worker: the path is closed")
	}
	p.board.setPhase("")
	p.board.setCompiling(false, 0)
	p.board.clear()
	s, err := spawn(p.options, p.regions, p.board, p.skip)
	if err != nil {
		return fmt.Errorf("start a worker for path %s: %w", p.options.Name, err)
	}
	process := newProcess(s, p.options.Memory)
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	r, err := process.greet(ctx)
	switch {
	case err != nil:
		var f *Failure
		if errors.As(err, &f) {
			if phase := p.board.phase(); phase != "" {
				f.During = phase
			}
			if f.Kind == verdict.Hang {
				f.What = fmt.Sprintf("no answer within %v", startTime)
			}
			if words := lastWords(f.stack); words != "" {
				f.What += "; its last words: " + words
			}
		}
		return fmt.Errorf("start a worker for path %s: %w", p.options.Name, err)
	case r.Failure != nil:
		process.close()
		return r.Failure.error() // the path could not be opened; the text names it
	case r.Hello == nil:
		process.abandon()
		return fmt.Errorf("start a worker for path %s: it did not greet", p.options.Name)
	}
	p.process, p.hello = process, *r.Hello
	return nil
}

// call makes one call of the process, which it starts where there is none. A process that a failure cost is forgotten.
func (p *Path) call(ctx context.Context, r request) (*reply, error) {
	if p.process == nil {
		if err := p.start(ctx); err != nil {
			return nil, err
		}
	}
	answer, err := p.process.call(ctx, r)
	if p.process.lost {
		p.process = nil
	}
	return answer, err
}

// Turn is passed on with every call, for the process may be another by then: see paths.Turner.
func (p *Path) Turn(sequence int, work float64) { p.turn, p.work = sequence, work }

// LeavesEngine is the path's own: see paths.LeavesEngine.
func (p *Path) LeavesEngine() bool { return p.hello.LeavesEngine }

// Compiling is that of compiling.Clock: of the child.
func (p *Path) Compiling() (now bool, spent time.Duration) {
	if p.board == nil { // closed
		return false, 0
	}
	return p.board.compiling()
}

// Name is the path's own.
func (p *Path) Name() string { return p.hello.Name }

// Describe tells what the child told.
func (p *Path) Describe() paths.Description { return p.hello.Description }

// Memory lays out shared memory for the tensors of a case.
func (p *Path) Memory(c cases.Case) (cases.Allocator, error) {
	t, err := cases.Layouts(c)
	if err != nil {
		return nil, err
	}
	if err := p.regions[0].fit(t.Buffers(), p.atEnd(&c)); err != nil {
		return nil, err
	}
	return p.regions[0].allocator(), nil
}

// atEnd chooses on which side a case's tensors touch a guard page; a path that reads whole pages leaves no choice.
func (p *Path) atEnd(c *cases.Case) bool { return !p.hello.WholePages && c.EndsGuarded() }

// Findings are those of the path, made in the child: see paths.Prober.
func (p *Path) Findings(ctx context.Context) []paths.Finding {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	r, err := p.call(ctx, request{Call: callFindings})
	if err == nil {
		err = p.refusal(r)
	}
	if err != nil {
		return []paths.Finding{{What: "asked what it found out", Found: err.Error()}}
	}
	return r.Findings
}

// Reset puts the path in the child into a cold context. A child that cannot do that is replaced.
func (p *Path) Reset(ctx context.Context) error {
	p.failed = nil
	if p.process == nil {
		return p.start(ctx)
	}
	limited, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if r, err := p.call(limited, request{Call: callReset}); err == nil && r.Failure == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return p.Restart(ctx)
}

// Peak is measured by the child: see paths.Peaker.
func (p *Path) Peak(ctx context.Context) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	r, err := p.call(ctx, request{Call: callPeak})
	switch {
	case err != nil:
		return 0, fmt.Errorf("measure the peak of path %s: %w", p.hello.Name, err)
	case r.Failure != nil:
		return 0, fmt.Errorf("measure the peak of path %s: %s", p.hello.Name, r.Failure.Text)
	}
	return r.Peak, nil
}

// Restart replaces the child.
func (p *Path) Restart(ctx context.Context) error {
	p.failed = nil
	p.leave(ctx)
	return p.start(ctx)
}

func (p *Path) stop() {
	if p.process != nil {
		p.process.close()
		p.process = nil
	}
}

// Close ends the child and frees the memory.
func (p *Path) Close() error {
	p.closed = true
	p.stop()
	p.staying.close()
	for _, r := range p.regions {
		if r != nil {
			r.close()
		}
	}
	if p.board != nil {
		p.board.close()
		p.board = nil
	}
	return nil
}

// Wrote is what the child wrote during its last call, on both of its streams.
func (p *Path) Wrote() string {
	if p.process == nil {
		return ""
	}
	return p.process.stderr.settled()
}
