// Package campaign is what the command's verbs do: a run over generated cases with its run directory, a replay of
// case files, a reduction, a look at one case. It puts the engine, the generators, the reducer and the record
// together; it prints nothing.
package campaign

import (
	"context"
	"time"

	"attest/harness/paths"
	"attest/harness/paths/catalog"
)

// Defaults of every verb.
const (
	DefaultRelations   = 2
	DefaultDeadline    = time.Minute
	DefaultReduceCalls = 500
)

func opener(path string) func(context.Context) (paths.Path, error) {
	return func(ctx context.Context) (paths.Path, error) { return catalog.Open(ctx, path) }
}
