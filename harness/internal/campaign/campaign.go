// Package campaign is what the command's verbs do: a run over generated cases with its run directory, a replay of
// case files, a reduction, a look at one case. It puts the engine, the generators, the reducer and the record
// together; it prints nothing.
package campaign

import "time"

// Defaults of every verb.
const (
	DefaultRelations   = 2
	DefaultDeadline    = time.Minute
	DefaultReduceCalls = 500
)
