package msl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"attest.example/attest/metal/plainfile"
)

// What one run of clang may take. A text can make a compiler run without end, and without bounds on what it writes.
const (
	defaultDeadline = 2 * time.Minute
	maxTextBytes    = plainfile.MaxText // of a text, given or with all that it includes and its macros expanded
	maxFileBytes    = 1 << 30           // of a file that clang writes
	maxMemoryBytes  = 16 << 30          // of address space
)

// ErrTooLong is returned where the compiler was ended at its deadline; its text tells how to set another.
var ErrTooLong = errors.New("the compiler was ended at its deadline; Options.Deadline and ATTEST_COMPILE_DEADLINE set another")

// ErrTooLarge means that a text, or what its includes and macros make of it, is larger than what is compiled.
var ErrTooLarge = fmt.Errorf("the text, with its includes and macros expanded, is larger than %d MB", maxTextBytes>>20)

// deadlineOf is how long one run of clang may take.
func deadlineOf(asked time.Duration) (time.Duration, error) {
	if asked < 0 {
		return 0, fmt.Errorf("deadline %v of the compiler: a positive time is expected", asked)
	}
	if asked > 0 {
		return asked, nil
	}
	text := os.Getenv("ATTEST_COMPILE_DEADLINE")
	if text == "" {
		return defaultDeadline, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("ATTEST_COMPILE_DEADLINE=%q: a positive time is expected, as in 90s or 5m", text)
	}
	return d, nil
}

// bounded keeps what is written to it until there is too much, and then ends whoever writes.
type bounded struct {
	kept bytes.Buffer // not embedded: io.Copy would find its ReadFrom and go past Write
	max  int
	stop context.CancelCauseFunc
}

func (b *bounded) Write(data []byte) (int, error) {
	if b.kept.Len()+len(data) > b.max {
		b.stop(ErrTooLarge)
		return 0, ErrTooLarge
	}
	return b.kept.Write(data)
}

// run executes clang with text on its standard input. A done context, the deadline, or too much output kills it with all
// it started; so does the death of this process.
func (c *Compiler) run(ctx context.Context, arguments []string, text string) (stdout, stderr string, err error) {
	if c.clang == "" {
		return "", "", fmt.Errorf("this kernel is not in the cache: %w", ErrNoClang)
	}
	return c.runTool(ctx, c.clang, arguments, text)
}

// runTool does the same with another program.
func (c *Compiler) runTool(ctx context.Context, tool string, arguments []string, text string) (stdout, stderr string, err error) {
	if len(text) > maxTextBytes {
		return "", "", ErrTooLarge
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	limited, cancel := context.WithTimeoutCause(ctx, c.deadline, ErrTooLong)
	defer cancel()
	command := exec.CommandContext(limited, tool, arguments...)
	command.Stdin = strings.NewReader(text)
	out, errs := bounded{max: maxTextBytes, stop: stop}, bounded{max: maxTextBytes, stop: stop}
	command.Stdout, command.Stderr = &out, &errs
	command.Env = append(os.Environ(), "LC_ALL=C")
	command.SysProcAttr = childAttributes()
	command.Cancel = func() error { return killGroup(command.Process) }
	command.WaitDelay = 2 * time.Second
	// The kernel kills the child when the thread that started it ends. This goroutine keeps that thread until the child has
	// ended: otherwise one that Go ends for another reason would take the child with it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err = command.Start(); err == nil {
		limitChild(command.Process.Pid, c.deadline)
		err = command.Wait()
	}
	if limited.Err() != nil {
		err = fmt.Errorf("compiler stopped: %w", context.Cause(limited))
	}
	return out.kept.String(), errs.kept.String(), err
}
