package host

/*
#include <string.h>
#include "host.h"
*/
import "C"

import (
	"context"
	"runtime/cgo"
	"unsafe"

	"attest.example/attest/metal/internal/device"
)

// attestHostCompile is the compiler as the C runtime calls it.
//
//export attestHostCompile
func attestHostCompile(handle C.uintptr_t, program *C.gpu_program, checked C.bool, engine C.host_engine, out *C.host_module, message *C.char,
	messageBytes C.size_t) C.gpu_status {
	path := device.CText{At: unsafe.Pointer(&out.path[0]), Bytes: len(out.path)}
	status := device.HandOver(path, device.CText{At: unsafe.Pointer(message), Bytes: int(messageBytes)}, func() (string, error) {
		c := cgo.Handle(handle).Value().(*callback)
		p := device.ProgramAt(unsafe.Pointer(program))
		m, err := c.compile(p, bool(checked), engine == C.HOST_WIDE)
		out.seconds, out.cached = C.double(m.Elapsed.Seconds()), C.bool(m.Cached)
		return m.Path, err
	})
	return C.gpu_status(status)
}

// compile has a program compiled for vectors, where they are asked for and there is a compiler for them, else for fibers.
func (c *callback) compile(p device.Program, checked, wide bool) (Module, error) {
	w, ok := c.compiler.(wideCompiler)
	if !ok || !wide || checked {
		return c.compiler.Compile(context.Background(), p, checked)
	}
	m, err := w.CompileWide(context.Background(), p)
	if err == nil && c.onEngine != nil {
		c.onEngine(m.engineOf(p.Function))
	}
	return m, err
}
