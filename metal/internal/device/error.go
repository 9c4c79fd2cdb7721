package device

import (
	"errors"
	"fmt"
)

// The kinds of errors. An *Error is one of the first six to errors.Is, by its code; those of the mfa C ABI have the
// same numbers.
var (
	ErrInvalidArgs        = errors.New("invalid arguments")
	ErrMemoryAllocation   = errors.New("memory allocation failed")
	ErrDeviceNotSupported = errors.New("device not supported")
	ErrKernelCompilation  = errors.New("kernel compilation failed")
	ErrExecutionFailed    = errors.New("execution failed")
	ErrUnknown            = errors.New("unknown error code")
	ErrClosed             = errors.New("closed")
)

// ErrNoC is what every call ends with where the program was built with CGO_ENABLED=0. It is an ErrDeviceNotSupported.
var ErrNoC = fmt.Errorf("this program was built without C, and devices are C: build it with CGO_ENABLED=1 and a C compiler: %w", ErrDeviceNotSupported)

// The codes of errors: gpu_status of device.h.
const (
	CodeInvalid     = 1
	CodeNoMemory    = 2
	CodeUnsupported = 3
	CodeCompile     = 4
	CodeExecution   = 5
)

// Error is a refusal or a failure of a call, with the words of whoever refused.
type Error struct {
	Call string // "compile", "mfa_attention_forward"
	Code int32  // what it returned
	Text string // may be empty, or lines of a compiler's diagnostics
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s: error %d (%v)", e.Call, e.Code, e.Unwrap())
	if e.Text != "" {
		s += ": " + e.Text
	}
	return s
}

// Unwrap returns the kind of the code.
func (e *Error) Unwrap() error {
	switch e.Code {
	case CodeInvalid:
		return ErrInvalidArgs
	case CodeNoMemory:
		return ErrMemoryAllocation
	case CodeUnsupported:
		return ErrDeviceNotSupported
	case CodeCompile:
		return ErrKernelCompilation
	case CodeExecution:
		return ErrExecutionFailed
	}
	return ErrUnknown
}

// Message is the text of an *Error alone, without the call, or that of any other error: for callers that name the call themselves.
func Message(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Text != "" {
		return e.Text
	}
	return err.Error()
}
