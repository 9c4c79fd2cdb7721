package cuda

import (
	"context"
	"fmt"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
)

// Memory is how kernels reach buffers.
type Memory int

// Copied brings buffers to the GPU and back; Mapped leaves them where they are, and every access goes over the bus.
const (
	Copied Memory = iota
	Mapped
)

// Limits is how much threadgroup memory a kernel may ask for.
type Limits int

// MetalLimits are those of an Apple GPU, 32 KB: what runs here runs there. DeviceLimits leave a kernel what the GPU has beyond
// the 64 KB that a module may need for itself; on GPUs that have no more than that, 32 KB too.
const (
	MetalLimits Limits = iota
	DeviceLimits
)

// Compiler makes a module for target ptx of a program, as *[msl.Compiler] does. It must be safe for use by several
// goroutines at once.
type Compiler interface {
	Build(ctx context.Context, p msl.Program) (*msl.Module, error)
}

// Options of a device. The zero value is the first GPU with its defaults.
type Options struct {
	Index     int    // of the GPU
	Memory    Memory // Copied by default: where data are used more than once it is 3 times as fast as Mapped on an H200
	Registers int    // the most that a thread may have; 0: as many as let the threadgroup run
	Limits    Limits // of threadgroup memory
	Check     bool   // for compute-sanitizer: lines of the text, and memory of its own for each buffer, without bands
	Library   string // the driver's file; "": libcuda.so.1. The first device of a process decides

	Compiler  Compiler      // nil: package msl with its default cache
	OnCompile func() func() // called when a kernel begins to be compiled or looked up, to PTX and by the driver, and when the driver begins to get or free memory for a dispatch; what it returns when that has ended; from any goroutine
}

// callback is what the C side calls: a compiler, and who is told of its work and of the driver's.
type callback struct {
	compiler Compiler
	begun    func() func() // nil: nobody
	ended    func()        // of what the driver prepares, one thing at a time
}

func (c *callback) build(ctx context.Context, p msl.Program) (*msl.Module, error) {
	if c.begun != nil {
		defer c.begun()()
	}
	return c.compiler.Build(ctx, p)
}

func (c *callback) driver(begins bool) {
	if begins {
		c.ended = c.begun()
		return
	}
	c.ended()
}

func (o *Options) check() error {
	if o.Index < 0 || o.Registers < 0 || o.Memory != Copied && o.Memory != Mapped || o.Limits != MetalLimits && o.Limits != DeviceLimits {
		return fmt.Errorf("Index %d, Registers %d, Memory %d, Limits %d: an index and a number from 0 up, Copied or Mapped, and MetalLimits or DeviceLimits are wanted: %w",
			o.Index, o.Registers, o.Memory, o.Limits, device.ErrInvalidArgs)
	}
	return nil
}

// Kind is the device by its name, "cuda" for the first GPU and "cuda:N" for GPU N.
var Kind = device.Kind{
	Name: "cuda", Summary: "an NVIDIA GPU; cuda:1 for the second",
	Open:   func() (*device.Device, error) { return New(Options{}) },
	OpenAt: func(index int) (*device.Device, error) { return New(Options{Index: index}) },
}
