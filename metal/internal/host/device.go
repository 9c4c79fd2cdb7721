package host

/*
#include <stdlib.h>
#include "host.h"

extern gpu_status attestHostCompile(uintptr_t, gpu_program *, _Bool, host_module *, char *, size_t);

static void use_go_compiler(host_options *options, uintptr_t handle) {
  options->compile = (host_compile *)(void *)attestHostCompile;
  options->compile_context = (void *)handle;
}
static gpu_status describe(gpu_api *api, gpu_device_info *info) { return api->describe(api->device, info); }
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime/cgo"
	"sync"
	"unsafe"
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

// Options of a device. The zero value is the default: one worker a processor, forward order, NaN in threadgroup
// memory, the limits of an Apple GPU, math as each program asks.
type Options struct {
	Workers              int    // OS threads; 0: one a processor
	Order                Order  // of simdgroups and threadgroups
	Seed                 uint64 // of Random and FillGarbage
	Fill                 Fill
	MaxThreads           int      // threads per threadgroup of every pipeline; 0: 1024
	MaxThreadgroupMemory int      // bytes; 0: 32768
	LateCopies           bool     // asynchronous copies land when they are waited for, not before
	Check                bool     // compile and run with the checkers; see [Device.Reports]
	Partial              bool     // with Check: note also simd operations over some lanes only, which are no mistakes
	Folded               bool     // fast math is MathFolded
	Math                 Math     // overrides what programs ask for, unless MathAsAsked
	Compiler             Compiler // nil: package msl with its default cache
	Toolchain            string   // for the device's description; empty: what Compiler says of itself
}

// Status is the number of an error, as in device.h.
type Status int

// The statuses that an [Error] may have.
const (
	Invalid     Status = C.GPU_INVALID
	NoMemory    Status = C.GPU_NO_MEMORY
	Unsupported Status = C.GPU_UNSUPPORTED
	CompileFail Status = C.GPU_COMPILE
	Execution   Status = C.GPU_EXECUTION
)

// Error is a refusal or a failure of the device.
type Error struct {
	Status  Status
	Message string
}

func (e *Error) Error() string { return e.Message }

// Info describes a device.
type Info struct {
	Name, Toolchain      string
	SIMDWidth            int
	MaxThreads           int
	MaxThreadgroupMemory int
	PageBytes            int
}

// Device is a SIMT device. It is safe for use by several goroutines at once.
type Device struct {
	api       *C.gpu_api // in C memory: C code keeps it
	handle    cgo.Handle
	compiler  Compiler
	closeOnce sync.Once
}

var errClosed = errors.New("the device is closed")

// whyBytes is the room for a refusal's text: compiler diagnostics are long.
const whyBytes = 16384

func refusal(status C.gpu_status, why *C.char) error {
	if status == C.GPU_OK {
		return nil
	}
	return &Error{Status(status), C.GoString(why)}
}

// New makes a device.
func New(o Options) (*Device, error) {
	if o.Workers < 0 || o.MaxThreads < 0 || o.MaxThreadgroupMemory < 0 {
		return nil, fmt.Errorf("host: Workers %d, MaxThreads %d, MaxThreadgroupMemory %d: none may be negative",
			o.Workers, o.MaxThreads, o.MaxThreadgroupMemory)
	}
	compiler := o.Compiler
	if compiler == nil {
		var err error
		if compiler, err = defaultCompiler(); err != nil {
			return nil, err
		}
	}
	d := &Device{api: (*C.gpu_api)(C.calloc(1, C.sizeof_gpu_api)), compiler: compiler}
	d.handle = cgo.NewHandle(d)
	var c C.host_options
	c.workers = C.uint32_t(o.Workers)
	c.order = C.host_order(o.Order)
	c.seed = C.uint64_t(o.Seed)
	c.fill = C.host_fill(o.Fill)
	c.max_threads = C.uint32_t(o.MaxThreads)
	c.max_threadgroup_memory = C.uint64_t(o.MaxThreadgroupMemory)
	c.late_copies = C.bool(o.LateCopies)
	c.check = C.bool(o.Check)
	c.folded = C.bool(o.Folded)
	c.partial = C.bool(o.Partial)
	c.math = C.host_math(o.Math)
	toolchain := o.Toolchain
	if named, ok := compiler.(interface{ Toolchain() string }); ok && toolchain == "" {
		toolchain = named.Toolchain()
	}
	if toolchain != "" {
		c.toolchain = C.CString(toolchain)
		defer C.free(unsafe.Pointer(c.toolchain))
	}
	C.use_go_compiler(&c, C.uintptr_t(d.handle))
	why := (*C.char)(C.calloc(1, whyBytes))
	defer C.free(unsafe.Pointer(why))
	if err := refusal(C.host_device_create(&c, d.api, why, whyBytes), why); err != nil {
		d.handle.Delete()
		C.free(unsafe.Pointer(d.api))
		return nil, fmt.Errorf("host: %w", err)
	}
	return d, nil
}

// API is the device's six calls, a *gpu_api of device.h. It stays valid until Close.
func (d *Device) API() unsafe.Pointer { return unsafe.Pointer(d.api) }

// Info describes the device.
func (d *Device) Info() Info {
	var i C.gpu_device_info
	C.describe(d.api, &i)
	return Info{
		Name:                 C.GoString(&i.name[0]),
		Toolchain:            C.GoString(&i.toolchain[0]),
		SIMDWidth:            int(i.simd_width),
		MaxThreads:           int(i.max_threads_per_threadgroup),
		MaxThreadgroupMemory: int(i.max_threadgroup_memory),
		PageBytes:            int(i.page_bytes),
	}
}

// Close ends the device. Its buffers and pipelines must have been closed, and no run may be under way.
func (d *Device) Close() error {
	d.closeOnce.Do(func() {
		C.host_device_destroy(d.api.device)
		d.handle.Delete()
		C.free(unsafe.Pointer(d.api))
		d.api = nil
	})
	return nil
}
