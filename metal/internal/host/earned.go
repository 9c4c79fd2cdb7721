package host

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"attest.example/attest/metal/internal/device"
)

// worthCompiling is how long fibers run a kernel before it is compiled for vectors, unless Options.AutoAfter says otherwise. That
// costs about three seconds of a processor, and each process of a run counts for itself, two of them as a rule. Vectors save
// nine tenths of what follows, so at worst the two together cost some twice the better of them.
const worthCompiling = time.Second

// earned has kernels compiled for vectors, one at a time and in the background, once fibers have been at them for long. What
// is made goes to the compiler's cache, where the next pipeline of that kernel finds it.
type earned struct {
	compiler wideCompiler
	after    time.Duration
	ctx      context.Context // of the device
	cancel   context.CancelFunc
	under    sync.WaitGroup // compilations under way: at most one

	mu    sync.Mutex
	busy  bool
	times map[digest]time.Duration // that fibers have spent on a kernel since it was last compiled, with whatever constants
	tried map[digest]bool          // programs that were compiled, or cannot be
}

type digest [sha256.Size]byte

func newEarned(compiler wideCompiler, after time.Duration) *earned {
	ctx, cancel := context.WithCancel(context.Background())
	return &earned{compiler: compiler, after: cmp.Or(after, worthCompiling), ctx: ctx, cancel: cancel, times: map[digest]time.Duration{}, tried: map[digest]bool{}}
}

// spent adds to the time that fibers have been at a kernel, and compiles it where that is due and nothing else is compiled. The
// time is counted over all values of its function constants: as a rule one module serves them all.
func (e *earned) spent(p device.Program, t time.Duration) {
	kernel := sha256.Sum256(fmt.Appendf(nil, "%d %d %q %q %s", p.Math, p.Language, p.Function, p.File, p.Source))
	program := sha256.Sum256(fmt.Appendf(kernel[:], " %v", p.Constants))
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ctx.Err() != nil || e.tried[program] {
		return
	}
	if e.times[kernel] += t; e.times[kernel] < e.after || e.busy {
		return
	}
	e.busy, e.times[kernel], e.tried[program] = true, 0, true
	e.under.Go(func() {
		// An error is the next pipeline's to meet, if it is one of the text: fibers then have it too.
		e.compiler.CompileWide(e.ctx, p)
		e.mu.Lock()
		e.busy = false
		e.mu.Unlock()
	})
}

// stop ends what is under way, and nothing begins any more.
func (e *earned) stop() {
	if e == nil {
		return
	}
	e.mu.Lock()
	e.cancel()
	e.mu.Unlock()
	e.under.Wait()
}
