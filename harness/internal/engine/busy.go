package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"attest.example/attest/harness/internal/trial"
)

// ErrBusy means that a call which overran its deadline still runs, so that its path cannot be called.
var ErrBusy = errors.New("the path is still busy with a call that overran its deadline")

// Busy remembers such a call of a path that lives in this process and is the only one of its kind. Several goroutines
// may use it.
type Busy struct {
	lock    sync.Mutex
	running <-chan struct{}
}

// Note takes in what a trial left behind.
func (b *Busy) Note(o trial.Outcome) {
	if o.Running == nil {
		return
	}
	b.lock.Lock()
	defer b.lock.Unlock()
	b.running = o.Running
}

// Wait waits some time for a call that was lost to end. It returns nil where none runs any more, else ErrBusy or ctx's error.
func (b *Busy) Wait(ctx context.Context, patience time.Duration) error {
	b.lock.Lock()
	running := b.running
	b.lock.Unlock()
	if running == nil {
		return nil
	}
	select {
	case <-running:
		return nil
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-running:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ErrBusy
	}
}

// Patience is how long to wait for a call that overran a deadline: as long again, within reason.
func Patience(deadline time.Duration) time.Duration {
	return min(max(deadline, 10*time.Millisecond), 5*time.Second)
}
