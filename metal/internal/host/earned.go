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

// worthCompiling is how long fibers run a kernel before it is compiled for vectors, unless Options.AutoAfter says otherwise:
// about what that costs, in seconds of a processor. Vectors save nine tenths of what follows, so at worst the two together
// cost twice the better of them.
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
	times map[[sha256.Size]byte]time.Duration // that fibers have spent on a program; negative: it was compiled, or cannot be
}

func newEarned(compiler wideCompiler, after time.Duration) *earned {
	ctx, cancel := context.WithCancel(context.Background())
	return &earned{compiler: compiler, after: cmp.Or(after, worthCompiling), ctx: ctx, cancel: cancel, times: map[[sha256.Size]byte]time.Duration{}}
}

// spent adds to the time that fibers have been at a program, and compiles it where that is due and nothing else is compiled.
func (e *earned) spent(p device.Program, t time.Duration) {
	key := sha256.Sum256(fmt.Appendf(nil, "%d %d %q %q %v %s", p.Math, p.Language, p.Function, p.File, p.Constants, p.Source))
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ctx.Err() != nil || e.times[key] < 0 {
		return
	}
	if e.times[key] += t; e.times[key] < e.after || e.busy {
		return
	}
	e.busy, e.times[key] = true, -1
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
