package host

/*
#cgo CFLAGS: -std=gnu11 -O2 -I${SRCDIR}/../device -I${SRCDIR}/../msl/include
#cgo linux LDFLAGS: -ldl -lpthread -lm
#include <stdlib.h>
#include "host.h"

extern gpu_status attestHostCompile(uintptr_t, gpu_program *, _Bool, host_engine, host_module *, char *, size_t);

extern void attestHostSpent(uintptr_t, gpu_program *, double);

extern _Bool attestHostChoose(uintptr_t, _Bool);

static void use_go_compiler(host_options *options, uintptr_t handle) {
  options->compile = (host_compile *)(void *)attestHostCompile;
  options->spent = (host_spent *)(void *)attestHostSpent;
  options->choose = (host_choose *)(void *)attestHostChoose;
  options->compile_context = (void *)handle;
}
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"unsafe"

	"attest.example/attest/metal/internal/device"
)

// reasonBytes is the room for a refusal's text.
const reasonBytes = 16384

// New makes a device.
func New(o Options) (*device.Device, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	compiler := o.Compiler
	if compiler == nil {
		var err error
		if compiler, err = defaultCompiler(); err != nil {
			return nil, fmt.Errorf("host: %w", err)
		}
	}
	c := o.toC()
	toolchain := o.Toolchain
	if named, ok := compiler.(interface{ Toolchain() string }); ok && toolchain == "" {
		toolchain = named.Toolchain()
	}
	if toolchain != "" {
		c.toolchain = C.CString(toolchain)
		defer C.free(unsafe.Pointer(c.toolchain))
	}
	called := &callback{
		compiler: compiler, onEngine: o.OnEngine, begun: o.OnCompile, keep: o.KeepOnFibers, onDispatch: o.OnDispatch, unable: o.OnUnable,
	}
	if w, ok := compiler.(wideCompiler); ok && o.Engine == Auto {
		called.earned = newEarned(w, o.AutoAfter, o.OnEarned)
	}
	handle := cgo.NewHandle(called)
	C.use_go_compiler(&c, C.uintptr_t(handle))
	reason := (*C.char)(C.calloc(1, reasonBytes))
	defer C.free(unsafe.Pointer(reason))
	api := (*C.gpu_api)(C.calloc(1, C.sizeof_gpu_api)) // in C memory: C code keeps it
	if status := C.host_device_create(&c, api, reason, reasonBytes); status != C.GPU_OK {
		handle.Delete()
		C.free(unsafe.Pointer(api))
		return nil, &device.Error{Call: "host", Code: int32(status), Text: C.GoString(reason)}
	}
	made := api.device
	return device.New(unsafe.Pointer(api), device.Hooks{
		Close: func() {
			called.earned.stop()
			C.host_device_destroy(made)
			handle.Delete()
			C.free(unsafe.Pointer(api))
		},
		Reports:  func() []device.Report { return takeReports(made) },
		Messages: func() []string { return takeMessages(made) },
	}), nil
}

func (o *Options) toC() C.host_options {
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
	c.engine = C.host_engine(o.Engine)
	c.math = C.HOST_MATH_AS_ASKED
	if o.Math != nil {
		c.math = C.host_math(*o.Math) + C.HOST_MATH_SAFE
	}
	return c
}
