package mfa

/*
#include <stdlib.h>
#include <string.h>
#include "library.h"

// A call and all that it writes, in C memory: repeating it costs Go nothing.
typedef struct {
  mfa_attention_desc desc;
  char message[2048];
} mfa_call;

static mfa_call *call_create(uint32_t dispatches, bool total_only) {
  mfa_call *call = calloc(1, sizeof *call);
  if (!call) return NULL;
  call->desc.size = sizeof call->desc;
  call->desc.version = MFA_ATTENTION_DESC_VERSION;
  if (total_only) return call;
  call->desc.dispatch_seconds = calloc(dispatches, sizeof(double));
  if (call->desc.dispatch_seconds) return call;
  free(call);
  return NULL;
}
static void call_free(mfa_call *call) {
  free(call->desc.dispatch_seconds);
  free(call);
}
static void set_operand(mfa_operand *o, uintptr_t buffer) { o->buffer = (mfa_buffer_t)buffer; }
static void set_mask(mfa_call *call, const void *mask) { call->desc.mask = mask; }
static void set_mask_buffer(mfa_call *call, uintptr_t buffer) { call->desc.mask_buffer = (mfa_buffer_t)buffer; }
static int32_t call_run(const mfa_library *l, uintptr_t context, mfa_call *call) {
  call->message[0] = 0;
  return mfa_library_forward(l, (mfa_context_t)context, &call->desc, call->message, sizeof call->message);
}
// Runs the call n times without leaving C.
static int32_t call_repeat(const mfa_library *l, uintptr_t context, mfa_call *call, int64_t n) {
  int32_t status = 0;
  for (int64_t i = 0; i < n && status == 0; i++) status = call_run(l, context, call);
  return status;
}
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

// Call is a prepared attention call. One goroutine at a time may run it.
type Call struct {
	context *Context
	c       *C.mfa_call
	name    string // the C function
	seconds []float64
	buffers [14]*Buffer // kept alive: C holds their handles only
	pin     runtime.Pinner
}

const maxDispatches = 1 << 20

// NewCall prepares a call. Only what C could not even be told is refused here; the rest is the library's to judge.
func (c *Context) NewCall(f *Forward) (*Call, error) {
	name := c.lib.forwardFunction(f.LSE.Buffer != nil)
	n := max(f.Dispatches, 1)
	if n > maxDispatches {
		return nil, &Error{Call: name, Code: 1, Text: fmt.Sprintf("dispatches: %d, expected at most %d", n, maxDispatches)}
	}
	m := &f.Mask
	if len(m.Shape) > 4 || m.Strides != nil && len(m.Strides) != len(m.Shape) {
		return nil, &Error{Call: name, Code: 1, Text: fmt.Sprintf("mask: %d extents and %d strides, expected at most 4 and as many", len(m.Shape), len(m.Strides))}
	}
	p := C.call_create(C.uint32_t(n), C.bool(f.TotalOnly))
	if p == nil {
		return nil, &Error{Call: name, Code: 2, Text: "no memory for the call"}
	}
	call := &Call{context: c, c: p, name: name}
	if !f.TotalOnly {
		call.seconds = unsafe.Slice((*float64)(p.desc.dispatch_seconds), n)
	}
	d := &p.desc
	for i, o := range []struct {
		from *Operand
		to   *C.mfa_operand
	}{{&f.Q, &d.q}, {&f.K, &d.k}, {&f.V, &d.v}, {&f.Out, &d.out}, {&f.LSE, &d.lse}, {&f.Sinks, &d.sinks}, {&f.Slopes, &d.slopes}, {&f.Ranges, &d.ranges}, {&f.PageTable, &d.page_table},
		{&f.KQuant.Scales, &d.k_quant.scales}, {&f.KQuant.Zeros, &d.k_quant.zeros}, {&f.VQuant.Scales, &d.v_quant.scales}, {&f.VQuant.Zeros, &d.v_quant.zeros}} {
		call.buffers[i] = o.from.Buffer
		setOperand(o.to, o.from)
	}
	d.batch, d.q_len, d.kv_len = C.uint32_t(f.Batch), C.uint32_t(f.QLen), C.uint32_t(f.KVLen)
	d.heads, d.kv_heads, d.head_dim = C.uint32_t(f.Heads), C.uint32_t(f.KVHeads), C.uint32_t(f.HeadDim)
	d.v_head_dim, d.key_parts = C.uint32_t(f.VHeadDim), C.uint32_t(f.KeyParts)
	setScores(d, f.Scores)
	d.input_precision, d.output_precision = C.int32_t(f.Input), C.int32_t(f.Output)
	d.intermediate_precision, d.math = C.int32_t(f.Intermediate), C.int32_t(f.Math)
	d.causal, d.windowed, d.align = C.bool(f.Causal), C.bool(f.Windowed), C.int32_t(f.Align)
	d.window_left, d.window_right = C.uint32_t(f.WindowLeft), C.uint32_t(f.WindowRight)
	d.kv_offset, d.packed_entries = C.uint32_t(f.KVOffset), C.uint32_t(f.PackedEntries)
	d.page_size, d.page_count = C.uint32_t(f.PageSize), C.uint32_t(f.PageCount)
	d.k_quant.format, d.k_quant.span = C.int32_t(f.KQuant.Format), C.int32_t(f.KQuant.Span)
	d.v_quant.format, d.v_quant.span = C.int32_t(f.VQuant.Format), C.int32_t(f.VQuant.Span)
	d.dispatches, d.deadline_seconds = C.uint32_t(f.Dispatches), C.double(f.DeadlineSeconds)
	call.setMask(m)
	return call, nil
}

func setScores(d *C.mfa_attention_desc, s Scores) {
	d.softmax_scale, d.softcap = C.float(s.Scale), C.float(s.Softcap)
}

func setOperand(to *C.mfa_operand, from *Operand) {
	if from.Buffer != nil {
		C.set_operand(to, from.Buffer.handle)
	}
	to.offset, to.transposed = C.uint64_t(from.Offset), C.bool(from.Transposed)
	for i, s := range from.Strides {
		to.strides[i] = C.int64_t(s)
	}
}

func (call *Call) setMask(m *Mask) {
	d := &call.c.desc
	d.mask_type, d.mask_scalar = C.int32_t(m.Type), C.int32_t(m.Scalar)
	d.mask_ndim, d.mask_has_strides = C.uint32_t(len(m.Shape)), C.bool(m.Strides != nil)
	for i, n := range m.Shape {
		d.mask_shape[i] = C.int64_t(n)
	}
	for i, n := range m.Strides {
		d.mask_strides[i] = C.int64_t(n)
	}
	switch {
	case m.Buffer != nil:
		call.buffers[13] = m.Buffer
		C.set_mask_buffer(call.c, m.Buffer.handle)
		d.mask_bytes = C.size_t(len(m.Buffer.bytes))
	case m.Memory != nil:
		first := unsafe.SliceData(m.Memory)
		call.pin.Pin(first)
		C.set_mask(call.c, unsafe.Pointer(first))
		d.mask_bytes = C.size_t(len(m.Memory))
	}
}

// Run computes attention and waits for it. It allocates nothing in Go unless it fails.
func (call *Call) Run() error {
	if call.c == nil {
		return ErrClosed
	}
	return call.fail(C.call_run(call.context.lib.c, call.context.handle, call.c))
}

// Repeat runs the call n times without coming back to Go in between: what it saves is the price of the way.
func (call *Call) Repeat(n int) error {
	if call.c == nil {
		return ErrClosed
	}
	return call.fail(C.call_repeat(call.context.lib.c, call.context.handle, call.c, C.int64_t(n)))
}

func (call *Call) fail(status C.int32_t) error {
	if status == 0 {
		return nil
	}
	return &Error{Call: call.name, Code: int32(status), Text: C.GoString(&call.c.message[0])}
}

// Seconds is the device time of each dispatch of the last Run, valid until Close.
func (call *Call) Seconds() []float64 { return call.seconds }

// Result is what the last Run measured.
func (call *Call) Result() Result {
	if call.c == nil {
		return Result{}
	}
	d := &call.c.desc
	return Result{GPUSeconds: float64(d.gpu_seconds), WallSeconds: float64(d.wall_seconds),
		CompileSeconds: float64(d.compile_seconds), Cached: bool(d.cached), BytesCopied: uint64(d.bytes_copied)}
}

// Close frees the call; the buffers stay the caller's.
func (call *Call) Close() {
	if call.c != nil {
		C.call_free(call.c)
		call.c, call.seconds, call.buffers = nil, nil, [14]*Buffer{}
		call.pin.Unpin()
	}
}
