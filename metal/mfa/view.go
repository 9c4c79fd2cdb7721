package mfa

import "unsafe"

// Float32s sees b as floats, in the machine's byte order; a rest of fewer than 4 bytes is left out. b must start at a
// multiple of 4, as buffers do.
func Float32s(b []byte) []float32 { return view[float32](b) }

// Uint16s sees b as 16-bit words: the bits of fp16 and bf16 elements.
func Uint16s(b []byte) []uint16 { return view[uint16](b) }

func view[T any](b []byte) []T {
	var element T
	n := len(b) / int(unsafe.Sizeof(element))
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), n)
}

// BytesOf sees floats or words as bytes, without a copy.
func BytesOf[T float32 | uint16 | uint8](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}
