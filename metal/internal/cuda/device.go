//go:build cgo && linux

package cuda

/*
#cgo CFLAGS: -std=gnu11 -O2 -I${SRCDIR}/../device -I${SRCDIR}/../msl/include
#cgo linux LDFLAGS: -ldl -lpthread
#include <stdlib.h>
#include "cuda.h"

extern gpu_status attestCudaCompile(uintptr_t, gpu_program *, bool, cuda_ptx *, char *, size_t);

extern void attestCudaPreparing(uintptr_t, bool);

static void use_go_compiler(cuda_options *options, uintptr_t handle, bool tells) {
  options->compile = (cuda_compile *)(void *)attestCudaCompile;
  if (tells) options->preparing = (cuda_preparing *)(void *)attestCudaPreparing;
  options->compile_context = (void *)handle;
}
*/
import "C"

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime/cgo"
	"sync"
	"unsafe"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
)

// reasonBytes is the room for a refusal's text.
const reasonBytes = 16384

var compiler = sync.OnceValues(func() (*msl.Compiler, error) { return msl.New(msl.Options{Target: "ptx"}) })

// New makes a device.
func New(o Options) (*device.Device, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("cuda: %w", err)
	}
	compile := o.Compiler
	if compile == nil {
		c, err := compiler()
		if err != nil {
			return nil, fmt.Errorf("cuda: %w: %w", device.ErrDeviceNotSupported, err)
		}
		compile = c
	}
	var c C.cuda_options
	c.index, c.memory, c.registers = C.uint32_t(o.Index), C.cuda_memory(o.Memory), C.uint32_t(o.Registers)
	c.check = C.bool(o.Check)
	c.device_limits = C.bool(o.Limits == DeviceLimits)
	if o.Library != "" {
		c.library = C.CString(o.Library)
		defer C.free(unsafe.Pointer(c.library))
	}
	c.toolchain = C.CString(toolchain(compile))
	defer C.free(unsafe.Pointer(c.toolchain))
	handle := cgo.NewHandle(&callback{compiler: compile, begun: o.OnCompile})
	C.use_go_compiler(&c, C.uintptr_t(handle), C.bool(o.OnCompile != nil))
	reason := (*C.char)(C.calloc(1, reasonBytes))
	defer C.free(unsafe.Pointer(reason))
	api := (*C.gpu_api)(C.calloc(1, C.sizeof_gpu_api)) // in C memory: C code keeps it
	if status := C.cuda_device_create(&c, api, reason, reasonBytes); status != C.GPU_OK {
		handle.Delete()
		C.free(unsafe.Pointer(api))
		return nil, &device.Error{Call: "cuda", Code: int32(status), Text: C.GoString(reason)}
	}
	made := api.device
	return device.New(unsafe.Pointer(api), device.Hooks{
		Close: func() {
			C.cuda_device_destroy(made)
			handle.Delete()
			C.free(unsafe.Pointer(api))
		},
		Lost: func() bool { return bool(C.cuda_lost(made)) },
	}), nil
}

func toolchain(compile Compiler) string {
	c, ok := compile.(*msl.Compiler)
	if !ok {
		return "msl to PTX"
	}
	if c.Clang() == "" {
		return "msl to PTX, from the cache alone: no clang is here"
	}
	return "msl to PTX with " + filepath.Base(c.Clang())
}

// attestCudaCompile is the compiler as the C side calls it.
//
//export attestCudaCompile
func attestCudaCompile(handle C.uintptr_t, program *C.gpu_program, lines C.bool, out *C.cuda_ptx, message *C.char, messageBytes C.size_t) C.gpu_status {
	path := device.CText{At: unsafe.Pointer(&out.path[0]), Bytes: len(out.path)}
	status := device.HandOver(path, device.CText{At: unsafe.Pointer(message), Bytes: int(messageBytes)}, func() (string, error) {
		p := device.ProgramAt(unsafe.Pointer(program))
		m, err := cgo.Handle(handle).Value().(*callback).build(context.Background(), msl.Program{
			Check: bool(lines), Source: p.Source, File: p.File, Function: p.Function, LanguageVersion: p.Language, Math: p.Math, Constants: p.Constants,
		})
		if err != nil {
			return "", err
		}
		out.cached = C.bool(m.Cached)
		return m.Path, nil
	})
	return C.gpu_status(status)
}

// attestCudaPreparing is told when the driver prepares a dispatch, and when it cleans up after one.
//
//export attestCudaPreparing
func attestCudaPreparing(handle C.uintptr_t, begins C.bool) {
	cgo.Handle(handle).Value().(*callback).driver(bool(begins))
}
