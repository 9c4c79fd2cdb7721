package mfa

import "attest.example/attest/metal/internal/device"

// The errors of the interface; an *Error is one of them to errors.Is.
var (
	ErrInvalidArgs        = device.ErrInvalidArgs
	ErrMemoryAllocation   = device.ErrMemoryAllocation
	ErrDeviceNotSupported = device.ErrDeviceNotSupported
	ErrKernelCompilation  = device.ErrKernelCompilation
	ErrExecutionFailed    = device.ErrExecutionFailed
	ErrUnknown            = device.ErrUnknown
	ErrClosed             = device.ErrClosed
)

// Error is a refusal or failure of a call, with the library's own words where it has any.
type Error = device.Error

// notOpened is why a file is not opened as a library. It is ErrInvalidArgs: another file may be one.
type notOpened struct{ text string }

func (e *notOpened) Error() string { return e.text }
func (e *notOpened) Unwrap() error { return ErrInvalidArgs }
