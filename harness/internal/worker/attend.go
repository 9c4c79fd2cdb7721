package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/posix"
	"attest.example/attest/harness/internal/verdict"
)

// Attend computes the case in the child. The error is a *Failure where that cost the child.
func (p *Path) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	return p.attend(ctx, c, t, 0)
}

func (p *Path) attend(ctx context.Context, c cases.Case, t *cases.Tensors, variant int) (paths.Timing, error) {
	if err := p.failed; err != nil {
		p.failed = nil
		return paths.Timing{}, err
	}
	buffers := t.Buffers()
	if p.regions[0].holds(buffers) {
		return p.compute(ctx, c, t, variant, 0)
	}
	r := p.regions[1]
	if err := r.fit(buffers, p.atEnd(&c)); err != nil {
		return paths.Timing{}, err
	}
	for i, b := range buffers {
		b.Tensor.CopyUsed(r.bytes(i), b.Data)
	}
	timing, err := p.compute(ctx, c, t, variant, 1)
	if err != nil {
		return timing, err
	}
	for i, b := range buffers {
		// The caller has to see an input that the path changed. Most are unchanged, and to compare is cheaper than to copy.
		if mine := r.bytes(i); !b.Tensor.EqualUsed(b.Data, mine) {
			b.Tensor.CopyUsed(b.Data, mine)
		}
	}
	return timing, nil
}

// compute lets the child compute tensors that lie in a region.
func (p *Path) compute(ctx context.Context, c cases.Case, t *cases.Tensors, variant, region int) (paths.Timing, error) {
	r := p.regions[region]
	if err := p.mapped(ctx, region); err != nil {
		return paths.Timing{}, err
	}
	p.board.clear()
	process := p.process
	answer, err := p.call(ctx, request{
		Call: callAttend, Problem: p.problemOf(c), Variant: variant, Region: region, Tensors: tensorsOf(t, r.buffers), Turn: p.turn, Work: p.work,
	})
	if err != nil {
		var f *Failure
		if errors.As(err, &f) {
			p.blame(f, process, region, faultAddress(f.stack))
			if words := lastWords(f.stack); words != "" {
				f.What += "; its last words: " + words
			}
		}
		return paths.Timing{}, err
	}
	if err := p.swallowed(answer, process, region); err != nil {
		return answer.Timing, err
	}
	if answer.Failure != nil {
		return answer.Timing, p.refused(answer.Failure, process, region)
	}
	return answer.Timing, checkBands(r.memory, r.buffers)
}

// mapped makes sure that the child has mapped a region at its present size.
func (p *Path) mapped(ctx context.Context, region int) error {
	shared := p.regions[region]
	if p.process != nil && p.process.views[region].generation == shared.generation {
		return nil
	}
	r, err := p.call(ctx, request{Call: callMap, Region: region, Size: len(shared.memory), Guards: shared.slots.guards})
	if err == nil {
		err = p.refusal(r)
	}
	if err != nil {
		return err
	}
	p.process.views[region] = childView{r.Base, shared.generation}
	return nil
}

// blame turns the end of a process into a guard verdict where it touched a guard, by what the board holds about it, else
// by the address in what was printed.
func (p *Path) blame(f *Failure, process *process, region int, address uintptr) {
	if noted, signal, ok := p.board.fault(); ok {
		address = noted
		if !strings.HasPrefix(f.What, "SIG") && !strings.Contains(f.What, posix.SignalName(signal)) {
			f.What = fmt.Sprintf("%s, which something in the process handled: %s", posix.SignalName(signal), f.What)
		}
	} else if f.Kind != verdict.Crash {
		return
	}
	if where := p.locate(process, region, address); where != "" {
		f.Kind = verdict.Guard
		f.What = "touched memory " + where + ": " + f.What
	}
}

// swallowed is an access outside the tensors after which the call came back all the same, since something in the process
// handled the signal. A panic of Go code tells of its access itself.
func (p *Path) swallowed(answer *reply, process *process, region int) error {
	address, signal, ok := p.board.fault()
	where := p.locate(process, region, address)
	if !ok || where == "" || answer.Failure != nil && answer.Failure.Address != 0 {
		return nil
	}
	ended := "succeeded"
	if answer.Failure != nil {
		ended = "returned: " + answer.Failure.Text
	}
	return guardError(fmt.Sprintf("touched memory %s: %s, which something in the process handled; the call %s", where, posix.SignalName(signal), ended))
}

func (p *Path) locate(process *process, region int, address uintptr) string {
	shared := p.regions[region]
	if process == nil || process.views[region].generation != shared.generation {
		return ""
	}
	base := process.views[region].base
	if address < base || address-base >= uintptr(len(shared.memory)) {
		return ""
	}
	return shared.slots.locate(int(address-base), shared.buffers)
}

// refused turns a failure that the child could tell into an error. After a panic the child is not used again.
func (p *Path) refused(f *failed, process *process, region int) error {
	where := p.locate(process, region, f.Address)
	switch {
	case f.Panicked:
		failure := &Failure{Kind: verdict.Crash, What: f.Text, During: callAttend, stack: f.Stack}
		p.blame(failure, process, region, f.Address)
		p.stop()
		return failure
	case where != "":
		return guardError("touched memory " + where + ": " + f.Text)
	}
	err := p.withWords(f, process)
	if f.Spent { // the next case finds a new process
		p.stop()
	}
	return err
}

// withWords is the error of a call that failed and came back, with what was printed meanwhile.
func (p *Path) withWords(f *failed, process *process) error {
	err := f.error()
	if f.Unsupported || f.Deadline || f.Machine {
		return err
	}
	output := process.stderr.settled()
	if output == "" {
		return err
	}
	return &withOutput{err, output}
}

// refusal is the same for calls without tensors.
func (p *Path) refusal(r *reply) error {
	switch f := r.Failure; {
	case f == nil:
		return nil
	case f.Panicked:
		p.stop()
		return &Failure{Kind: verdict.Crash, What: f.Text, During: "a question about the case", stack: f.Stack}
	default:
		return f.error()
	}
}

func (f *failed) error() error {
	switch {
	case f.Deadline:
		return fmt.Errorf("%s: %w", f.Text, context.DeadlineExceeded)
	case f.Unsupported:
		return paths.Unsupported("%s", f.Text)
	case f.Machine:
		return &ofMachine{f.Text}
	case f.Verdict != nil:
		return &classified{f.Text, *f.Verdict}
	}
	return errors.New(f.Text)
}
