package mfa

/*
#include <stdlib.h>
#include <string.h>
#include "../internal/device/device.h"

static gpu_status gpu_dispatch_run(const gpu_api *a, const gpu_dispatch *d, char *w, size_t wn) {
  return a->run(a->device, d, w, wn);
}
static void set_pipeline(gpu_dispatch *d, gpu_pipeline *p) { d->pipeline = p; }
*/
import "C"

import (
	"fmt"
	"math"
	"runtime"
	"unsafe"
)

func setConstant(to *C.gpu_constant, from Constant) error {
	to.index = C.uint32_t(from.Index)
	switch v := from.Value.(type) {
	case bool:
		to._type = C.GPU_BOOL
		if v {
			to.bits = 1
		}
	case int32:
		to._type, to.bits = C.GPU_INT, C.uint64_t(uint32(v))
	case uint32:
		to._type, to.bits = C.GPU_UINT, C.uint64_t(v)
	case uint16:
		to._type, to.bits = C.GPU_USHORT, C.uint64_t(v)
	case float32:
		to._type, to.bits = C.GPU_FLOAT, C.uint64_t(math.Float32bits(v))
	case int8:
		to._type, to.bits = C.GPU_CHAR, C.uint64_t(uint8(v))
	case uint8:
		to._type, to.bits = C.GPU_UCHAR, C.uint64_t(v)
	case int16:
		to._type, to.bits = C.GPU_SHORT, C.uint64_t(uint16(v))
	case int64:
		to._type, to.bits = C.GPU_LONG, C.uint64_t(v)
	case uint64:
		to._type, to.bits = C.GPU_ULONG, C.uint64_t(v)
	case Half:
		to._type, to.bits = C.GPU_HALF, C.uint64_t(v)
	case BFloat:
		to._type, to.bits = C.GPU_BFLOAT, C.uint64_t(v)
	default:
		return &Error{Call: "compile", Code: 1, Text: fmt.Sprintf("function constant %d: %T, expected bool, an integer of 8 to 64 bits, float32, Half or BFloat", from.Index, v)}
	}
	return nil
}

// Binding fills one slot of a kernel: exactly one of Memory (from Offset on), Bytes (copied), Threadgroup (a length)
// and Null (a null pointer) is set.
type Binding struct {
	Index       uint32
	Memory      *Memory
	Offset      int
	Bytes       []byte
	Threadgroup int
	Null        bool
}

// Dispatch is one run of a pipeline.
type Dispatch struct {
	Pipeline          *Pipeline
	Bindings          []Binding
	Grid, Threadgroup [3]uint32
	GridInThreads     bool
	Repeat            int // 0 means 1
	DeadlineSeconds   float64
}

// Run runs the pipeline and waits; it returns the device seconds of each repetition.
func (g *GPU) Run(d *Dispatch) ([]float64, error) {
	if d.Pipeline == nil || d.Pipeline.c == nil {
		return nil, fmt.Errorf("run: pipeline: %w", ErrClosed)
	}
	repeat := max(d.Repeat, 1)
	w := newWhy()
	defer w.free()
	command := (*C.gpu_dispatch)(C.calloc(1, C.sizeof_gpu_dispatch))
	defer C.free(unsafe.Pointer(command))
	C.set_pipeline(command, d.Pipeline.c)
	for i := range 3 {
		command.grid[i], command.threadgroup[i] = C.uint32_t(d.Grid[i]), C.uint32_t(d.Threadgroup[i])
	}
	command.grid_in_threads, command.repeat = C.bool(d.GridInThreads), C.uint32_t(repeat)
	command.deadline_seconds = C.double(d.DeadlineSeconds)
	seconds := make([]float64, repeat)
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&seconds[0])
	command.seconds = (*C.double)(&seconds[0])
	release, err := g.bind(command, d.Bindings, &pin)
	defer release()
	if err != nil {
		return nil, err
	}
	status := C.gpu_dispatch_run(g.api, command, w.p, whyBytes)
	if err := w.fail("run", C.int32_t(status)); err != nil {
		return nil, err
	}
	return seconds, nil
}

// bind writes the binding table into C memory.
func (g *GPU) bind(command *C.gpu_dispatch, bindings []Binding, pin *runtime.Pinner) (release func(), err error) {
	n := len(bindings)
	if n == 0 {
		return func() {}, nil
	}
	memory := (*C.gpu_binding)(C.calloc(C.size_t(n), C.sizeof_gpu_binding))
	release = func() { C.free(unsafe.Pointer(memory)) }
	table := unsafe.Slice(memory, n)
	for i, b := range bindings {
		to := &table[i]
		to.index = C.uint32_t(b.Index)
		switch {
		case b.Memory != nil:
			if b.Memory.c == nil {
				return release, fmt.Errorf("run: binding %d: buffer: %w", i, ErrClosed)
			}
			to.kind, to.buffer, to.offset = C.GPU_BIND_BUFFER, b.Memory.c, C.uint64_t(b.Memory.Shift+b.Offset)
		case len(b.Bytes) > 0:
			pin.Pin(&b.Bytes[0])
			to.kind, to.bytes, to.length = C.GPU_BIND_BYTES, unsafe.Pointer(&b.Bytes[0]), C.uint64_t(len(b.Bytes))
		case b.Null:
			to.kind = C.GPU_BIND_NULL
		case b.Threadgroup > 0:
			to.kind, to.length = C.GPU_BIND_THREADGROUP, C.uint64_t(b.Threadgroup)
		default:
			return release, &Error{Call: "run", Code: 1, Text: fmt.Sprintf("binding %d is empty, expected memory, bytes, a threadgroup length or null", i)}
		}
	}
	command.bindings, command.binding_count = memory, C.uint32_t(n)
	return release, nil
}
