package fault

import (
	"runtime"
	"unsafe"
)

// What only a language without bounds checks does by accident needs unsafe here.

// sink keeps the compiler from dropping a read.
//
//lint:ignore U1000 it is only written, and must be
var sink byte

// wild reads an address in the first pages, which no process has.
func wild(*Path) error {
	var base unsafe.Pointer
	sink = *(*byte)(unsafe.Add(base, 0x1238))
	return nil
}

// scribble writes bytes at an offset from the start of data, outside of it.
func scribble(data []byte, offset, count int) {
	base := unsafe.Pointer(unsafe.SliceData(data))
	for i := range count {
		*(*byte)(unsafe.Add(base, offset+i)) = 0
	}
	runtime.KeepAlive(data)
}

// peek reads a byte outside of data.
func peek(data []byte, offset int) {
	sink = *(*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(data)), offset))
	runtime.KeepAlive(data)
}
