package metalpath

import (
	"slices"
	"sync"

	"attest.example/attest/metal"
)

// Fallbacks are the kernels that vectors were to run and fibers do.
type Fallbacks struct {
	mu   sync.Mutex
	list []string
}

// Add is a HostOptions.OnEngine.
func (f *Fallbacks) Add(e metal.EngineOf) {
	if e.Why == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
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
