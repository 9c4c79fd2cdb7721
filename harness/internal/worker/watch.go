package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"attest.example/attest/harness/internal/proctree"
)

// watchInterval is the time between two looks at a worker's memory. A call that is shorter is not looked at.
const watchInterval = 20 * time.Millisecond

var errNoAnswer = errors.New("no answer")

// watch ends a process whose call takes too long or too much memory, which also ends the wait for its answer.
type watch struct {
	child *spawned
	limit int64 // bytes; 0: none
	over  chan struct{}

	mutex  sync.Mutex
	call   int   // counts calls
	inCall bool  // whether one is under way
	cause  error // why it was ended; nil: it was not
}

func newWatch(child *spawned, limit int64) *watch {
	w := &watch{child: child, limit: limit, over: make(chan struct{})}
	if limit > 0 {
		go w.memory()
	}
	return w
}

// begin watches a call. The function that it returns ends that and tells why the call was ended, nil where it was not.
func (w *watch) begin(ctx context.Context) (stop func() error) {
	w.mutex.Lock()
	w.call++
	call := w.call
	w.inCall, w.cause = true, nil
	w.mutex.Unlock()
	unhook := context.AfterFunc(ctx, func() { w.late(ctx, call) })
	return func() error {
		unhook()
		w.mutex.Lock()
		defer w.mutex.Unlock()
		w.inCall = false
		return w.cause
	}
}

// late ends a call whose context has ended. After a deadline the path has a moment to notice by itself, and then one
// to write where it is.
func (w *watch) late(ctx context.Context, call int) {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		w.endCall(call, ctx.Err(), syscall.SIGKILL)
		return
	}
	time.Sleep(grace)
	if !w.endCall(call, errNoAnswer, syscall.SIGQUIT) {
		return
	}
	select {
	case <-w.child.exited:
	case <-time.After(dumpTime):
		w.child.kill()
	}
}

// endCall signals the process, if the call is still under way.
func (w *watch) endCall(call int, cause error, signal syscall.Signal) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if !w.inCall || w.call != call || w.cause != nil {
		return false
	}
	w.cause = cause
	if signal == syscall.SIGKILL {
		w.child.kill()
	} else {
		w.child.command.Process.Signal(signal)
	}
	return true
}

// memory looks at the process now and then while a call is under way.
func (w *watch) memory() {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	seen := 0
	for {
		select {
		case <-w.over:
			return
		case <-ticker.C:
		}
		w.mutex.Lock()
		call, same := w.call, w.inCall && w.call == seen
		w.mutex.Unlock()
		seen = call
		if !same {
			continue
		}
		if used, err := proctree.PrivateBytes(w.child.command.Process.Pid); err == nil && used > w.limit {
			w.endCall(call, fmt.Errorf("took more memory than its limit of %d MiB", w.limit>>20), syscall.SIGKILL)
		}
	}
}

func (w *watch) end() { close(w.over) }
