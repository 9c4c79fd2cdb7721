// Package compiling knows when a process compiles kernels. A call's deadline bounds how long a path computes; a compiler has
// a deadline of its own, and on a busy machine its seconds become minutes. So the clock of a call stands still meanwhile.
//
// It never compiles, and never ends anything: who waits for the context does.
package compiling

import (
	"context"
	"sync"
	"time"
)

// Clock is how long a process has been compiling so far.
type Clock interface {
	// Compiling reports whether something is being compiled now, and for how long something was, what is under way not counted.
	Compiling() (now bool, spent time.Duration)
}

// Here is this process's clock.
var Here = &Stopwatch{}

// Aside is the clock of what is compiled in the background of this process, for calls to come. No call waits for it.
var Aside = &Stopwatch{}

// Stopwatch is a Clock of what goes through its Begin. The zero value is ready, and safe for use by several goroutines.
type Stopwatch struct {
	mutex sync.Mutex
	under int // compilations under way: several at once count once
	since time.Time
	spent time.Duration
	told  func(now bool, spent time.Duration)
}

// Begin notes that something is being compiled from now on, until the function that it returns is called.
func (s *Stopwatch) Begin() (end func()) {
	s.change(1)
	return sync.OnceFunc(func() { s.change(-1) })
}

func (s *Stopwatch) change(by int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	before := s.under
	s.under += by
	switch {
	case before == 0:
		s.since = time.Now()
	case s.under == 0:
		s.spent += time.Since(s.since)
	default:
		return
	}
	if s.told != nil {
		s.told(s.under > 0, s.spent)
	}
}

// Tell has every change told, to a process that waits for this one. It is called once, before anything is compiled.
func (s *Stopwatch) Tell(told func(now bool, spent time.Duration)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.told = told
}

// Compiling is that of a Clock.
func (s *Stopwatch) Compiling() (now bool, spent time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.under > 0, s.spent
}

// longest is how long one compilation may take before it counts as a call that hangs: more than a compiler's own deadlines let
// it, but a GPU's driver, whose work counts as compiling, has none.
const longest = 30 * time.Minute

// again is how long a passed deadline waits before it looks again whether the compiler has ended.
const again = 50 * time.Millisecond

// WithTimeout is context.WithTimeout, but that the time in which the clock says that something is compiled does not count, for
// half an hour at a stretch.
// Deadline tells when the context ends if nothing is. Once it is cancelled the clock is not asked again.
func WithTimeout(parent context.Context, limit time.Duration, clock Clock) (context.Context, context.CancelFunc) {
	return withTimeout(parent, limit, longest, clock)
}

func withTimeout(parent context.Context, limit, longest time.Duration, clock Clock) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancelCause(parent)
	_, before := clock.Compiling()
	c := &timed{Context: inner, at: time.Now().Add(limit)}
	allowed := limit
	start := time.Now()
	var stretch struct { // in which something is compiled
		seen  time.Time     // at first
		spent time.Duration // before it
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.timer = time.AfterFunc(limit, func() {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		if c.over { // the clock may be gone too
			return
		}
		now, spent := clock.Compiling()
		allowed = max(allowed, limit+spent-before)
		rest := allowed - time.Since(start)
		if now && (stretch.seen.IsZero() || stretch.spent != spent) {
			stretch.seen, stretch.spent = time.Now(), spent
		}
		if now && time.Since(stretch.seen) < longest {
			rest = max(rest, again)
		}
		if rest <= 0 {
			cancel(context.DeadlineExceeded)
			return
		}
		c.timer.Reset(rest)
	})
	return c, func() {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.over = true
		c.timer.Stop()
		cancel(context.Canceled)
	}
}

// timed ends as a context with a deadline does.
type timed struct {
	context.Context
	at time.Time

	mutex sync.Mutex
	timer *time.Timer
	over  bool
}

func (c *timed) Deadline() (time.Time, bool) {
	if at, ok := c.Context.Deadline(); ok && at.Before(c.at) {
		return at, true
	}
	return c.at, true
}

func (c *timed) Err() error {
	err := c.Context.Err()
	if err != nil && context.Cause(c.Context) == context.DeadlineExceeded {
		return context.DeadlineExceeded
	}
	return err
}

// Of is the clock of a path: its own, where another process computes it, else this one's.
func Of(path any) Clock {
	if c, ok := path.(Clock); ok {
		return c
	}
	return Here
}
