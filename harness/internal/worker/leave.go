package worker

import (
	"context"
	"os"
	"time"

	"attest.example/attest/harness/internal/compiling"
)

// A path is started anew every second or so, to hold its results against those of a fresh process, and what its process compiles
// aside takes longer: ended each time, it would begin each time, and never come to be of use. So the process that is replaced
// ends what it has begun, without a call to answer, and then itself.

const (
	// stayTime is how long a process may stay for that.
	stayTime = time.Minute
	// lookAgain is how often it looks whether that is done.
	lookAgain = 20 * time.Millisecond
)

// leave is the child's: it ends when what is compiled aside is done, and answers whether anything is.
func (c *child) leave() (stays bool) {
	if stays, _ = compiling.Aside.Compiling(); !stays {
		return false
	}
	go func() {
		for now := true; now; now, _ = compiling.Aside.Compiling() {
			time.Sleep(lookAgain)
		}
		c.close()
		os.Exit(0)
	}()
	return true
}

// leave ends the path's process, or lets it end by itself what it compiles; one at a time, for they would take each other's
// processors.
func (p *Path) leave(ctx context.Context) {
	if p.process == nil || p.staying.busy() {
		p.stop()
		return
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	r, err := p.call(ctx, request{Call: callLeave})
	if err != nil || !r.Stays {
		p.stop()
		return
	}
	p.staying = &stayer{process: p.process}
	p.staying.timer = time.AfterFunc(stayTime, p.staying.process.kill)
	p.process = nil
}

// stayer is a process that stays for what it compiles.
type stayer struct {
	process *process
	timer   *time.Timer
}

func (s *stayer) busy() bool {
	if s == nil {
		return false
	}
	select {
	case <-s.process.exited:
		s.close()
		return false
	default:
		return true
	}
}

// close ends the process, also where it has ended by itself.
func (s *stayer) close() {
	if s != nil {
		s.timer.Stop()
		s.process.close()
	}
}
