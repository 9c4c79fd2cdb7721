package campaign

import (
	"context"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/harness/internal/worker"
)

// Isolation tells whether a path runs in processes of its own, which is what a run wants that nothing may end. The zero
// value runs it in this process. A program that isolates calls worker.Main first.
type Isolation struct {
	Isolate bool  `json:"isolate"`
	Memory  int64 `json:"memory_bytes"` // of each process, tensors not counted; 0: no limit
}

// opener returns what opens the path.
func (i Isolation) opener(path string) func(context.Context) (paths.Path, error) {
	if !i.Isolate {
		return func(ctx context.Context) (paths.Path, error) { return catalog.Open(ctx, path) }
	}
	return func(ctx context.Context) (paths.Path, error) {
		p, err := worker.Open(ctx, worker.Options{Name: path, Memory: i.Memory})
		if err != nil {
			return nil, err // and not a nil *worker.Path, which is no nil
		}
		return p, nil
	}
}
