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
	"time"
	"unsafe"
)

// Math is how strictly a kernel's arithmetic is compiled.
type Math int

// MathAsAsked leaves it to each program; a program's own Math is Safe or Fast.
const (
	MathAsAsked Math = iota
	MathSafe
	MathFast
	MathFolded // fast, with tests for NaN and infinity folded
)

// Scalar is the type of a function constant.
type Scalar int

// The types that a function constant may have, numbered as in device.h.
const (
	Bool Scalar = iota
	Char
	UChar
	Short
	UShort
	Int
	UInt
	Long
	ULong
	Half
	Float
	BFloat
)

// Constant is a function constant's value: of the index in [[function_constant(index)]], or of Name where that is set.
type Constant struct {
	Name  string
	Index int
	Type  Scalar
	Bits  uint64 // the bit pattern, zero-extended
}

// Program is a kernel to compile.
type Program struct {
	Source          string
	File            string // the name diagnostics use
	Function        string // kernel or host_name
	Constants       []Constant
	Math            Math // MathAsAsked: safe
	LanguageVersion int  // 310 is MSL 3.1; 0: 310
	MaxThreads      int  // the pipeline's own maximum; 0: the device's
}

// Module is what a compiler made of a program.
type Module struct {
	Path    string
	Elapsed time.Duration
	Cached  bool
}

// Compiler makes a module, a shared object as msl_abi.h says, of a program. checked asks for the instrumentation that
// the checkers need. It must be safe for use by several goroutines at once.
type Compiler interface {
	Compile(ctx context.Context, p Program, checked bool) (Module, error)
}

func programOf(p *C.gpu_program) Program {
	g := Program{
		Source:          C.GoString(p.source),
		Function:        C.GoString(p.function),
		Math:            MathSafe,
		LanguageVersion: int(p.language_version),
		MaxThreads:      int(p.max_threads),
	}
	if p.file != nil {
		g.File = C.GoString(p.file)
	}
	if p.math == C.GPU_MATH_FAST {
		g.Math = MathFast
	}
	if p.math == C.GPU_MATH_FAST_FOLDED {
		g.Math = MathFolded
	}
	for _, c := range unsafe.Slice(p.constants, int(p.constant_count)) {
		constant := Constant{Index: int(c.index), Type: Scalar(c._type), Bits: uint64(c.bits)}
		if c.name != nil {
			constant.Name = C.GoString(c.name)
		}
		g.Constants = append(g.Constants, constant)
	}
	return g
}

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
func attestHostCompile(handle C.uintptr_t, program *C.gpu_program, checked C.bool, out *C.host_module, why *C.char,
	whyBytes C.size_t) (status C.gpu_status) {
	defer func() {
		if r := recover(); r != nil { // a panic must not cross into C
			say(fmt.Sprintf("the compiler failed: %v", r), why, whyBytes)
			status = C.GPU_COMPILE
		}
	}()
	d := cgo.Handle(handle).Value().(*Device)
	m, err := d.compiler.Compile(context.Background(), programOf(program), bool(checked))
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
