package bench

import (
	"context"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/compiling"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/metalpath"
	"attest.example/attest/metal"
)

// Target is what is timed.
type Target interface {
	Name() string
	Describe() paths.Description
	Supports(cases.Case) error
	// Prepare makes a call over the tensors that runs the kernel so many times. A limit of more than 0 ends a run of
	// the call that takes longer.
	Prepare(ctx context.Context, c cases.Case, t *cases.Tensors, dispatches int, limit time.Duration) (Call, error)
	// Counts reports whether the target itself runs a kernel several times in one call. One that does not is called
	// as often instead, and there is nothing to verify.
	Counts() bool
}

// Call is a prepared call.
type Call interface {
	// Run runs the call and waits. It returns the device seconds of each dispatch, none where there is no such clock.
	Run() ([]float64, error)
	Close()
}

// Repeater is a call that can run n times without coming back to Go in between.
type Repeater interface{ Repeat(n int) error }

// deviceOwner is a target whose device also runs other kernels; device is nil where it is out of reach.
type deviceOwner interface {
	Device() (device *metal.Device, processors int)
}

// TargetOf makes a target of any path.
func TargetOf(p paths.Path) Target {
	if m, ok := p.(metalPath); ok {
		return metalTarget{m}
	}
	return goTarget{p}
}

// metalPath is a path over package metal, with or without variants.
type metalPath interface {
	paths.Path
	paths.Describer
	paths.Peaker
	deviceOwner
	Prepare(context.Context, cases.Case, *cases.Tensors, int, time.Duration) (*metalpath.Prepared, error)
}

type metalTarget struct{ metalPath }

func (t metalTarget) Supports(c cases.Case) error { return paths.Supports(t.metalPath, c) }
func (t metalTarget) Counts() bool                { return true }

func (t metalTarget) Prepare(ctx context.Context, c cases.Case, tensors *cases.Tensors, dispatches int, limit time.Duration) (Call, error) {
	prepared, err := t.metalPath.Prepare(ctx, c, tensors, dispatches, limit)
	if err != nil {
		return nil, err
	}
	return metalCall{prepared}, nil
}

type metalCall struct{ *metalpath.Prepared }

func (c metalCall) Run() ([]float64, error) {
	timing, err := c.Prepared.Run()
	return timing.DeviceSeconds, err
}

// goTarget is any other path, called as often as dispatches are wanted.
type goTarget struct{ path paths.Path }

func (t goTarget) Name() string                { return t.path.Name() }
func (t goTarget) Describe() paths.Description { return paths.Describe(t.path) }
func (t goTarget) Supports(c cases.Case) error { return paths.Supports(t.path, c) }
func (t goTarget) Counts() bool                { return false }

func (t goTarget) Prepare(ctx context.Context, c cases.Case, tensors *cases.Tensors, dispatches int, limit time.Duration) (Call, error) {
	return &goCall{ctx, t.path, c, tensors, dispatches, limit, nil}, nil
}

type goCall struct {
	ctx        context.Context
	path       paths.Path
	c          cases.Case
	tensors    *cases.Tensors
	dispatches int
	limit      time.Duration
	seconds    []float64
}

func (c *goCall) Run() ([]float64, error) {
	ctx, cancel := c.ctx, context.CancelFunc(func() {})
	if c.limit > 0 {
		ctx, cancel = compiling.WithTimeout(ctx, c.limit, compiling.Of(c.path))
	}
	defer cancel()
	c.seconds = c.seconds[:0]
	for range c.dispatches {
		timing, err := c.path.Attend(ctx, c.c, c.tensors)
		if err != nil {
			return nil, err
		}
		c.seconds = append(c.seconds, timing.DeviceSeconds...)
	}
	return c.seconds, nil
}

func (c *goCall) Close() {}
