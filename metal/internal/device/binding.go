package device

/*
#cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra
#include <stdlib.h>
#include "device.h"

static gpu_status device_describe(const gpu_api *a, gpu_device_info *i) { return a->describe(a->device, i); }
static gpu_status device_make(const gpu_api *a, void *p, uint64_t n, gpu_buffer **b, void **c, char *w, size_t wn) {
  return a->make_buffer(a->device, p, n, b, c, w, wn);
}
static gpu_status device_compile(const gpu_api *a, const gpu_program *p, gpu_pipeline **o, gpu_pipeline_info *i, char *w,
                                 size_t wn) {
  return a->compile(a->device, p, o, i, w, wn);
}
static gpu_status device_run(const gpu_api *a, const gpu_dispatch *d, char *w, size_t wn) {
  return a->run(a->device, d, w, wn);
}
static void device_free_buffer(const gpu_api *a, gpu_buffer *b) { a->free_buffer(a->device, b); }
static void device_free_pipeline(const gpu_api *a, gpu_pipeline *p) { a->free_pipeline(a->device, p); }
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// reasonBytes is the room for a refusal's text: compiler diagnostics are long.
const reasonBytes = 16384

// reason is C memory that a call writes the reason of its refusal to.
type reason struct{ text *C.char }

func newReason() reason { return reason{(*C.char)(C.calloc(1, reasonBytes))} }

func (r reason) free() { C.free(unsafe.Pointer(r.text)) }

func (r reason) of(call string, status C.gpu_status) error {
	if status == C.GPU_OK {
		return nil
	}
	return &Error{Call: call, Code: int32(status), Text: C.GoString(r.text)}
}

func describe(api unsafe.Pointer) (Info, error) {
	var i C.gpu_device_info
	if status := C.device_describe((*C.gpu_api)(api), &i); status != C.GPU_OK {
		return Info{}, &Error{Call: "describe", Code: int32(status)}
	}
	return Info{Name: C.GoString(&i.name[0]), Toolchain: C.GoString(&i.toolchain[0]), SIMDWidth: int(i.simd_width),
		MaxThreads: int(i.max_threads_per_threadgroup), MaxThreadgroupMemory: uint64(i.max_threadgroup_memory),
		MaxBuffer: uint64(i.max_buffer_bytes), Page: int(i.page_bytes), Deterministic: bool(i.deterministic), Processors: int(i.processors)}, nil
}

// makeBuffer has the device allocate where memory is nil, and wrap it otherwise.
func makeBuffer(api, memory unsafe.Pointer, n int) (handle, contents unsafe.Pointer, err error) {
	r := newReason()
	defer r.free()
	var buffer *C.gpu_buffer
	status := C.device_make((*C.gpu_api)(api), memory, C.uint64_t(n), &buffer, &contents, r.text, reasonBytes)
	return unsafe.Pointer(buffer), contents, r.of("make_buffer", status)
}

func freeBuffer(api, handle unsafe.Pointer) {
	C.device_free_buffer((*C.gpu_api)(api), (*C.gpu_buffer)(handle))
}

// arena is C memory that is freed in one go.
type arena struct{ blocks []unsafe.Pointer }

func (a *arena) zeroed(n, size int) unsafe.Pointer {
	p := C.calloc(C.size_t(max(n, 1)), C.size_t(size))
	a.blocks = append(a.blocks, p)
	return p
}

func (a *arena) text(s string) *C.char {
	p := C.CString(s)
	a.blocks = append(a.blocks, unsafe.Pointer(p))
	return p
}

func (a *arena) free() {
	for _, p := range a.blocks {
		C.free(p)
	}
}

func compile(api unsafe.Pointer, p *Program) (handle unsafe.Pointer, info kernelInfo, err error) {
	r := newReason()
	defer r.free()
	var memory arena
	defer memory.free()
	program := (*C.gpu_program)(memory.zeroed(1, C.sizeof_gpu_program))
	program.source, program.function = memory.text(p.Source), memory.text(p.Function)
	if p.File != "" {
		program.file = memory.text(p.File)
	}
	program.math = C.gpu_math(p.Math)
	program.language_version, program.max_threads = C.uint32_t(p.Language), C.uint32_t(p.MaxThreads)
	if n := len(p.Constants); n > 0 {
		table := (*C.gpu_constant)(memory.zeroed(n, C.sizeof_gpu_constant))
		program.constants, program.constant_count = table, C.uint32_t(n)
		for i, from := range p.Constants {
			to := &unsafe.Slice(table, n)[i]
			if from.Name != "" {
				to.name = memory.text(from.Name)
			}
			to.index, to._type, to.bits = C.uint32_t(from.Index), C.gpu_scalar(from.Type), C.uint64_t(from.Bits)
		}
	}
	var pipeline *C.gpu_pipeline
	var out C.gpu_pipeline_info
	status := C.device_compile((*C.gpu_api)(api), program, &pipeline, &out, r.text, reasonBytes)
	if err := r.of("compile", status); err != nil {
		return nil, kernelInfo{}, err
	}
	return unsafe.Pointer(pipeline), kernelInfo{int(out.max_threads), float64(out.compile_seconds), bool(out.cached)}, nil
}

func freePipeline(api, handle unsafe.Pointer) {
	C.device_free_pipeline((*C.gpu_api)(api), (*C.gpu_pipeline)(handle))
}

func run(api, pipeline unsafe.Pointer, l *Launch) ([]float64, error) {
	r := newReason()
	defer r.free()
	var memory arena
	defer memory.free()
	var pin runtime.Pinner
	defer pin.Unpin()
	d := (*C.gpu_dispatch)(memory.zeroed(1, C.sizeof_gpu_dispatch))
	d.pipeline = (*C.gpu_pipeline)(pipeline)
	grid, threadgroup := extents(l.Grid), extents(l.Threadgroup)
	for i := range 3 {
		d.grid[i], d.threadgroup[i] = C.uint32_t(grid[i]), C.uint32_t(threadgroup[i])
	}
	seconds := make([]float64, max(l.Repeat, 1))
	pin.Pin(&seconds[0])
	d.seconds = (*C.double)(&seconds[0])
	d.grid_in_threads, d.repeat = C.bool(l.GridInThreads), C.uint32_t(len(seconds))
	d.deadline_seconds = C.double(l.Deadline.Seconds())
	if n := len(l.Arguments); n > 0 {
		table := (*C.gpu_binding)(memory.zeroed(n, C.sizeof_gpu_binding))
		d.bindings, d.binding_count = table, C.uint32_t(n)
		for i := range l.Arguments {
			bind(&unsafe.Slice(table, n)[i], &l.Arguments[i], &pin)
		}
	}
	status := C.device_run((*C.gpu_api)(api), d, r.text, reasonBytes)
	if err := r.of("run", status); err != nil {
		return nil, err
	}
	return seconds, nil
}

func bind(to *C.gpu_binding, a *Argument, pin *runtime.Pinner) {
	to.index = C.uint32_t(a.Index)
	switch {
	case a.Memory != nil:
		to.kind, to.buffer, to.offset = C.GPU_BIND_BUFFER, (*C.gpu_buffer)(a.Memory.handle), C.uint64_t(a.Memory.shift+a.Offset)
	case a.Bytes != nil:
		to.kind, to.length = C.GPU_BIND_BYTES, C.uint64_t(len(a.Bytes))
		if len(a.Bytes) > 0 {
			pin.Pin(&a.Bytes[0])
			to.bytes = unsafe.Pointer(&a.Bytes[0])
		}
	case a.Null:
		to.kind = C.GPU_BIND_NULL
	default:
		to.kind, to.length = C.GPU_BIND_THREADGROUP, C.uint64_t(a.Threadgroup)
	}
}

// ProgramAt reads a gpu_program, for compilers that a device in C calls back.
func ProgramAt(program unsafe.Pointer) Program {
	p := (*C.gpu_program)(program)
	g := Program{
		Source:     C.GoString(p.source),
		Function:   C.GoString(p.function),
		Math:       Math(p.math),
		Language:   int(p.language_version),
		MaxThreads: int(p.max_threads),
	}
	if p.file != nil {
		g.File = C.GoString(p.file)
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
