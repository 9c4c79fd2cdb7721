package host

import (
	"fmt"
	"time"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
)

// Order is the order in which simdgroups of a threadgroup and threadgroups of a grid run.
type Order int

// The orders. Random is decided by Options.Seed.
const (
	Forward Order = iota
	Reverse
	Random
	Lockstep // forward, and lanes of a simdgroup go in step, one access to memory at a time; slow
)

// Fill is what threadgroup memory holds when a threadgroup starts.
type Fill int

// The fills. Garbage is decided by Options.Seed.
const (
	FillNaN Fill = iota
	FillZero
	FillGarbage
)

// Engine is what runs the 32 threads of a simdgroup.
type Engine int

// The engines. A checked device, and one in lockstep, has fibers whatever is asked for.
//
// Auto never waits for the slower compiler of vectors. A kernel runs as vectors where that module is in the cache, and else on
// fibers, which compile in less than half of the time. When fibers have been at it for AutoAfter, in all processes that use
// the cache, it is compiled for vectors in the background, and the kernel is vectors from when it is next compiled. In safe math both have the same bits, unless lanes of one simdgroup race, which is what KeepOnFibers is for; in fast math, where they have not, Auto is
// fibers.
const (
	// Fibers are the default: where lanes of one simdgroup race, they show it, and vectors, which go in step, do not.
	Fibers Engine = iota // a fiber for each
	Wide                 // one for all, as vectors, where the compiler knows how; a kernel of which it does not stays on fibers
	Auto                 // vectors for what fibers have long been at, and for what was compiled so before
)

// EngineOf names the engine that runs a kernel, and why not vectors.
type EngineOf = msl.EngineOf

// Options of a device. The zero value is the default: one worker a processor, forward order, fibers, NaN in threadgroup
// memory, the limits of an Apple GPU, math as each program asks.
type Options struct {
	Workers              int    // OS threads; 0: one a processor
	Order                Order  // of simdgroups and threadgroups
	Seed                 uint64 // of Random and FillGarbage
	Fill                 Fill
	MaxThreads           int          // threads per threadgroup of every kernel; 0: 1024
	MaxThreadgroupMemory int          // bytes; 0: 32768
	LateCopies           bool         // asynchronous copies land when they are waited for, not before
	Check                bool         // compile and run with the checkers; see [device.Device.Reports]
	Partial              bool         // with Check: note also simd operations over some lanes only, which are no mistakes
	Folded               bool         // fast math is device.MathFolded
	Math                 *device.Math // what every program is compiled with; nil: what it asks for
	Engine               Engine
	AutoAfter            time.Duration  // with Auto: how long fibers run a kernel, with whatever constants, before it is compiled for vectors; 0: one second
	OnEngine             func(EngineOf) // with Wide and Auto: told of each kernel that is compiled; from any goroutine
	KeepOnFibers         func() bool    // with Auto: asked before each dispatch that vectors can run; true: fibers run it; nil: never
	OnDispatch           func(Engine)   // with Auto: told before each dispatch which of the two runs it; from any goroutine
	OnCompile            func() func()  // called when a kernel begins to be compiled or looked up, what it returns when that has ended; from any goroutine
	OnEarned             func() func()  // with Auto: called when a kernel begins to be compiled in the background, what it returns when that has ended
	OnUnable             func(error)    // told why a kernel was not compiled where that lies in this machine, not in its text; from any goroutine
	Compiler             Compiler       // nil: package msl with its default cache
	Toolchain            string         // for the device's description; empty: that of Compiler
}

func (o *Options) check() error {
	if o.AutoAfter < 0 {
		return fmt.Errorf("AutoAfter %v: it must not be negative: %w", o.AutoAfter, device.ErrInvalidArgs)
	}
	if o.Workers < 0 || o.MaxThreads < 0 || o.MaxThreadgroupMemory < 0 {
		return fmt.Errorf("Workers %d, MaxThreads %d, MaxThreadgroupMemory %d: none may be negative: %w",
			o.Workers, o.MaxThreads, o.MaxThreadgroupMemory, device.ErrInvalidArgs)
	}
	return nil
}

// Kind is the device by its name, with the default options.
var Kind = device.Kind{
	Name: "host", Summary: "this machine's processors", Open: func() (*device.Device, error) { return New(Options{}) },
}
