package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"attest.example/attest/harness/internal/verdict"
)

const (
	// grace is how long past a call's deadline a path may take to notice it by itself.
	grace = 250 * time.Millisecond
	// dumpTime is how long a hanging worker has to write its stacks, once asked by SIGQUIT.
	dumpTime = 500 * time.Millisecond
	// endTime is how long a worker may take to end in order.
	endTime = time.Second
)

// process is a child that answers calls, one at a time. Reads and writes block a thread: the pipe then wakes it without
// a detour, which is most of what a small call costs.
type process struct {
	*spawned
	link   *link
	watch  *watch
	views  [2]childView
	number int // of the last request
	lost   bool
}

// childView is where the child has mapped a region, as it was then.
type childView struct {
	base       uintptr
	generation int
}

func newProcess(s *spawned, limit int64) *process {
	return &process{spawned: s, link: newLink(s.replies, s.requests), watch: newWatch(s, limit)}
}

// call sends a request and waits for its answer. A *Failure means that the process is lost; the context's own error
// means the same where the context was cancelled.
func (p *process) call(ctx context.Context, r request) (*reply, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	select {
	case <-p.exited:
		return nil, p.lose(io.EOF, "the time since the call before")
	default:
	}
	if r.Call != callPlan { // a question between two calls: what the call before wrote may still be asked for
		p.stderr.mark()
	}
	p.number++
	r.Number = p.number
	if deadline, ok := ctx.Deadline(); ok {
		r.Deadline = max(time.Until(deadline), time.Millisecond)
	}
	return p.exchange(ctx, r.Call, &r)
}

// greet waits for a child's first message.
func (p *process) greet(ctx context.Context) (*reply, error) {
	return p.exchange(ctx, "its start", nil)
}

func (p *process) exchange(ctx context.Context, during string, r *request) (*reply, error) {
	stop := p.watch.begin(ctx)
	answer, err := p.roundTrip(r)
	ended := stop()
	if err == nil && ended == nil {
		return answer, nil
	}
	if ended != nil {
		err = ended
	}
	return nil, p.lose(err, during)
}

func (p *process) roundTrip(r *request) (*reply, error) {
	if r != nil {
		// A child that has ended already shows by the end of its answers.
		if err := p.link.send(r); err != nil && !errors.Is(err, syscall.EPIPE) {
			return nil, fmt.Errorf("send: %w", err)
		}
	}
	answer := new(reply)
	if err := p.link.receive(answer); err != nil {
		return nil, err
	}
	if answer.Number != p.number {
		return nil, fmt.Errorf("%w: an answer to call %d instead of %d", errGarbage, answer.Number, p.number)
	}
	return answer, nil
}

// lose ends the process and names why it is lost.
func (p *process) lose(cause error, during string) error {
	f := &Failure{Kind: verdict.Crash, What: cause.Error(), During: during}
	if errors.Is(cause, io.EOF) {
		f.What = "closed its pipe and lived on"
		select {
		case <-p.exited:
			f.What = ""
		case <-time.After(endTime):
		}
	}
	p.abandon()
	f.stack = p.stderr.text()
	switch {
	case errors.Is(cause, context.Canceled):
		return cause
	case errors.Is(cause, errNoAnswer):
		f.Kind = verdict.Hang
	case f.What == "":
		f.What = causeOfDeath(p.command.ProcessState, f.stack)
	}
	return f
}

// abandon kills the process and waits until it is gone.
func (p *process) abandon() {
	if p.lost {
		return
	}
	p.lost = true
	p.watch.end()
	p.kill()
	<-p.exited
	p.requests.Close()
	p.replies.Close()
	select {
	case <-p.stderr.ended:
	case <-time.After(dumpTime): // somebody else holds the pipe
	}
}

// close lets the process end in order, and kills it where it does not.
func (p *process) close() {
	if p.lost {
		return
	}
	p.requests.Close()
	select {
	case <-p.exited:
	case <-time.After(endTime):
	}
	p.abandon()
}
