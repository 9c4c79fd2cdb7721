package paths

import "context"

// Opening is what may be told and asked while a path is opened, which can take long or end the process: a library runs
// its own code when it is loaded, and is probed before the first case.
type Opening struct {
	// Phase is told what happens next, in a few words.
	Phase func(words string)
	// Skip reports whether a phase that could be left out should be, since it ended a process before.
	Skip func(words string) bool
}

// ProbePhase begins the words of a phase that a path can do without: a call that only tells more about what it runs.
const ProbePhase = "probing: "

type openingKey struct{}

// WithOpening lets whoever opens a path with the context follow it.
func WithOpening(ctx context.Context, o Opening) context.Context {
	return context.WithValue(ctx, openingKey{}, o)
}

// Phase tells whoever follows the opening of a path what happens next.
func Phase(ctx context.Context, words string) {
	if o, ok := ctx.Value(openingKey{}).(Opening); ok && o.Phase != nil {
		o.Phase(words)
	}
}

// Skip asks whether a phase should be left out.
func Skip(ctx context.Context, words string) bool {
	o, ok := ctx.Value(openingKey{}).(Opening)
	return ok && o.Skip != nil && o.Skip(words)
}
