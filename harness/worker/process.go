package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"attest/harness/verdict"
)

const (
	// grace is how long past a call's deadline a path may take to notice it by itself.
	grace = 250 * time.Millisecond
	// dumpTime is how long a hanging worker has to say where it hangs, once asked by SIGQUIT.
	dumpTime = 500 * time.Millisecond
	// endTime is how long a worker may take to end in order.
	endTime = time.Second
	// watchInterval is the time between two looks at a worker's memory during a call.
	watchInterval = 20 * time.Millisecond
)

// process is a child that answers calls, one at a time.
type process struct {
	*spawned
	link    *link
	answers chan answer
	gone    chan struct{} // closed when nobody waits for answers any more
	number  int           // of the last request
	limit   int64
	bases   [2]uintptr // where the child has mapped the regions
	sizes   [2]int     // 0: not mapped
	lost    bool
}

type answer struct {
	reply *reply
	err   error
}

func newProcess(s *spawned, limit int64) *process {
	p := &process{spawned: s, link: newLink(s.replies, s.requests), answers: make(chan answer), gone: make(chan struct{}), limit: limit}
	go func() {
		for {
			r := new(reply)
			err := p.link.receive(r)
			select {
			case p.answers <- answer{r, err}:
			case <-p.gone:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return p
}

// call sends a request and waits for its answer. A *Failure says that the process is lost; the context's own error
// says the same where the context was cancelled.
func (p *process) call(ctx context.Context, r request) (*reply, error) {
	begun := time.Now()
	p.stderr.mark()
	p.number++
	r.Number = p.number
	if deadline, ok := ctx.Deadline(); ok {
		r.Deadline = max(time.Until(deadline), time.Millisecond)
	}
	if err := p.link.send(r); err != nil {
		if !errors.Is(err, syscall.EPIPE) {
			p.abandon()
			return nil, fmt.Errorf("worker: send %s: %w", r.Call, err)
		}
		// It has ended already: the end of its answers says so as well.
	}
	return p.await(ctx, r.Call, begun)
}

func (p *process) await(ctx context.Context, during string, begun time.Time) (*reply, error) {
	watch := time.NewTicker(watchInterval)
	defer watch.Stop()
	ended, late := ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case a := <-p.answers:
			if a.err == nil && a.reply.Number == p.number {
				return a.reply, nil
			}
			if a.err == nil {
				a.err = fmt.Errorf("%w: an answer to call %d instead of %d", errGarbage, a.reply.Number, p.number)
			}
			return nil, p.examine(a.err, during, begun)
		case <-ended:
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				p.abandon()
				return nil, ctx.Err()
			}
			ended, late = nil, time.After(grace)
		case <-late:
			return nil, p.hang(during, begun)
		case <-watch.C:
			if used, err := privateBytes(p.command.Process.Pid); p.limit > 0 && err == nil && used > p.limit {
				f := &Failure{Kind: verdict.Crash, During: during, After: time.Since(begun),
					What: fmt.Sprintf("took %d MiB of memory; its limit is %d MiB", used>>20, p.limit>>20)}
				p.abandon()
				return nil, f
			}
		}
	}
}

// examine finds out why the answers ended.
func (p *process) examine(cause error, during string, begun time.Time) *Failure {
	f := &Failure{Kind: verdict.Crash, During: during, After: time.Since(begun)}
	if !errors.Is(cause, io.EOF) {
		p.abandon()
		f.What, f.stack = cause.Error(), p.stderr.text()
		return f
	}
	select {
	case <-p.exited:
		p.abandon()
		f.stack = p.stderr.text()
		f.What = causeOfDeath(p.command.ProcessState, f.stack)
	case <-time.After(endTime):
		p.abandon()
		f.What = "closed its pipe and lived on"
		f.stack = p.stderr.text()
	}
	return f
}

// hang ends a process that does not answer, and asks it first where it is.
func (p *process) hang(during string, begun time.Time) *Failure {
	f := &Failure{Kind: verdict.Hang, During: during, After: time.Since(begun), What: "no answer"}
	p.command.Process.Signal(syscall.SIGQUIT)
	select {
	case <-p.exited:
	case <-time.After(dumpTime):
	}
	p.abandon()
	f.stack = p.stderr.text()
	return f
}

// abandon kills the process and waits until it is gone.
func (p *process) abandon() {
	if !p.lost {
		close(p.gone)
	}
	p.lost = true
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
