package host

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"attest.example/attest/metal/internal/device"
)

// worthCompiling is how long fibers run a kernel before it is compiled for vectors, unless Options.AutoAfter says otherwise. That
// costs two to four seconds of a processor, once, and vectors save nine tenths of all time that follows, in this process and in those
// to come: most kernels are run again and again, so less than what it costs is enough to begin with.
const worthCompiling = time.Second

// tellAfter is how much time comes together before it is told to the ledger.
const tellAfter = 50 * time.Millisecond

// ledger keeps how long fibers have been at kernels, for all processes that use it; package msl's is in the compiler's cache.
// Spend adds and returns the sum; Claim begins it anew, and is true for one of those who want to compile the kernel.
type ledger interface {
	Spend(kernel string, t time.Duration) time.Duration
	Claim(kernel string) bool
}

// earned has kernels compiled for vectors, one at a time and in the background, once fibers have been at them for long. What
// is made goes to the compiler's cache, where the next pipeline of that kernel finds it.
type earned struct {
	compiler wideCompiler
	after    time.Duration
	begun    func() func()   // Options.OnEarned
	ctx      context.Context // of the device
	cancel   context.CancelFunc
	under    sync.WaitGroup // compilations under way: at most one

	mu     sync.Mutex
	busy   bool
	untold map[string]time.Duration // that fibers have spent on a kernel, with whatever constants, and the ledger does not have
	tried  map[[sha256.Size]byte]bool
}

func newEarned(compiler wideCompiler, after time.Duration, begun func() func()) *earned {
	ctx, cancel := context.WithCancel(context.Background())
	if begun == nil {
		begun = func() func() { return func() {} }
	}
	return &earned{
		compiler: compiler, after: cmp.Or(after, worthCompiling), begun: begun, ctx: ctx, cancel: cancel,
		untold: map[string]time.Duration{}, tried: map[[sha256.Size]byte]bool{},
	}
}

// spent adds to the time that fibers have been at a kernel, and compiles it where that is due and nothing else is compiled. The
// time is counted over all values of its function constants: as a rule one module serves them all.
func (e *earned) spent(p device.Program, t time.Duration) {
	kernel := sha256.Sum256(fmt.Appendf(nil, "%d %d %q %q %s", p.Math, p.Language, p.Function, p.File, p.Source))
	program := sha256.Sum256(fmt.Appendf(kernel[:], " %v", p.Constants))
	name := hex.EncodeToString(kernel[:16])
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ctx.Err() != nil || e.tried[program] { // it was compiled, or cannot be
		return
	}
	if e.untold[name] += t; e.untold[name] < min(tellAfter, e.after) {
		return
	}
	if e.tell(name) < e.after || e.busy || !e.compiler.Claim(name) {
		return
	}
	e.busy, e.tried[program] = true, true
	ended := e.begun()
	e.under.Go(func() {
		defer ended()
		// An error is the next pipeline's to meet, if it is one of the text: fibers then have it too. What this process's end cuts
		// short is earned anew: processes that are all too short for it would else begin it each time and never have it.
		_, _ = e.compiler.CompileWide(e.ctx, p)
		e.mu.Lock()
		e.busy = false
		e.mu.Unlock()
	})
}

// tell tells the ledger of a kernel's time, and returns the sum.
func (e *earned) tell(name string) time.Duration {
	t := e.untold[name]
	delete(e.untold, name)
	return e.compiler.Spend(name, t)
}

// stop ends what is under way, and nothing begins any more.
func (e *earned) stop() {
	if e == nil {
		return
	}
	e.mu.Lock()
	e.cancel()
	for name := range e.untold {
		e.tell(name)
	}
	e.mu.Unlock()
	e.under.Wait()
}
