package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"attest/harness/cases"
	"attest/harness/paths"
	"attest/harness/verdict"
)

// child answers a parent's calls, one at a time.
type child struct {
	link     *link
	path     paths.Path
	variants []paths.Variant
	views    [2]view
	busy     atomic.Bool // with a call
}

// view is a region as this process sees it.
type view struct {
	memory []byte
	guards []extent
}

// run opens the path and answers until the parent closes the pipe or is gone. It gives the exit status.
func (c *child) run(open func(context.Context, string) (paths.Path, error), name string) int {
	debug.SetPanicOnFault(true)
	answer := c.open(open, name)
	if err := c.link.send(answer); err != nil {
		return 1
	}
	if answer.Failure != nil {
		return 0 // the parent knows why
	}
	requests := make(chan request)
	go c.listen(requests)
	for r := range requests {
		answer := c.answer(r)
		answer.Number = r.Number
		c.busy.Store(false)
		if err := c.link.send(answer); err != nil {
			fmt.Fprintf(os.Stderr, "attest worker: answer: %v\n", err)
			return 1
		}
	}
	if closer, ok := c.path.(interface{ Close() error }); ok {
		closer.Close()
	}
	return 0
}

// listen reads requests in a goroutine of its own, so that the end of the parent ends this process even in the middle
// of a call.
func (c *child) listen(requests chan<- request) {
	for {
		var r request
		if err := c.link.receive(&r); err != nil {
			if c.busy.Load() {
				os.Exit(0)
			}
			close(requests) // idle: end in order
			return
		}
		c.busy.Store(true)
		requests <- r
	}
}

func (c *child) open(open func(context.Context, string) (paths.Path, error), name string) (answer *reply) {
	defer func() {
		if value := recover(); value != nil {
			answer = &reply{Failure: panicked(value)}
		}
	}()
	p, err := open(context.Background(), name)
	if err != nil {
		return &reply{Failure: failure(err)}
	}
	c.path = p
	h := &hello{Name: p.Name(), Description: paths.Describe(p)}
	if varied, ok := p.(paths.Varied); ok {
		c.variants = varied.Variants()
		for _, v := range c.variants {
			h.Variants = append(h.Variants, variantWords{v.Words, v.SameBits})
		}
	}
	return &reply{Hello: h}
}

func (c *child) answer(r request) (answer *reply) {
	defer func() {
		if value := recover(); value != nil {
			answer = &reply{Failure: panicked(value)}
		}
	}()
	answer = &reply{}
	var err error
	switch r.Call {
	case callPlan:
		answer.Plans, err = c.plan(r)
	case callMap:
		answer.Base, err = c.remap(r)
	case callAttend:
		answer.Timing, err = c.attend(r)
	case callReset:
		err = paths.Reset(context.Background(), c.path)
	default:
		err = fmt.Errorf("call %q: want plan, map, attend or reset", r.Call)
	}
	if err != nil {
		answer.Failure = failure(err)
	}
	return answer
}

func (c *child) plan(r request) ([]plan, error) {
	problem, err := cases.Decode(r.Case)
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
	if err := p.Supports(c); err != nil {
		made.Unsupported = err.Error()
		return made
	}
	made.Arithmetic, made.Promises = p.Arithmetic(c), paths.PromisesOf(p, c)
	return made
}

func (c *child) remap(r request) (uintptr, error) {
	v, err := c.view(r.Region)
	if err != nil {
		return 0, err
	}
	if v.memory != nil {
		if err := unix.Munmap(v.memory); err != nil {
			return 0, fmt.Errorf("unmap shared memory: %w", err)
		}
		*v = view{}
	}
	v.memory, err = unix.Mmap(regionFD+r.Region, 0, r.Size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return 0, fmt.Errorf("map shared memory, %d bytes: %w", r.Size, err)
	}
	return addressOf(v.memory), nil
}

func (c *child) view(i int) (*view, error) {
	if i < 0 || i >= len(c.views) {
		return nil, fmt.Errorf("region %d: want 0 or 1", i)
	}
	return &c.views[i], nil
}

// protect makes the guards of a call inaccessible, and those of the call before accessible again.
func (v *view) protect(guards []extent) error {
	if slices.Equal(v.guards, guards) {
		return nil
	}
	for _, part := range []struct {
		guards     []extent
		protection int
	}{{v.guards, unix.PROT_READ | unix.PROT_WRITE}, {guards, unix.PROT_NONE}} {
		for _, g := range part.guards {
			if g.Start < 0 || g.End > len(v.memory) || g.Start >= g.End {
				return fmt.Errorf("guard: bytes %d to %d of %d", g.Start, g.End, len(v.memory))
			}
			if err := unix.Mprotect(v.memory[g.Start:g.End], part.protection); err != nil {
				return fmt.Errorf("protect guard pages: %w", err)
			}
		}
	}
	v.guards = guards
	return nil
}

func (c *child) attend(r request) (paths.Timing, error) {
	problem, err := cases.Decode(r.Case)
	if err != nil {
		return paths.Timing{}, err
	}
	v, err := c.view(r.Region)
	if err != nil {
		return paths.Timing{}, err
	}
	if err := v.protect(r.Guards); err != nil {
		return paths.Timing{}, err
	}
	tensors, err := rebuild(r.Tensors, v.memory)
	if err != nil {
		return paths.Timing{}, err
	}
	p := c.path
	if r.Variant > 0 && r.Variant <= len(c.variants) {
		p = c.variants[r.Variant-1].Path
	}
	ctx := context.Background()
	if r.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.Deadline)
		defer cancel()
	}
	return p.Attend(ctx, problem, tensors)
}

// failure puts an error into a message.
func failure(err error) *failed {
	f := &failed{Text: err.Error(), Deadline: errors.Is(err, context.DeadlineExceeded), Address: faultAddress(err.Error())}
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
