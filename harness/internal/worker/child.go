package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/compiling"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker/native"
)

// child answers a parent's calls, one at a time.
type child struct {
	link     *link
	path     paths.Path
	variants []paths.Variant
	views    [2]view
	recent   recentProblems
	board    *board
	closing  sync.Once
}

// run opens the path and answers until the parent closes the pipe. It returns the exit status.
func (c *child) run(open func(context.Context, string) (paths.Path, error), name string) int {
	go endWithParent(os.Getppid())
	debug.SetPanicOnFault(true)
	answer := c.open(open, name)
	if err := c.link.send(answer); err != nil {
		return 1
	}
	if answer.Failure != nil {
		return 0 // the answer has the reason
	}
	for {
		var r request
		if err := c.link.receive(&r); err != nil {
			if !errors.Is(err, io.EOF) {
				fmt.Fprintf(os.Stderr, "attest worker: request: %v\n", err)
				return 1
			}
			c.close()
			return 0
		}
		answer := c.answer(&r)
		answer.Number = r.Number
		if err := c.link.send(answer); err != nil {
			fmt.Fprintf(os.Stderr, "attest worker: answer: %v\n", err)
			return 1
		}
	}
}

func (c *child) close() {
	c.closing.Do(func() {
		if closer, ok := c.path.(io.Closer); ok {
			closer.Close()
		}
	})
}

// endWithParent ends this process when its parent is gone, even in the middle of a call. Linux does so by itself.
func endWithParent(parent int) {
	for os.Getppid() == parent {
		time.Sleep(time.Second)
	}
	os.Exit(1)
}

func (c *child) open(open func(context.Context, string) (paths.Path, error), name string) (answer *reply) {
	defer func() {
		if value := recover(); value != nil {
			answer = &reply{Failure: panicked(value)}
		}
	}()
	skip := strings.Split(os.Getenv(skipVariable), "\n")
	p, err := open(paths.WithOpening(context.Background(), paths.Opening{
		Phase: c.board.setPhase, Skip: func(words string) bool { return slices.Contains(skip, words) },
	}), name)
	c.board.setPhase("")
	if err != nil {
		return &reply{Failure: failure(err)}
	}
	c.path = p
	h := &hello{Name: p.Name(), Description: paths.Describe(p), WholePages: paths.WholePages(p), LeavesEngine: paths.LeavesEngine(p)}
	if varied, ok := p.(paths.Varied); ok {
		c.variants = varied.Variants()
		for _, v := range c.variants {
			h.Variants = append(h.Variants, variantLabel{v.Label, v.SameBits})
		}
	}
	return &reply{Hello: h}
}

func (c *child) answer(r *request) (answer *reply) {
	defer func() {
		if value := recover(); value != nil {
			answer = &reply{Failure: panicked(value)}
		}
	}()
	answer = &reply{}
	var err error
	switch r.Call {
	case callPlan:
		answer.Plans, err = c.plan(r.Problem)
	case callMap:
		answer.Base, err = c.remap(r)
	case callAttend:
		answer.Timing, err = c.attend(r)
	case callFindings:
		answer.Findings = paths.FindingsOf(context.Background(), c.path)
	case callReset:
		err = paths.Reset(context.Background(), c.path)
	case callPeak:
		answer.Peak, err = paths.PeakOf(context.Background(), c.path)
	case callLeave:
		answer.Stays = c.leave()
	default:
		err = fmt.Errorf("call %q: want plan, map, attend, findings, reset, peak or leave", r.Call)
	}
	if err != nil {
		answer.Failure = failure(err)
		answer.Failure.Spent = c.spent()
	}
	return answer
}

// spent reports whether the path, or one of its variants, computes no more here.
func (c *child) spent() bool {
	for _, v := range c.variants {
		if paths.Spent(v.Path) {
			return true
		}
	}
	return paths.Spent(c.path)
}

func (c *child) plan(p problem) ([]plan, error) {
	problem, err := c.recent.restore(p)
	if err != nil {
		return nil, err
	}
	plans := []plan{planOf(c.path, problem)}
	for _, v := range c.variants {
		plans = append(plans, planOf(v.Path, problem))
	}
	return plans, nil
}

func planOf(p paths.Path, c cases.Case) plan {
	made := plan{}
	if err := paths.Supports(p, c); err != nil {
		made.Unsupported = err.Error()
		return made
	}
	made.Arithmetic, made.Promises = p.Arithmetic(c), paths.PromisesOf(p, c)
	return made
}

func (c *child) remap(r *request) (uintptr, error) {
	if r.Region < 0 || r.Region >= len(c.views) {
		return 0, fmt.Errorf("region %d: want 0 or 1", r.Region)
	}
	base, err := c.views[r.Region].remap(regionFD+r.Region, r.Size, r.Guards)
	native.Region(r.Region, c.views[r.Region].memory)
	return base, err
}

func (c *child) attend(r *request) (paths.Timing, error) {
	if r.Region < 0 || r.Region >= len(c.views) {
		return paths.Timing{}, fmt.Errorf("region %d: want 0 or 1", r.Region)
	}
	tensors, err := rebuild(r.Tensors, c.views[r.Region].memory)
	if err != nil {
		return paths.Timing{}, err
	}
	problem, err := c.recent.restore(r.Problem)
	if err != nil {
		return paths.Timing{}, err
	}
	p := c.path
	if r.Variant > 0 && r.Variant <= len(c.variants) {
		p = c.variants[r.Variant-1].Path
	}
	paths.Turn(p, r.Turn, r.Work)
	ctx := context.Background()
	if r.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = compiling.WithTimeout(ctx, r.Deadline, compiling.Here)
		defer cancel()
	}
	native.Rearm()
	return p.Attend(ctx, problem, tensors)
}

// failure puts an error into a message.
func failure(err error) *failed {
	f := &failed{
		Text: err.Error(), Address: faultAddress(err.Error()),
		Deadline: errors.Is(err, context.DeadlineExceeded), Unsupported: errors.Is(err, paths.ErrUnsupported),
		Machine: errors.Is(err, paths.ErrMachine),
	}
	var withVerdict interface{ Verdict() verdict.Verdict }
	if errors.As(err, &withVerdict) {
		v := withVerdict.Verdict()
		f.Verdict = &v
	}
	if f.Text == "" {
		f.Text = "an error without a text"
	}
	return f
}

func panicked(value any) *failed {
	f := &failed{Text: fmt.Sprintf("panic: %v", value), Panicked: true, Stack: string(debug.Stack())}
	if fault, ok := value.(interface{ Addr() uintptr }); ok {
		f.Address = fault.Addr()
	}
	return f
}
