package host

/*
#include <stdlib.h>
#include "host.h"

static gpu_status compile(gpu_api *api, const gpu_program *p, gpu_pipeline **out, gpu_pipeline_info *info, char *why,
                          size_t why_bytes) {
  return api->compile(api->device, p, out, info, why, why_bytes);
}
static void free_pipeline(gpu_api *api, gpu_pipeline *p) { api->free_pipeline(api->device, p); }
*/
import "C"

import (
	"sync"
	"time"
	"unsafe"
)

// Pipeline is a compiled kernel, ready to run on the device that compiled it.
type Pipeline struct {
	device    *Device
	pipeline  *C.gpu_pipeline
	closeOnce sync.Once

	MaxThreads int           // per threadgroup
	Elapsed    time.Duration // of the compilation
	Cached     bool
}

// Compile compiles a kernel. A text that does not compile gives an [*Error] with the compiler's diagnostics.
func (d *Device) Compile(p Program) (*Pipeline, error) {
	if d.api == nil {
		return nil, errClosed
	}
	var c C.gpu_program
	var texts []unsafe.Pointer
	text := func(s string) *C.char {
		t := C.CString(s)
		texts = append(texts, unsafe.Pointer(t))
		return t
	}
	c.source, c.function = text(p.Source), text(p.Function)
	if p.File != "" {
		c.file = text(p.File)
	}
	if p.Math == MathFolded {
		c.math = C.GPU_MATH_FAST_FOLDED
	}
	if p.Math == MathFast {
		c.math = C.GPU_MATH_FAST
	}
	c.language_version = C.uint32_t(p.LanguageVersion)
	c.max_threads = C.uint32_t(p.MaxThreads)
	if n := len(p.Constants); n > 0 {
		constants := C.calloc(C.size_t(n), C.sizeof_gpu_constant)
		texts = append(texts, constants)
		for i, k := range p.Constants {
			to := &unsafe.Slice((*C.gpu_constant)(constants), n)[i]
			if k.Name != "" {
				to.name = text(k.Name)
			}
			to.index, to._type, to.bits = C.uint32_t(k.Index), C.gpu_scalar(k.Type), C.uint64_t(k.Bits)
		}
		c.constants, c.constant_count = (*C.gpu_constant)(constants), C.uint32_t(n)
	}
	why := C.calloc(1, whyBytes)
	texts = append(texts, why)
	defer func() {
		for _, t := range texts {
			C.free(t)
		}
	}()
	var pipeline *C.gpu_pipeline
	var info C.gpu_pipeline_info
	status := C.compile(d.api, &c, &pipeline, &info, (*C.char)(why), whyBytes)
	if err := refusal(status, (*C.char)(why)); err != nil {
		return nil, err
	}
	return &Pipeline{
		device: d, pipeline: pipeline, MaxThreads: int(info.max_threads), Cached: bool(info.cached),
		Elapsed: time.Duration(float64(info.compile_seconds) * float64(time.Second)),
	}, nil
}

// Close frees the pipeline.
func (p *Pipeline) Close() error {
	p.closeOnce.Do(func() { C.free_pipeline(p.device.api, p.pipeline) })
	return nil
}
