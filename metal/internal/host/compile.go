package host

/*
#include <string.h>
#include "host.h"
*/
import "C"

import (
	"context"
	"errors"
	"runtime/cgo"
	"time"
	"unsafe"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
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
		m, err := c.compile(p, bool(checked), Engine(engine))
		out.seconds, out.cached = C.double(m.Elapsed.Seconds()), C.bool(m.Cached)
		return m.Path, err
	})
	return C.gpu_status(status)
}

// attestHostSpent is told how long a pipeline of engine Auto ran on fibers.
//
//export attestHostSpent
func attestHostSpent(handle C.uintptr_t, program *C.gpu_program, seconds C.double) {
	if c := cgo.Handle(handle).Value().(*callback); c.earned != nil {
		c.earned.spent(device.ProgramAt(unsafe.Pointer(program)), time.Duration(float64(seconds)*float64(time.Second)))
	}
}

// attestHostChoose is asked before each dispatch of engine Auto whether vectors, where the pipeline has them, run it.
//
//export attestHostChoose
func attestHostChoose(handle C.uintptr_t, wide C.bool) C.bool {
	c := cgo.Handle(handle).Value().(*callback)
	chosen := bool(wide) && (c.keep == nil || !c.keep())
	if c.onDispatch != nil {
		engine := Fibers
		if chosen {
			engine = Wide
		}
		c.onDispatch(engine)
	}
	return C.bool(chosen)
}

// compile has a program compiled, and tells where the machine is why that cannot be.
func (c *callback) compile(p device.Program, checked bool, engine Engine) (Module, error) {
	if c.begun != nil {
		defer c.begun()()
	}
	m, err := c.compileFor(p, checked, engine)
	if errors.Is(err, msl.ErrMachine) && c.unable != nil {
		c.unable(err)
	}
	return m, err
}

// compileFor has it compiled for vectors, where they are asked for and there is a compiler for them, else for fibers.
func (c *callback) compileFor(p device.Program, checked bool, engine Engine) (Module, error) {
	w, ok := c.compiler.(wideCompiler)
	if !ok || engine == Fibers || checked {
		return c.compiler.Compile(context.Background(), p, checked)
	}
	var m Module
	var err error
	if engine == Auto {
		m, err = c.atHand(w, p)
	} else {
		m, err = w.CompileWide(context.Background(), p)
	}
	if err == nil && c.onEngine != nil {
		c.onEngine(m.engineOf(p.Function))
	}
	return m, err
}

// atHand is the module for vectors where it was made before, else the one for fibers.
func (c *callback) atHand(w wideCompiler, p device.Program) (Module, error) {
	known, ok := w.KnownWide(context.Background(), p)
	if ok && known.engineOf(p.Function).Engine == msl.EngineWide {
		return known, nil
	}
	m, err := c.compiler.Compile(context.Background(), p, false)
	if m.Engines = known.Engines; !ok {
		m.Engines = []msl.EngineOf{{Kernel: p.Function, Engine: msl.EngineFibers}} // without a reason: nobody has tried
	}
	return m, err
}
