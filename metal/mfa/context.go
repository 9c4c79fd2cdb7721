package mfa

/*
#include <stdlib.h>
#include "library.h"

// Handles are numbers to Go: no garbage collector should take them for pointers.
static int32_t context_create(const mfa_library *l, void *api, uintptr_t *out, char *message, size_t n) {
  mfa_context_t context = NULL;
  int32_t status = mfa_library_context(l, api, &context, message, n);
  *out = (uintptr_t)context;
  return status;
}
static void context_destroy(const mfa_library *l, uintptr_t c) {
  if (l->destroy_context) l->destroy_context((mfa_context_t)c);
}
static double context_latency(const mfa_library *l, uintptr_t c) {
  return l->get_gpu_latency ? l->get_gpu_latency((mfa_context_t)c) : 0;
}
static double context_latencies(const mfa_library *l, uintptr_t c, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += context_latency(l, c);
  return sum;
}
static int32_t context_counters(const mfa_library *l, uintptr_t c, mfa_counters *out, char *message, size_t n) {
  return mfa_library_counters(l, (mfa_context_t)c, out, message, n);
}
*/
import "C"

import (
	"fmt"
	"unsafe"

	"attest.example/attest/metal/internal/device"
)

// Context is a handle of a library's context. Not safe for use after Close; otherwise as safe as its library.
type Context struct {
	lib    *Library
	handle C.uintptr_t
}

// NewContext makes a context on a device, or on the one that the library chooses where on is nil.
func (l *Library) NewContext(on *device.Device) (*Context, error) {
	m := newMessage()
	defer m.free()
	c := &Context{lib: l}
	var api unsafe.Pointer
	if on != nil {
		var err error
		if api, err = on.API(); err != nil {
			return nil, fmt.Errorf("new context: %w", err)
		}
	}
	if err := m.fail(l.contextFunction(on != nil), C.context_create(l.c, api, &c.handle, m.p, messageBytes)); err != nil {
		return nil, err
	}
	return c, nil
}

// Library is where the context lives.
func (c *Context) Library() *Library { return c.lib }

// Close destroys the context. Its buffers outlive it until they are closed themselves.
func (c *Context) Close() {
	if c.handle != 0 {
		C.context_destroy(c.lib.c, c.handle)
		c.handle = 0
	}
}

// Latency is the device time of the context's last attention call, in seconds.
func (c *Context) Latency() float64 { return float64(C.context_latency(c.lib.c, c.handle)) }

// Latencies asks for the latency n times without coming back to Go in between, and returns the sum: the cheapest call
// of the interface, by which the price of the way from Go is measured.
func (c *Context) Latencies(n int) float64 {
	return float64(C.context_latencies(c.lib.c, c.handle, C.int64_t(n)))
}

// Counters asks the library; one that is not ours keeps none and returns an error.
func (c *Context) Counters() (Counters, error) {
	m := newMessage()
	defer m.free()
	var n C.mfa_counters
	if err := m.fail("mfa_get_counters", C.context_counters(c.lib.c, c.handle, &n, m.p, messageBytes)); err != nil {
		return Counters{}, err
	}
	return Counters{
		Calls: uint64(n.calls), Dispatches: uint64(n.dispatches), Refused: uint64(n.refused),
		Pipelines: uint64(n.pipelines), Compiled: uint64(n.pipelines_compiled), PipelineHits: uint64(n.pipeline_hits),
		Buffers: uint64(n.buffers), BytesCopied: uint64(n.bytes_copied), CompileSeconds: float64(n.compile_seconds),
	}, nil
}
