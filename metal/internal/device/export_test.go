package device

import "unsafe"

// MakeBuffer is the call as it is in device.h, without what Wrap does to take any memory.
func MakeBuffer(d *Device, memory []byte) error {
	handle, _, err := makeBuffer(d.api, unsafe.Pointer(&memory[0]), len(memory))
	if err == nil {
		freeBuffer(d.api, handle)
	}
	return err
}
