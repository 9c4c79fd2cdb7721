package metalpath

import (
	"slices"
	"strings"
	"sync"

	"attest.example/attest/metal"
)

// Fallbacks are the kernels that vectors were to run and fibers do, and which engines ran any since the last Forget.
type Fallbacks struct {
	Chosen bool // the device chooses the engine, so that a case has to tell which it was

	mu   sync.Mutex
	list []string
	ran  []string // the names of engines, sorted
}

// Add is a HostOptions.OnEngine.
func (f *Fallbacks) Add(e metal.EngineOf) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at, found := slices.BinarySearch(f.ran, e.Engine.String()); !found {
		f.ran = slices.Insert(f.ran, at, e.Engine.String())
	}
	if e.Why == "" {
		return
	}
	if words := e.Kernel + ": " + e.Why; !slices.Contains(f.list, words) {
		f.list = append(f.list, words)
	}
}

// List is what there has been so far, as "KERNEL: WHY".
func (f *Fallbacks) List() []string {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list)
}

// Ran are the engines of the kernels that were compiled since the last Forget, "fibers", "wide" or "fibers,wide"; empty where
// the device has no choice.
func (f *Fallbacks) Ran() string {
	if f == nil || !f.Chosen {
		return ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.ran, ",")
}

// Forget is called when no kernel is left in memory.
func (f *Fallbacks) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ran = nil
}
