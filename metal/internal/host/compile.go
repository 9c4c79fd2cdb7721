package host

/*
#include <string.h>
#include "host.h"
*/
import "C"

import (
	"context"
	"fmt"
	"runtime/cgo"
	"unsafe"

	"attest.example/attest/metal/internal/device"
)

func say(text string, why *C.char, whyBytes C.size_t) {
	if why == nil || whyBytes == 0 {
		return
	}
	room := unsafe.Slice((*byte)(unsafe.Pointer(why)), int(whyBytes))
	room[copy(room[:len(room)-1], text)] = 0
}

// attestHostCompile is the compiler as the C runtime calls it.
//
//export attestHostCompile
func attestHostCompile(handle C.uintptr_t, program *C.gpu_program, checked C.bool, engine C.host_engine, out *C.host_module, why *C.char,
	whyBytes C.size_t) (status C.gpu_status) {
	defer func() {
		if r := recover(); r != nil { // a panic must not cross into C
			say(fmt.Sprintf("the compiler failed: %v", r), why, whyBytes)
			status = C.GPU_COMPILE
		}
	}()
	c := cgo.Handle(handle).Value().(*callback)
	var m Module
	var err error
	p := device.ProgramAt(unsafe.Pointer(program))
	if w, ok := c.compiler.(wideCompiler); ok && engine == C.HOST_WIDE && !bool(checked) {
		if m, err = w.CompileWide(context.Background(), p); err == nil && c.onEngine != nil {
			c.onEngine(m.engineOf(p.Function))
		}
	} else {
		m, err = c.compiler.Compile(context.Background(), p, bool(checked))
	}
	if err != nil {
		say(err.Error(), why, whyBytes)
		return C.GPU_COMPILE
	}
	if len(m.Path) >= len(out.path) {
		say(fmt.Sprintf("the module's path %s is longer than %d bytes", m.Path, len(out.path)-1), why, whyBytes)
		return C.GPU_COMPILE
	}
	say(m.Path, &out.path[0], C.size_t(len(out.path)))
	out.seconds = C.double(m.Elapsed.Seconds())
	out.cached = C.bool(m.Cached)
	return C.GPU_OK
}
