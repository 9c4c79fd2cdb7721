package metal

import (
	"fmt"
	"runtime"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/lifetime"
	"attest.example/attest/metal/mfa"
)

// Library is attention behind the mfa C interface: this program's own, or a shared library.
type Library struct{ lib *mfa.Library }

// Open loads any shared library with the mfa C interface, which computes on its own device. What it lacks is in
// Missing; calls that need it return ErrDeviceNotSupported. It stays loaded for the life of the process: a library
// may have threads.
func Open(path string) (*Library, error) {
	lib, err := mfa.Open(path)
	if err != nil {
		return nil, err
	}
	return &Library{lib: lib}, nil
}

// Missing names the functions of the interface that the library lacks.
func (l *Library) Missing() []string { return l.lib.Missing() }

// HasDescriptor tells whether the library takes whole descriptors: grouped heads, windows, strides, alignment.
// Without, attention calls are limited to the arguments of the interface's own functions.
func (l *Library) HasDescriptor() bool { return l.lib.HasDescriptor() }

// WithoutDescriptor is the same library, called only by the interface's own functions: its oldest callers' way in.
func (l *Library) WithoutDescriptor() *Library { return &Library{lib: l.lib.WithoutDescriptor()} }

// Device is the device on which the library computes, for kernels that are not attention; ErrDeviceNotSupported where
// it offers none. To close it frees nothing of the library's.
func (l *Library) Device() (*Device, error) { return opened(l.lib.Device()) }

// Version is what the library returns as its version; 0.0.0 where it returns none.
func (l *Library) Version() string {
	major, minor, patch := l.lib.Version()
	return fmt.Sprintf("%d.%d.%d", major, minor, patch)
}

// Builtin is the library that is linked into this program. It has no device of its own: see NewContextOn.
func Builtin() *Library { return &Library{lib: mfa.Builtin()} }

// NewContextOn makes a context on a device of this program; only the built-in library takes one.
func (l *Library) NewContextOn(d *Device) (*Context, error) { return newContext(l.lib, d.inner) }

// NewContext makes a context on the device that the library chooses.
func (l *Library) NewContext() (*Context, error) { return newContext(l.lib, nil) }

// Context computes attention. It holds what calls share: the compiled kernels and the counters.
type Context struct {
	mfa      *mfa.Context
	users    *lifetime.Users // of the device; nil in a loaded library
	resource *lifetime.Resource
}

// NewContext makes a context on the device.
func (d *Device) NewContext() (*Context, error) { return Builtin().NewContextOn(d) }

func newContext(lib *mfa.Library, d *device.Device) (*Context, error) {
	inner, err := lib.NewContext(d)
	if err != nil {
		return nil, err
	}
	c := &Context{mfa: inner}
	if d != nil {
		c.users = d.Users()
	}
	c.resource = lifetime.New(c, c.users, inner.Close)
	runtime.KeepAlive(d)
	return c, nil
}

// Close ends the context. Its buffers live on, but no call takes them any more.
func (c *Context) Close() { c.resource.Close() }

// Latency is the device time, in seconds, of the context's last attention call; 0 after one that failed.
func (c *Context) Latency() float64 { return c.mfa.Latency() }

// Latencies asks n times without coming back to Go in between, and returns the sum. It is the cheapest call there is,
// for those who measure what the way from Go costs.
func (c *Context) Latencies(n int) float64 { return c.mfa.Latencies(n) }

// Counters is what a context has done since it was made.
type Counters = mfa.Counters

// Counters asks the library; a loaded one may keep none, which is ErrDeviceNotSupported.
func (c *Context) Counters() (Counters, error) { return c.mfa.Counters() }
