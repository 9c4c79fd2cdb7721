package device

import "unsafe"

// View sees bytes as elements, in the machine's byte order; a rest that is no whole element is left out. The bytes must
// begin at a multiple of an element's size, as memory of devices does.
func View[T float32 | uint16 | uint32 | uint64 | int32 | int64](b []byte) []T {
	var element T
	n := len(b) / int(unsafe.Sizeof(element))
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), n)
}

// BytesOf sees elements as bytes, without a copy.
func BytesOf[T float32 | uint16 | uint8](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}
