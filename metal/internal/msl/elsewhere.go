package msl

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"attest.example/attest/metal/scratch"
)

// A cache can fail in the midst of a run: its disk is full, or somebody removes it, or makes it read-only. That is no fault of a
// kernel's. So what was not made for such a reason is made once more: in the cache, if that can be written again, else in a
// temporary folder, as where there was no cache from the start.

// ErrMachine means that a program was not compiled for a reason that lies in this machine: a kernel of one line, which is known
// to be right, is not compiled either.
var ErrMachine = errors.New("nothing can be compiled here now, not even a kernel of one line")

// elsewhere is the temporary folder in which a compiler goes on once its cache has failed.
type elsewhere struct {
	mu    sync.Mutex
	cache *cache // nil: it has not failed so far
}

// in is the compiler in that folder, nil where the cache has not failed.
func (e *elsewhere) in(c *Compiler) *Compiler {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cache == nil || c.cache == e.cache {
		return nil
	}
	other := *c
	other.cache = e.cache
	return &other
}

// open makes the folder, for the cache of a compiler failed as told.
func (e *elsewhere) open(c *Compiler, failed error) (*Compiler, error) {
	if err := e.make(c.cache, failed); err != nil {
		return nil, err
	}
	return e.in(c), nil
}

func (e *elsewhere) make(instead *cache, failed error) (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cache == nil {
		e.cache, err = temporaryCache(instead.maxBytes, instead.patience, failed)
	}
	return err
}

// warning is why the cache has failed, "" where it has not.
func (e *elsewhere) warning() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cache == nil {
		return ""
	}
	return e.cache.warning
}

func (e *elsewhere) close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cache == nil {
		return nil
	}
	return e.cache.close()
}

// makeSomewhere makes a program's module in the cache, or elsewhere where that has failed.
func (c *Compiler) makeSomewhere(ctx context.Context, p *Program) (*Module, error) {
	if other := c.elsewhere.in(c); other != nil {
		return other.Build(ctx, *p)
	}
	m, err := c.make(ctx, p)
	if err != nil && ctx.Err() == nil && !isOfTheText(err) && !errors.Is(err, ErrTooLong) && c.cache.temporary == nil {
		m, err = c.makeAgain(ctx, p)
	}
	if err == nil || ctx.Err() != nil || isOfTheText(err) || errors.Is(err, ErrMachine) {
		return m, err
	}
	if _, failed := c.make(ctx, &Program{Source: oneLine, Math: p.Math, Check: p.Check}); failed != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%w: %w", ErrMachine, err)
	}
	return nil, err
}

// oneLine is a kernel that every compiler compiles.
const oneLine = "kernel void k(device float *o [[buffer(0)]]) { o[0] = 1.0f; }\n"

// makeAgain is make of what was not made just now, in a cache that can be written.
func (c *Compiler) makeAgain(ctx context.Context, p *Program) (*Module, error) {
	failed := c.cache.usable(roomForOne)
	if failed == nil {
		return c.make(ctx, p)
	}
	other, err := c.elsewhere.open(c, failed)
	if err != nil {
		return nil, fmt.Errorf("%w: the cache: %w; a temporary folder instead: %w", ErrMachine, failed, err)
	}
	return other.Build(ctx, *p)
}

// isOfTheText reports whether an error names a place in the text, or is else one that no other disk makes better.
func isOfTheText(err error) bool {
	if errors.Is(err, errNotOpen) || errors.Is(err, ErrTooLarge) {
		return true
	}
	var compile *CompileError
	if !errors.As(err, &compile) {
		return false
	}
	for _, d := range compile.Diagnostics {
		if d.Severity == "error" && d.Line > 0 {
			return true
		}
	}
	return false
}

// roomForOne is what a kernel takes of a cache, with our headers and them parsed.
const roomForOne = 4 << 20

// temporaryCache is one of this process alone, where the cache proper cannot be used.
func temporaryCache(maxBytes int64, patience time.Duration, why error) (*cache, error) {
	held, err := scratch.Dir("msl")
	if err != nil {
		return nil, err
	}
	return &cache{
		dir: held.Path, temporary: held, maxBytes: maxBytes, patience: patience,
		warning: fmt.Sprintf("kernels are compiled anew in every process: the cache cannot be used: %v", why),
	}, nil
}
