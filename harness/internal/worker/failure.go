package worker

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/verdict"
)

// Failure is the end of a worker in the middle of a call.
type Failure struct {
	Kind   verdict.Kind // crash, hang, or guard where an access outside the tensors ended it
	What   string       // "SIGSEGV at address 0x10", "exit status 3"
	During string       // the call it was in
	stack  string
}

func (f *Failure) Error() string {
	text := fmt.Sprintf("%s, during %s", f.What, f.During) // no times: the same run has the same words
	if frame := topFrame(f.stack); frame != "" {
		text += ", " + frame
	}
	return text
}

// Verdict is what the failure makes of a case.
func (f *Failure) Verdict() verdict.Verdict {
	return verdict.Verdict{Kind: f.Kind, Reason: f.Error()}
}

// Stack is what the worker wrote to its standard error while it ended: the stack, where the runtime printed one.
func (f *Failure) Stack() string { return f.stack }

// Unwrap lets a hang pass for the deadline that it missed.
func (f *Failure) Unwrap() error {
	if f.Kind == verdict.Hang {
		return context.DeadlineExceeded
	}
	return nil
}

// withOutput is an error of a call during which the path printed something.
type withOutput struct {
	err    error
	output string
}

func (e *withOutput) Error() string {
	if words := lastWords(e.output); words != "" {
		return fmt.Sprintf("%v; its last words: %s", e.err, words)
	}
	return e.err.Error()
}

func (e *withOutput) Unwrap() error { return e.err }

// Stack is all that was printed.
func (e *withOutput) Stack() string { return e.output }

// dumpStart is where the dump of Go's runtime begins, after what the path itself has printed.
var dumpStart = regexp.MustCompile(`(?m)^(SIG[A-Z]+: |fatal error: |panic: |unexpected fault address |runtime: |goroutine \d+ )`)

// mostWords is how much of a line is repeated in an error.
const mostWords = 200

// lastWords is the last line that a path printed by itself; empty: there is none.
func lastWords(output string) string {
	if at := dumpStart.FindStringIndex(output); at != nil {
		output = output[:at[0]]
	}
	output = strings.TrimSpace(output)
	line := strings.TrimSpace(output[strings.LastIndexByte(output, '\n')+1:])
	line = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(line, "\ufffd"))
	if runes := []rune(line); len(runes) > mostWords {
		line = string(runes[:mostWords]) + "..."
	}
	return line
}

// guardError is a write outside a tensor.
type guardError string

func (e guardError) Error() string { return string(e) }

// Verdict is guard.
func (e guardError) Verdict() verdict.Verdict {
	return verdict.Verdict{Kind: verdict.Guard, Reason: string(e)}
}

// classified is an error that the child could classify.
type classified struct {
	text string
	v    verdict.Verdict
}

func (e *classified) Error() string            { return e.text }
func (e *classified) Verdict() verdict.Verdict { return e.v }

// ofMachine is a paths.ErrMachine of the child's, in its words.
type ofMachine struct{ text string }

func (e *ofMachine) Error() string        { return e.text }
func (e *ofMachine) Is(target error) bool { return target == paths.ErrMachine }

// topFrame finds the function that was running in a Go stack dump: the first one that is no part of the runtime, nor a mere
// system call: a signal that a process sends itself may arrive within the call or after it.
func topFrame(stack string) string {
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		if i == 0 || !strings.HasPrefix(line, "\t") || !strings.Contains(line, ".go:") {
			continue
		}
		function := lines[i-1]
		if runtimeFunction(function) {
			continue
		}
		place, _, _ := strings.Cut(strings.TrimSpace(line), " +0x")
		name := function
		if at := strings.LastIndexByte(name, '('); at > 0 {
			name = name[:at]
		}
		return fmt.Sprintf("in %s at %s", name, shortPlace(place))
	}
	return ""
}

func runtimeFunction(line string) bool {
	for _, prefix := range []string{
		"runtime.", "runtime/", "panic(", "time.", "syscall.", "golang.org/x/sys/", "internal/", "created by ",
		"attest.example/attest/harness/internal/posix.", "attest.example/attest/harness/internal/worker.",
	} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}

// shortPlace keeps the last two parts of a file's path, which are enough to find it and the same on every machine.
func shortPlace(place string) string {
	parts := strings.Split(place, "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}
