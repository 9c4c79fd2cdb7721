package host

/*
#include <stdlib.h>
#include <string.h>
#include "host.h"

static gpu_status run(gpu_api *api, const gpu_dispatch *d, char *why, size_t why_bytes) {
  return api->run(api->device, d, why, why_bytes);
}
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"
)

// Binding fills one slot of a kernel's argument table. Exactly one of Buffer, Bytes, Threadgroup and Null is set.
type Binding struct {
	Index       int
	Buffer      *Buffer // [[buffer(Index)]]
	Offset      int     // bytes into Buffer
	Bytes       []byte  // [[buffer(Index)]], at most 4096 bytes, copied
	Threadgroup int     // [[threadgroup(Index)]]: bytes, a multiple of 16
	Null        bool    // [[buffer(Index)]]: a null pointer, which fails the launch when a thread uses it
}

// Launch says how to run a pipeline.
type Launch struct {
	Bindings    []Binding
	Grid        [3]int        // threadgroups, or threads where InThreads; a 0 behind the first counts as 1
	Threadgroup [3]int        // threads; a 0 behind the first counts as 1
	InThreads   bool          // edge threadgroups are smaller, as dispatchThreads does
	Repeat      int           // 0: once
	Deadline    time.Duration // of all repeats; 0: none
}

func size(name string, s [3]int, to *[3]C.uint32_t) error {
	for i, n := range s {
		if n == 0 && i > 0 {
			n = 1
		}
		if n < 0 || n > 1<<32-1 {
			return fmt.Errorf("%s %v: sizes are 1 to 4294967295", name, s)
		}
		to[i] = C.uint32_t(n)
	}
	return nil
}

func (b Binding) toC(to *C.gpu_binding) (free unsafe.Pointer, err error) {
	set := 0
	if b.Index < 0 || b.Offset < 0 || b.Threadgroup < 0 {
		return nil, fmt.Errorf("binding %d: index, offset and threadgroup size may not be negative", b.Index)
	}
	to.index = C.uint32_t(b.Index)
	if b.Buffer != nil {
		set++
		to.kind, to.buffer, to.offset = C.GPU_BIND_BUFFER, b.Buffer.buffer, C.uint64_t(b.Offset)
	}
	if b.Bytes != nil {
		set++
		free = C.CBytes(b.Bytes)
		to.kind, to.bytes, to.length = C.GPU_BIND_BYTES, free, C.uint64_t(len(b.Bytes))
	}
	if b.Threadgroup != 0 {
		set++
		to.kind, to.length = C.GPU_BIND_THREADGROUP, C.uint64_t(b.Threadgroup)
	}
	if b.Null {
		set++
		to.kind = C.GPU_BIND_NULL
	}
	if set != 1 {
		return free, fmt.Errorf("binding %d: one of Buffer, Bytes, Threadgroup and Null is wanted, not %d", b.Index, set)
	}
	return free, nil
}

// Run runs the pipeline and waits. It returns the device time of each repeat. What a real device would refuse is an
// [*Error] with status Invalid and runs nothing; a failure while running has status Execution.
func (p *Pipeline) Run(l Launch) ([]time.Duration, error) {
	repeat := max(l.Repeat, 1)
	if l.Repeat < 0 {
		return nil, fmt.Errorf("repeat %d; at least 1 is wanted", l.Repeat)
	}
	var d C.gpu_dispatch
	if err := size("grid", l.Grid, &d.grid); err != nil {
		return nil, err
	}
	if err := size("threadgroup", l.Threadgroup, &d.threadgroup); err != nil {
		return nil, err
	}
	var allocated []unsafe.Pointer
	allocate := func(count int, bytes C.size_t) unsafe.Pointer {
		m := C.calloc(C.size_t(max(count, 1)), bytes)
		allocated = append(allocated, m)
		return m
	}
	defer func() {
		for _, m := range allocated {
			C.free(m)
		}
	}()
	bindings := (*C.gpu_binding)(allocate(len(l.Bindings), C.sizeof_gpu_binding))
	for i, b := range l.Bindings {
		free, err := b.toC(&unsafe.Slice(bindings, len(l.Bindings))[i])
		if free != nil {
			allocated = append(allocated, free)
		}
		if err != nil {
			return nil, err
		}
	}
	seconds := (*C.double)(allocate(repeat, C.sizeof_double))
	why := (*C.char)(allocate(1, whyBytes))
	d.pipeline, d.bindings, d.binding_count = p.pipeline, bindings, C.uint32_t(len(l.Bindings))
	d.grid_in_threads = C.bool(l.InThreads)
	d.repeat, d.deadline_seconds, d.seconds = C.uint32_t(repeat), C.double(l.Deadline.Seconds()), seconds
	held := (*C.gpu_dispatch)(allocate(1, C.sizeof_gpu_dispatch)) // C keeps no pointer of Go's
	*held = d
	if err := refusal(C.run(p.device.api, held, why, whyBytes), why); err != nil {
		return nil, err
	}
	times := make([]time.Duration, repeat)
	for i, s := range unsafe.Slice(seconds, repeat) {
		times[i] = time.Duration(float64(s) * float64(time.Second))
	}
	return times, nil
}
