// Package paths defines what an implementation under test is: the Path interface, what a path declares about itself,
// and the registry of those that the command knows by name. It never judges an output.
package paths

import (
	"context"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/reference"
)

// Path is one implementation of attention. Calls on one Path are sequential and share its context: caches, queues,
// scratch memory. That is on purpose, since many real bugs need two calls.
type Path interface {
	// Name is what --path takes: naive, host, lib:FILE.
	Name() string

	// Arithmetic declares how the path computes this case; the oracle's bound follows from it.
	Arithmetic(cases.Case) reference.Arithmetic

	// Supports is nil where the path can compute the case, else why it cannot.
	Supports(cases.Case) error

	// Attend reads q, k, v and the mask of the tensors and writes out and, where not nil, lse. It writes nowhere
	// else. An error is a failure of the call, not a wrong result; one that is ErrUnsupported is a refusal, as from
	// Supports, and no failure.
	Attend(context.Context, cases.Case, *cases.Tensors) (Timing, error)
}

// Timing is what a path knows of its own speed. Zero values mean that it does not know.
type Timing struct {
	DeviceSeconds  []float64 // of each dispatch, on the device's own clock
	CompileSeconds float64   // spent compiling for this call
	Cached         bool      // the pipeline was there already

	// OnFibers are the kernels so far, as "KERNEL: WHY", that the host device was to run as vectors and runs with a fiber
	// for each thread.
	OnFibers []string

	// Engine is what ran the kernels of this call, and of those before it in the same context, where the host device chooses
	// between engines: "fibers", "wide" or "fibers,wide". It comes with an error, too.
	Engine string
}

// Promises is what a path guarantees beyond being right. Relations that it does not promise are not held against
// it; bounds always are.
type Promises struct {
	Deterministic bool // the same call has the same bits
	MaskedBits    bool // what masked slots hold changes no bit of the output
	Independent   bool // batches, heads and rows do not see each other: change one, the others keep their bits
	FutureBits    bool // under a causal mask, later keys change no bit of earlier rows
	NaN           bool // an allowed NaN or Inf reaches the output (not so under fast math)
	AnyRows       bool // a row has the same bits however many are computed beside it (not so where few rows have another kernel)
}

// AllPromises is the default: a path that declares nothing promises everything.
func AllPromises() Promises { return Promises{true, true, true, true, true, true} }

// Promiser is a path that does not promise everything.
type Promiser interface{ Promises(cases.Case) Promises }

// PromisesOf asks a path, or assumes everything.
func PromisesOf(p Path, c cases.Case) Promises {
	if promiser, ok := p.(Promiser); ok {
		return promiser.Promises(c)
	}
	return AllPromises()
}

// Resetter is a path that can start over with a cold context, as a fresh process would.
type Resetter interface{ Reset(context.Context) error }

// Reset puts the path into a cold context where it can.
func Reset(ctx context.Context, p Path) error {
	if r, ok := p.(Resetter); ok {
		return r.Reset(ctx)
	}
	return nil
}

// Describer is a path that knows what it runs on.
type Describer interface{ Describe() Description }

// Description is what a run records of a path's surroundings.
type Description struct {
	Device    string `json:"device"`
	Toolchain string `json:"toolchain"`
}

// Peaker is a path that can measure what its device could do at most if it did nothing else.
type Peaker interface {
	// Peak returns operations a second, and 0 where nobody knows them. It takes about half a second.
	Peak(context.Context) (float64, error)
}

// PeakOf asks a path, or answers with 0.
func PeakOf(ctx context.Context, p Path) (float64, error) {
	if measured, ok := p.(Peaker); ok {
		return measured.Peak(ctx)
	}
	return 0, nil
}

// Describe asks a path, or answers with nothing known.
func Describe(p Path) Description {
	if d, ok := p.(Describer); ok {
		return d.Describe()
	}
	return Description{}
}
