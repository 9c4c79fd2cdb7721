package relation

import (
	"context"
	"errors"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// Subject is a run that laws start from: the base. It is not for use by several goroutines at once.
type Subject struct {
	Path paths.Path
	// Promises are the path's for this case.
	Promises paths.Promises
	// Case is normalized.
	Case cases.Case
	// Tensors are the inputs and the outputs of the base run. Laws never write to them.
	Tensors *cases.Tensors
	// Arithmetic is what the path declares for the case, Truth the reference with bounds that follows from both.
	// Bit-for-bit laws do without Truth.
	Arithmetic reference.Arithmetic
	Truth      *reference.Result

	// Seed is where the random choices of a law begin; 0: where the case's name and the law's put it. A failure keeps it,
	// since reduction changes the name.
	Seed uint64

	// Run executes the path on a derived case whose tensors are in ordinary memory, outputs poisoned. nil: the path's
	// own Attend. A caller that shares memory with a device or a process copies, and may add deadlines and guards.
	Run func(context.Context, cases.Case, *cases.Tensors) error

	// Workers is the number of goroutines that compute a reference; 0: as many as GOMAXPROCS.
	Workers int

	// Compared counts the elements that laws compared so far: a law that held over none of them has shown nothing.
	Compared int
	// Skips are the laws that could not be checked on this path, each with the reason.
	Skips []string

	thorough    bool      // for tests: derived runs are always held to their own bounds too
	columnsOnce []column  // cache of columns
	outputsOnce []float64 // cache of the base run's outputs, contiguous
}

func (s *Subject) validate(l Law) error {
	switch {
	case s.Tensors == nil:
		return errors.New("subject: Tensors are nil; want inputs and outputs of the base run")
	case s.Path == nil:
		return errors.New("subject: Path is nil; want the path that ran the base")
	case !l.Bits && (s.Truth == nil || s.Truth.OutputDemand == nil):
		return errors.New("subject: Truth is nil or has no bounds; want the reference of the base with bounds")
	case !l.appliesTo(&s.Case, s.Promises):
		return fmt.Errorf("does not apply to case %s: choose laws with Applicable", cases.Name(s.Case))
	}
	return nil
}

// application is one check of one law.
type application struct {
	*Subject
	ctx  context.Context
	law  Law
	dice dice
}

// copy returns the base's tensors to change, with outputs poisoned.
func (a *application) copy() *cases.Tensors {
	t := a.Tensors.Clone()
	t.PoisonOutputs()
	return t
}

// attend runs the path on other values for the same case.
func (a *application) attend(t *cases.Tensors) error {
	c := a.Case
	c.After = nil // they have run: the context is as warm as it gets
	return a.run(c, t)
}

func (a *application) run(c cases.Case, t *cases.Tensors) error {
	if err := a.ctx.Err(); err != nil {
		return fmt.Errorf("law %s: %w", a.law.Name, err)
	}
	var err error
	if a.Run != nil {
		err = a.Run(a.ctx, c, t)
	} else {
		_, err = a.Path.Attend(a.ctx, c, t)
	}
	if errors.Is(err, paths.ErrUnsupported) {
		a.skip("the path refuses the derived case: %v", err)
		return errRefused
	}
	if err != nil {
		return fmt.Errorf("law %s: run of the derived case (%s): %w", a.law.Name, cases.Describe(c), err)
	}
	return nil
}

// errRefused ends a law whose derived case the path refused when it was called; why is among the skips.
var errRefused = errors.New("the path refuses a derived case")

// skip notes why the law cannot be held against this subject.
func (a *application) skip(format string, args ...any) {
	a.Skips = append(a.Skips, a.law.Name+": "+fmt.Sprintf(format, args...))
}

// derive returns a case that differs from the base by change, and its tensors with nothing in them but poison. It
// returns nil tensors, and notes why, where the path cannot be held to the base's bounds on that case.
func (a *application) derive(change func(*cases.Case)) (cases.Case, *cases.Tensors) {
	c := a.Case.Clone()
	c.After, c.Notes = nil, ""
	change(&c)
	c.DropStrides(&a.Case)
	c.Paging.Shared = 0 // what entries share need not be the same in the derived case
	if err := c.Normalize(); err != nil {
		a.skip("the derived case is impossible: %v", err)
		return c, nil
	}
	if err := paths.Supports(a.Path, c); err != nil {
		a.skip("the path does not support the derived case: %v", err)
		return c, nil
	}
	base := a.Arithmetic
	if !c.Quant.Any() { // an arithmetic leaves these empty then; the bounds of the base are the wider ones
		base.QuantScales, base.Dequantised = reference.Format{}, reference.Format{}
	}
	if a.Path.Arithmetic(c) != base {
		a.skip("the path computes the derived case in another arithmetic")
		return c, nil
	}
	t, err := cases.Blanks(c)
	if err != nil {
		a.skip("the derived case has no memory: %v", err)
		return c, nil
	}
	return c, t
}
