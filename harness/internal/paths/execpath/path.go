package execpath

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/declared"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// Path is a program. Like every path it takes one call at a time.
type Path struct {
	name, target string
	program      *program // nil: to be started by the next call
	memory       *sharedFile
	hello        hello
	number       int // of the last request
}

// Open starts or reaches the program that target names and asks it what it is. name is the path's own, with exec:.
func Open(ctx context.Context, name, target string) (*Path, error) {
	p := &Path{name: name, target: target}
	var err error
	// The descriptor is there before anybody knows whether it will be used: it can only be inherited at the start.
	if p.memory, err = newSharedFile(!p.started()); err != nil {
		return nil, err
	}
	if err := p.start(ctx); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// started reports whether attest starts the program itself.
func (p *Path) started() bool {
	return !strings.HasPrefix(p.target, "unix:") && !strings.HasPrefix(p.target, "tcp:")
}

func (p *Path) start(ctx context.Context) error {
	var inherited *os.File
	if p.started() {
		inherited = p.memory.file
	}
	program, err := connect(ctx, p.target, inherited)
	if err != nil {
		return err
	}
	p.program = program
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	a, _, err := p.exchange(ctx, &request{Call: "hello"}, nil, 0)
	if err != nil {
		return fmt.Errorf("hello: %w", err)
	}
	fail := func(text string) error {
		f := program.failure(verdict.Error, "hello: "+text)
		p.drop()
		return f
	}
	switch {
	case a.Error != "":
		return fail(a.Error)
	case a.Hello == nil:
		return fail("its answer holds no hello")
	}
	if err := a.Hello.validate(); err != nil {
		return fail(err.Error())
	}
	p.hello = *a.Hello
	return nil
}

// exchange makes one call. Whatever is wrong with its answer costs the program, since nobody knows where its stream is.
func (p *Path) exchange(ctx context.Context, r *request, payload []byte, most int) (*answer, []byte, error) {
	program := p.program
	program.words.forget()
	p.number++
	r.ID = p.number
	type result struct {
		answer  *answer
		payload []byte
		err     error
	}
	done := make(chan result, 1)
	go func() {
		sent := program.stream.send(r, payload)
		if sent != nil && !isEnd(sent) {
			done <- result{err: sent}
			return
		}
		a, body, err := program.stream.receive(most) // also where it did not read: it may have said why
		done <- result{a, body, err}
	}()
	var got result
	select {
	case got = <-done:
	case <-ctx.Done():
		f := program.failure(verdict.Hang, "the program did not answer in time")
		program.kill()
		<-done
		p.drop()
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, nil, ctx.Err()
		}
		return nil, nil, f
	}
	switch {
	case got.err != nil:
	case got.answer.ID < r.ID && got.answer.ID > 0:
		got.err = fault("it wrote an answer too many: to call %d, which it had answered before", got.answer.ID)
	case got.answer.ID != r.ID:
		got.err = fault("it answered call %d; want the answer to call %d", got.answer.ID, r.ID)
	}
	if got.err == nil {
		return got.answer, got.payload, nil
	}
	var broken *faultError
	kind := verdict.Error
	text := got.err.Error()
	if !errors.As(got.err, &broken) {
		kind = verdict.Crash
		program.closer.Close()
		program.reap()
		text = program.death()
		if half := halfOf(got.err); half != "" {
			text += " in the middle of its answer (" + half + ")"
		}
	}
	f := program.failure(kind, text)
	p.drop()
	return nil, nil, f
}

// halfOf tells what came of an answer that ended too soon.
func halfOf(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return strings.TrimSuffix(err.Error(), ": "+io.ErrUnexpectedEOF.Error())
	}
	return ""
}

// drop ends a program that cannot be used again.
func (p *Path) drop() {
	if p.program != nil {
		p.program.kill()
		p.program.close()
		p.program = nil
	}
}

// Name is what --path takes.
func (p *Path) Name() string { return p.name }

