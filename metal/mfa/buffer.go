package mfa

/*
#include <stdlib.h>
#include "library.h"

static int32_t buffer_create(const mfa_library *l, uintptr_t c, void *data, size_t bytes, int64_t *shape,
                             int64_t *strides, uint32_t ndim, uintptr_t *out, char *message, size_t n) {
  mfa_buffer_t buffer = NULL;
  int32_t status = mfa_library_buffer(l, (mfa_context_t)c, data, bytes, shape, strides, ndim, &buffer, message, n);
  *out = (uintptr_t)buffer;
  return status;
}
static void *buffer_contents(const mfa_library *l, uintptr_t b) {
  return l->buffer_contents ? l->buffer_contents((mfa_buffer_t)b) : NULL;
}
static void buffer_destroy(const mfa_library *l, uintptr_t b) {
  if (l->destroy_buffer) l->destroy_buffer((mfa_buffer_t)b);
}
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"

	"attest.example/attest/metal/page"
)

// Buffer is a handle of a library's buffer and the memory behind it, which the device reads and writes in place.
type Buffer struct {
	lib    *Library
	handle C.uintptr_t
	bytes  []byte
	pin    runtime.Pinner
}

// NewBuffer makes a zeroed buffer of n bytes in memory of the device.
func (c *Context) NewBuffer(n int) (*Buffer, error) {
	if n <= 0 {
		return nil, &Error{Call: "mfa_create_buffer", Code: 1, Text: fmt.Sprintf("bytes: %d, expected at least 1", n)}
	}
	b := &Buffer{lib: c.lib}
	if err := b.create(c, nil, n, nil, nil); err != nil {
		return nil, err
	}
	p := C.buffer_contents(c.lib.c, b.handle)
	if p == nil {
		b.Close()
		return nil, &Error{Call: "mfa_buffer_contents", Code: 1, Text: "gave NULL for a new buffer"}
	}
	b.bytes = unsafe.Slice((*byte)(p), n)
	return b, nil
}

// Wrap makes a buffer of the caller's memory, pinned until Close; nothing is copied. Memory of no bytes is an empty tensor's,
// but nil is none.
func (c *Context) Wrap(memory []byte) (*Buffer, error) { return c.WrapStrided(memory, nil, nil) }

// WrapStrided also sets the buffer's layout: shape and strides in elements, for the last len(shape) of batch, head,
// row and column. Calls that give an operand no strides of its own use it.
func (c *Context) WrapStrided(memory []byte, shape, strides []int64) (*Buffer, error) {
	call := c.lib.bufferFunction(true, len(shape) > 0)
	if memory == nil {
		return nil, &Error{Call: call, Code: 1, Text: "no memory to wrap"}
	}
	if len(shape) != len(strides) || len(shape) > 4 {
		return nil, &Error{Call: call, Code: 1, Text: fmt.Sprintf("%d extents and %d strides, expected as many, at most 4", len(shape), len(strides))}
	}
	b := &Buffer{lib: c.lib, bytes: memory}
	first := unsafe.SliceData(memory)
	b.pin.Pin(first)
	if err := b.create(c, unsafe.Pointer(first), len(memory), shape, strides); err != nil {
		b.pin.Unpin()
		return nil, err
	}
	return b, nil
}

// WrapPages is WrapStrided for libraries that take whole pages only, as devices do that map memory: memory must begin on
// a page of page.Whole bytes, and the library is told a length of whole ones. What follows memory in its last page must be
// the caller's too.
func (c *Context) WrapPages(memory []byte, shape, strides []int64) (*Buffer, error) {
	whole := uintptr(page.Whole())
	if len(memory) == 0 {
		return c.WrapStrided(memory, shape, strides)
	}
	if into := uintptr(unsafe.Pointer(&memory[0])) % whole; into != 0 {
		return nil, &Error{Call: c.lib.bufferFunction(true, len(shape) > 0), Code: C.MFA_ERROR_DEVICE_NOT_SUPPORTED,
			Text: fmt.Sprintf("memory that begins %d bytes into a page, and the library takes whole pages", into)}
	}
	pages := (uintptr(len(memory)) + whole - 1) / whole * whole
	b, err := c.WrapStrided(unsafe.Slice(&memory[0], pages), shape, strides)
	if err == nil {
		b.bytes = memory
	}
	return b, err
}

func (b *Buffer) create(c *Context, data unsafe.Pointer, n int, shape, strides []int64) error {
	call := c.lib.bufferFunction(data != nil, len(shape) > 0)
	m := newMessage()
	defer m.free()
	var s, t *C.int64_t
	if len(shape) > 0 {
		s, t = (*C.int64_t)(&shape[0]), (*C.int64_t)(&strides[0])
	}
	err := m.fail(call, C.buffer_create(c.lib.c, c.handle, data, C.size_t(n), s, t, C.uint32_t(len(shape)), &b.handle, m.p, messageBytes))
	if err == nil && b.handle == 0 {
		return &Error{Call: call, Code: C.MFA_ERROR_EXECUTION_FAILED, Text: "returned success and no buffer"}
	}
	return err
}

// Bytes is the buffer's memory, nil after Close.
func (b *Buffer) Bytes() []byte { return b.bytes }

// Pointer is what mfa_buffer_contents returns: the address that the device works on.
func (b *Buffer) Pointer() unsafe.Pointer { return C.buffer_contents(b.lib.c, b.handle) }

// Close destroys the buffer and lets go of the memory.
func (b *Buffer) Close() {
	if b.handle != 0 {
		C.buffer_destroy(b.lib.c, b.handle)
		b.handle, b.bytes = 0, nil
		b.pin.Unpin()
	}
}
