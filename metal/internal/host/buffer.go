package host

/*
#include <stdlib.h>
#include "host.h"

static gpu_status make_buffer(gpu_api *api, void *memory, uint64_t bytes, gpu_buffer **out, void **contents, char *why,
                              size_t why_bytes) {
  return api->make_buffer(api->device, memory, bytes, out, contents, why, why_bytes);
}
static void free_buffer(gpu_api *api, gpu_buffer *b) { api->free_buffer(api->device, b); }
*/
import "C"

import (
	"fmt"
	"sync"
	"unsafe"
)

// Buffer is memory that Go and kernels share.
type Buffer struct {
	device    *Device
	buffer    *C.gpu_buffer
	bytes     []byte
	closeOnce sync.Once
}

// Buffer makes a page-aligned, zeroed buffer.
func (d *Device) Buffer(bytes int) (*Buffer, error) {
	if bytes < 0 {
		return nil, fmt.Errorf("a buffer of %d bytes; at least 1 is wanted", bytes)
	}
	return d.buffer(nil, bytes)
}

// Wrap makes a buffer of memory that is the caller's, without a copy. It must be aligned to Info().PageBytes, be
// outside Go's heap (mapped), and outlive the buffer.
func (d *Device) Wrap(memory []byte) (*Buffer, error) {
	if len(memory) == 0 {
		return nil, fmt.Errorf("no memory to wrap")
	}
	return d.buffer(unsafe.Pointer(unsafe.SliceData(memory)), len(memory))
}

func (d *Device) buffer(memory unsafe.Pointer, bytes int) (*Buffer, error) {
	if d.api == nil {
		return nil, errClosed
	}
	why := (*C.char)(C.calloc(1, whyBytes))
	defer C.free(unsafe.Pointer(why))
	b := &Buffer{device: d}
	var contents unsafe.Pointer
	status := C.make_buffer(d.api, memory, C.uint64_t(bytes), &b.buffer, &contents, why, whyBytes)
	if err := refusal(status, why); err != nil {
		return nil, err
	}
	b.bytes = unsafe.Slice((*byte)(contents), bytes)
	return b, nil
}

// Bytes is the buffer's memory. It must not be used after Close.
func (b *Buffer) Bytes() []byte { return b.bytes }

// View is the buffer's memory as elements of another type. T must hold no pointers.
func View[T any](b *Buffer) []T {
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b.bytes))), len(b.bytes)/int(unsafe.Sizeof(t)))
}

// Close frees the buffer.
func (b *Buffer) Close() error {
	b.closeOnce.Do(func() {
		C.free_buffer(b.device.api, b.buffer)
		b.bytes = nil
	})
	return nil
}
