package paths

import (
	"context"

	"attest.example/attest/harness/internal/cases"
)

// Isolated is a path that computes in a process of its own. Attend ends when its context does, whatever the code under
// test is doing, and after any failure the next call finds a working process.
type Isolated interface {
	Path

	// Memory makes memory that both processes see, for the tensors of one case. Tensors elsewhere are copied there and
	// back by Attend. What an earlier Memory gave is invalid from now on, and so is everything after Close.
	Memory(cases.Case) (cases.Allocator, error)

	// Restart goes on in a new process, where nothing is left of what ran before.
	Restart(context.Context) error
}

// Restart starts the path as cold as it can: a new process, else a new context.
func Restart(ctx context.Context, p Path) error {
	if isolated, ok := p.(Isolated); ok {
		return isolated.Restart(ctx)
	}
	return Reset(ctx, p)
}
