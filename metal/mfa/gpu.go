package mfa

/*
#include <stdlib.h>
#include "../internal/device/device.h"

static gpu_status gpu_describe(const gpu_api *a, gpu_device_info *i) { return a->describe(a->device, i); }
static gpu_status gpu_make(const gpu_api *a, void *p, uint64_t n, gpu_buffer **b, void **c, char *w, size_t wn) {
  return a->make_buffer(a->device, p, n, b, c, w, wn);
}
static gpu_status gpu_wrap(const gpu_api *a, void *p, uint64_t shift, uint64_t n, gpu_buffer **b, char *w, size_t wn) {
  return a->make_buffer(a->device, (char *)p - shift, n + shift, b, NULL, w, wn);
}
static gpu_status gpu_compile(const gpu_api *a, const gpu_program *p, gpu_pipeline **o, gpu_pipeline_info *i, char *w,
                              size_t wn) {
  return a->compile(a->device, p, o, i, w, wn);
}
static void gpu_free_buffer(const gpu_api *a, gpu_buffer *b) { a->free_buffer(a->device, b); }
static void gpu_free_pipeline(const gpu_api *a, gpu_pipeline *p) { a->free_pipeline(a->device, p); }
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

// GPU is the six calls of a device, for kernels that are not attention.
type GPU struct{ api *C.gpu_api }

// NewGPU takes a gpu_api of metal/internal/device. Whoever made it keeps it alive.
func NewGPU(api unsafe.Pointer) *GPU { return &GPU{api: (*C.gpu_api)(api)} }

// GPUInfo is what a device says of itself.
type GPUInfo struct {
	Name, Toolchain                 string
	SIMDWidth, MaxThreads           int
	MaxThreadgroupMemory, MaxBuffer uint64
	Page                            int
	Deterministic                   bool
}

// Info asks the device.
func (g *GPU) Info() (GPUInfo, error) {
	var i C.gpu_device_info
	if status := C.gpu_describe(g.api, &i); status != 0 {
		return GPUInfo{}, &Error{Call: "describe", Code: int32(status)}
	}
	return GPUInfo{Name: C.GoString(&i.name[0]), Toolchain: C.GoString(&i.toolchain[0]), SIMDWidth: int(i.simd_width),
		MaxThreads: int(i.max_threads_per_threadgroup), MaxThreadgroupMemory: uint64(i.max_threadgroup_memory),
		MaxBuffer: uint64(i.max_buffer_bytes), Page: int(i.page_bytes), Deterministic: bool(i.deterministic)}, nil
}

// Memory is page-aligned memory of a device, seen by Go as a slice.
type Memory struct {
	gpu   *GPU
	c     *C.gpu_buffer
	bytes []byte
	pin   runtime.Pinner // of wrapped bytes

	Shift int // where Bytes begin in what the device sees; 0 but for wrapped bytes
}

// NewMemory makes n zeroed bytes.
func (g *GPU) NewMemory(n int) (*Memory, error) {
	if n <= 0 {
		return nil, &Error{Call: "make_buffer", Code: 1, Text: fmt.Sprintf("bytes: %d, expected at least 1", n)}
	}
	w := newWhy()
	defer w.free()
	m := &Memory{gpu: g}
	var contents unsafe.Pointer
	status := C.gpu_make(g.api, nil, C.uint64_t(n), &m.c, &contents, w.p, whyBytes)
	if err := w.fail("make_buffer", C.int32_t(status)); err != nil {
		return nil, err
	}
	m.bytes = unsafe.Slice((*byte)(contents), n)
	return m, nil
}

// Wrap makes memory of the caller's bytes, which need not begin on a page: the device sees their pages from the first
// one's begin, and Shift is how far into it they lie. They are pinned until Close.
func (g *GPU) Wrap(bytes []byte) (*Memory, error) {
	if len(bytes) == 0 {
		return nil, &Error{Call: "make_buffer", Code: 1, Text: "bytes: 0, expected at least 1"}
	}
	info, err := g.Info()
	if err != nil {
		return nil, err
	}
	m := &Memory{gpu: g, bytes: bytes, Shift: int(uintptr(unsafe.Pointer(&bytes[0])) % uintptr(max(info.Page, 1)))}
	m.pin.Pin(&bytes[0])
	w := newWhy()
	defer w.free()
	status := C.gpu_wrap(g.api, unsafe.Pointer(&bytes[0]), C.uint64_t(m.Shift), C.uint64_t(len(bytes)), &m.c, w.p, whyBytes)
	if err := w.fail("make_buffer", C.int32_t(status)); err != nil {
		m.pin.Unpin()
		return nil, err
	}
	return m, nil
}

// Bytes is the memory, nil after Close.
func (m *Memory) Bytes() []byte { return m.bytes }

// Close frees it.
func (m *Memory) Close() {
	if m.c != nil {
		C.gpu_free_buffer(m.gpu.api, m.c)
		m.c, m.bytes = nil, nil
		m.pin.Unpin()
	}
}

// Half and BFloat are the bits of a half and of a bfloat.
type (
	Half   uint16
	BFloat uint16
)

// Constant is a function constant by index: a bool, an integer of 8 to 64 bits, a float32, a Half or a BFloat.
type Constant struct {
	Index uint32
	Value any
}

// Program is a kernel of an MSL text.
type Program struct {
	Source, File, Function string
	Constants              []Constant
	Math                   Math
	Language               int // MSL version, 310 is 3.1; 0: 310
}

// Pipeline is a compiled kernel.
type Pipeline struct {
	gpu            *GPU
	c              *C.gpu_pipeline
	MaxThreads     int
	CompileSeconds float64
	Cached         bool
}

// Compile compiles a program; a diagnostic of the compiler is in the error's text.
func (g *GPU) Compile(p *Program) (*Pipeline, error) {
	w := newWhy()
	defer w.free()
	program := (*C.gpu_program)(C.calloc(1, C.sizeof_gpu_program))
	defer C.free(unsafe.Pointer(program))
	program.source, program.file, program.function = C.CString(p.Source), C.CString(p.File), C.CString(p.Function)
	defer C.free(unsafe.Pointer(program.source))
	defer C.free(unsafe.Pointer(program.file))
	defer C.free(unsafe.Pointer(program.function))
	program.math = C.gpu_math(p.Math)
	program.language_version = C.uint32_t(p.Language)
	if n := len(p.Constants); n > 0 {
		memory := (*C.gpu_constant)(C.calloc(C.size_t(n), C.sizeof_gpu_constant))
		defer C.free(unsafe.Pointer(memory))
		table := unsafe.Slice(memory, n)
		for i := range table {
			if err := setConstant(&table[i], p.Constants[i]); err != nil {
				return nil, err
			}
		}
		program.constants, program.constant_count = memory, C.uint32_t(n)
	}
	pipeline := &Pipeline{gpu: g}
	var info C.gpu_pipeline_info
	status := C.gpu_compile(g.api, program, &pipeline.c, &info, w.p, whyBytes)
	if err := w.fail("compile", C.int32_t(status)); err != nil {
		return nil, err
	}
	pipeline.MaxThreads = int(info.max_threads)
	pipeline.CompileSeconds, pipeline.Cached = float64(info.compile_seconds), bool(info.cached)
	return pipeline, nil
}

// Close frees the pipeline.
func (p *Pipeline) Close() {
	if p.c != nil {
		C.gpu_free_pipeline(p.gpu.api, p.c)
		p.c = nil
	}
}
