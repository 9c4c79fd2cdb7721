package mfa

/*
#include <stdlib.h>
#include <stdint.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// The errors of the interface; an *Error is one of them to errors.Is.
var (
	ErrInvalidArgs        = errors.New("invalid arguments")
	ErrMemoryAllocation   = errors.New("memory allocation failed")
	ErrDeviceNotSupported = errors.New("device not supported")
	ErrKernelCompilation  = errors.New("kernel compilation failed")
	ErrExecutionFailed    = errors.New("execution failed")
	ErrUnknown            = errors.New("unknown error code")
	ErrClosed             = errors.New("closed")
)

// Error is a refusal or failure of a call, with the library's own words where it has any.
type Error struct {
	Call string // the C function
	Code int32  // what it returned
	Text string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s: error %d (%v)", e.Call, e.Code, e.Unwrap())
	if e.Text != "" {
		s += ": " + e.Text
	}
	return s
}

// Unwrap gives the sentinel of the code.
func (e *Error) Unwrap() error {
	switch e.Code {
	case 1:
		return ErrInvalidArgs
	case 2:
		return ErrMemoryAllocation
	case 3:
		return ErrDeviceNotSupported
	case 4:
		return ErrKernelCompilation
	case 5:
		return ErrExecutionFailed
	}
	return ErrUnknown
}

const whyBytes = 2048

// why is C memory for a text that a call may write.
type why struct{ p *C.char }

func newWhy() why { return why{(*C.char)(C.calloc(1, whyBytes))} }

func (w why) free() { C.free(unsafe.Pointer(w.p)) }

func (w why) fail(call string, code C.int32_t) error {
	if code == 0 {
		return nil
	}
	return &Error{Call: call, Code: int32(code), Text: C.GoString(w.p)}
}
