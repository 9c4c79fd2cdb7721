//go:build !cgo

package mfa

import (
	"fmt"
	"unsafe"

	"attest.example/attest/metal/internal/device"
)

// Without C there is no library: what would need one returns an error that names that, and nobody has a context, a buffer or a call.

// Library is something that speaks the mfa C interface.
type Library struct{}

// Builtin is the library that is linked into a program with C.
func Builtin() *Library { return &Library{} }

// Open needs C, to load a library and to call it.
func Open(path string) (*Library, error) { return nil, fmt.Errorf("load %s: %w", path, device.ErrNoC) }

func (l *Library) Path() string                       { return "" }
func (l *Library) Close()                             {}
func (l *Library) Device() (*device.Device, error)    { return nil, device.ErrNoC }
func (l *Library) WithoutDescriptor() *Library        { return l }
func (l *Library) Missing() []string                  { return Needed() }
func (l *Library) HasDescriptor() bool                { return false }
func (l *Library) ErrorString(int32) string           { return "" }
func (l *Library) DeviceSupported() bool              { return false }
func (l *Library) Version() (major, minor, patch int) { return 0, 0, 0 }

// NewContext needs C.
func (l *Library) NewContext(*device.Device) (*Context, error) {
	return nil, fmt.Errorf("new context: %w", device.ErrNoC)
}

// Context is a handle of a library's context.
type Context struct{}

func (c *Context) Library() *Library               { return &Library{} }
func (c *Context) Close()                          {}
func (c *Context) Latency() float64                { return 0 }
func (c *Context) Latencies(int) float64           { return 0 }
func (c *Context) Counters() (Counters, error)     { return Counters{}, device.ErrNoC }
func (c *Context) NewBuffer(int) (*Buffer, error)  { return nil, device.ErrNoC }
func (c *Context) Wrap([]byte) (*Buffer, error)    { return nil, device.ErrNoC }
func (c *Context) NewCall(*Forward) (*Call, error) { return nil, device.ErrNoC }
func (c *Context) WrapStrided([]byte, []int64, []int64) (*Buffer, error) {
	return nil, device.ErrNoC
}
func (c *Context) WrapPages([]byte, []int64, []int64) (*Buffer, error) {
	return nil, device.ErrNoC
}

// Buffer is a handle of a library's buffer.
type Buffer struct{}

func (b *Buffer) Bytes() []byte           { return nil }
func (b *Buffer) Pointer() unsafe.Pointer { return nil }
func (b *Buffer) Close()                  {}

// Call is a prepared attention call.
type Call struct{}

func (c *Call) Run() error         { return device.ErrNoC }
func (c *Call) Repeat(int) error   { return device.ErrNoC }
func (c *Call) Seconds() []float64 { return nil }
func (c *Call) Result() Result     { return Result{} }
func (c *Call) Close()             {}

// UseKernel refuses another text: nothing computes here.
func UseKernel(text string) error {
	if text == "" {
		return nil
	}
	return device.ErrNoC
}