// Describe tells what the program said of itself.
func (p *Path) Describe() paths.Description {
	d := paths.Description{Device: p.hello.Device, Toolchain: p.hello.Toolchain}
	if p.hello.Client != "" {
		d.Toolchain += " (" + p.hello.Client + ")"
	}
	return d
}

// Arithmetic is what the program declared.
func (p *Path) Arithmetic(c cases.Case) reference.Arithmetic {
	a := p.hello.Arithmetic.Of(c)
	a.Deterministic = p.hello.Promises.All().Deterministic
	return a
}

// Promises is what the program promised.
func (p *Path) Promises(cases.Case) paths.Promises { return p.hello.Promises.All() }

// Supports holds a case against the conditions of the hello. The program may still refuse it.
func (p *Path) Supports(c cases.Case) error {
	return declared.Supports("the program", p.hello.Supports, p.hello.Promises, c)
}

// Knows is what the program said of a field or value: see paths.Knower.
func (p *Path) Knows(what string) bool {
	if what == "kv_offset" { // the protocol has said from its first version where the diagonal begins
		return true
	}
	group, _, _ := strings.Cut(what, ".") // "lengths" stands for all of ranges, "quant" for all fields of quant
	if group == "paging" && p.hello.Tensors != shared {
		return true // contiguous in the stream: in which pages the case stores k and v is nothing to know of there
	}
	return slices.Contains(p.hello.Knows, what) || (group == "lengths" || group == "quant") && slices.Contains(p.hello.Knows, group)
}

// Attend lets the program compute a case.
func (p *Path) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	if p.program == nil {
		if err := p.start(ctx); err != nil {
			return paths.Timing{}, err
		}
	}
	r := &request{Call: "attend", Case: cases.Canonical(c), Problem: problemOf(c, t)}
	if deadline, ok := ctx.Deadline(); ok {
		r.Problem.Deadline = time.Until(deadline).Seconds()
	}
	var payload []byte
	var err error
	if p.hello.Tensors == shared {
		err = p.memory.lay(t, r.Problem)
		r.Memory = p.memory.describe()
	} else {
		payload, err = pack(t, r.Problem)
	}
	if err != nil {
		return paths.Timing{}, err
	}
	a, body, err := p.exchange(ctx, r, payload, mostPayload(t))
	if err != nil {
		return paths.Timing{}, err
	}
	timing := paths.Timing{DeviceSeconds: a.DeviceSeconds, CompileSeconds: a.CompileSeconds, Cached: a.Cached}
	switch {
	case a.Unsupported != "":
		return timing, paths.Unsupported("%s", a.Unsupported)
	case a.Error != "":
		return timing, p.program.failure(verdict.Error, a.Error)
	case a.CompileSeconds < 0 || slices.ContainsFunc(a.DeviceSeconds, func(s float64) bool { return s < 0 }):
		err = fmt.Errorf("device_seconds is %g and compile_seconds %g; want 0 or more", a.DeviceSeconds, a.CompileSeconds)
	case p.hello.Tensors == shared && len(body) > 0:
		err = errors.New("the answer holds tensors, where shared memory was agreed on")
	case p.hello.Tensors == shared:
		p.memory.take(t, r.Problem)
	default:
		err = unpack(body, t)
	}
	if err != nil {
		return timing, p.program.failure(verdict.Error, err.Error())
	}
	return timing, nil
}

// mostPayload is more than an honest answer has: both outputs and their header.
func mostPayload(t *cases.Tensors) int {
	most := 1<<16 + 2*t.Out.Len()*4
	if t.LSE != nil {
		most += 2 * t.LSE.Len() * 4
	}
	return most
}

// Reset lets the program forget what it remembers between calls, where it said that it can.
func (p *Path) Reset(ctx context.Context) error {
	if !p.hello.Reset || p.program == nil {
		return nil
	}
	a, _, err := p.exchange(ctx, &request{Call: "reset"}, nil, 0)
	if err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	if a.Error != "" {
		return fmt.Errorf("reset: %s", a.Error)
	}
	return nil
}

// Close ends the program.
func (p *Path) Close() error {
	if p.program != nil {
		p.program.close()
		p.program = nil
	}
	p.memory.close()
	return nil
}
