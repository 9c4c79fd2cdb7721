package metalpath

import (
	"fmt"
	"slices"
	"sync"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

// Where a device chooses the engine it is the fibers' turn in the first sequence of a run and in every eighth after it, whatever
// was compiled before: lanes of a simdgroup that race show it on fibers, and not in vectors. Of those turns' cases a few are so
// large that they take most of the time, so the large ones have fibers in every eighth turn only, the first of a run among them.
const (
	turnOnFibers  = 8
	largeOnFibers = 8 * turnOnFibers
	large         = 1 << 20 // multiply-adds: many tiles of keys and rows, in whatever number of heads
)

// nameOf is an engine's name in results and options.
var nameOf = map[metal.Engine]string{metal.EngineFibers: "fibers", metal.EngineWide: "wide", metal.EngineAuto: "auto"}

// Engines are what runs a path's kernels on this machine's processors.
type Engines struct {
	Chosen bool // the device chooses the engine, so that a case has to tell which it was

	mu     sync.Mutex
	list   []string // of kernels that vectors were to run and fibers do
	ran    string   // those that ran any since the last Begin, as a paths.Timing has them
	fibers bool     // it is their turn
	unable bool     // a kernel was not compiled, since the last Blame, and this machine is why
}

// enginesOf has a mode's device, which is not open yet, tell which engine runs a kernel, and ask before it chooses.
func enginesOf(mode *Mode) *Engines {
	e := &Engines{Chosen: mode.choosesEngine()}
	mode.Host.OnEngine, mode.Host.OnDispatch, mode.Host.KeepOnFibers, mode.Host.OnUnable = e.add, e.dispatched, e.keepOnFibers, e.cannotCompile
	return e
}

// add is a HostOptions.OnEngine.
func (e *Engines) add(of metal.EngineOf) {
	if of.Why == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if words := of.Kernel + ": " + of.Why; !slices.Contains(e.list, words) {
		e.list = append(e.list, words)
	}
}

// dispatched is a HostOptions.OnDispatch.
func (e *Engines) dispatched(on metal.Engine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ran = paths.JoinEngines(e.ran, nameOf[on])
}

// keepOnFibers is a HostOptions.KeepOnFibers.
func (e *Engines) keepOnFibers() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fibers
}

// cannotCompile is a HostOptions.OnUnable.
func (e *Engines) cannotCompile(error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unable = true
}

// Blame is the error of a call, a paths.ErrMachine where a kernel of it was not compiled and this machine is why.
func (e *Engines) Blame(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	unable := e.unable
	e.unable = false
	if err == nil || !unable {
		return err
	}
	return fmt.Errorf("%w: %w", paths.ErrMachine, err)
}

// Turn is a paths.Turner's.
func (e *Engines) Turn(sequence int, work float64) {
	every := turnOnFibers
	if work > large {
		every = largeOnFibers
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fibers = sequence > 0 && sequence%every == 1
}

// OnFibers lists the kernels so far that vectors were to run and fibers do, as "KERNEL: WHY".
func (e *Engines) OnFibers() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}

// Begin is called before each call.
func (e *Engines) Begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ran = ""
}

// Ran are the engines of the dispatches since the last Begin, "fibers", "wide" or "fibers,wide"; empty where there was none, or
// the device has no choice.
func (e *Engines) Ran() string {
	if !e.Chosen {
		return ""
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ran
}
