package metalpath

import (
	"fmt"
	"slices"
	"sync"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

// turnOnFibers is how often it is the fibers' turn where a device chooses the engine: in the first sequence of a run and in every
// eighth after it. So lanes of a simdgroup that race show it in an eighth of a run at least, whatever was compiled before.
const turnOnFibers = 8

// Engines are what runs a path's kernels on this machine's processors.
type Engines struct {
	Chosen bool // the device chooses the engine, so that a case has to tell which it was

	mu     sync.Mutex
	list   []string // of kernels that vectors were to run and fibers do
	ran    string   // those that ran any since the last Forget, as a paths.Timing has them
	fibers bool     // it is their turn
	unable bool     // a kernel was not compiled, since the last Blame, and this machine is why
}

// enginesOf has a mode's device, which is not open yet, tell which engine runs a kernel, and ask before it chooses.
func enginesOf(mode *Mode) *Engines {
	e := &Engines{Chosen: mode.choosesEngine()}
	mode.Host.OnEngine, mode.Host.KeepOnFibers, mode.Host.OnUnable = e.add, e.keepOnFibers, e.cannotCompile
	return e
}

// add is a HostOptions.OnEngine.
func (e *Engines) add(of metal.EngineOf) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ran = paths.JoinEngines(e.ran, of.Engine.String())
	if of.Why == "" {
		return
	}
	if words := of.Kernel + ": " + of.Why; !slices.Contains(e.list, words) {
		e.list = append(e.list, words)
	}
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
func (e *Engines) Turn(sequence int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fibers = sequence > 0 && sequence%turnOnFibers == 1
}

// OnFibers lists the kernels so far that vectors were to run and fibers do, as "KERNEL: WHY".
func (e *Engines) OnFibers() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}

// Ran are the engines of the kernels that were compiled since the last Forget, "fibers", "wide" or "fibers,wide"; empty where
// the device has no choice.
func (e *Engines) Ran() string {
	if !e.Chosen {
		return ""
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ran
}

// Forget is called when no kernel is left in memory.
func (e *Engines) Forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ran = ""
}
