package mfa

/*
#include <stdlib.h>
#include <stdint.h>
*/
import "C"

import "unsafe"

const messageBytes = 2048

// message is C memory for a text that a call may write.
type message struct{ p *C.char }

func newMessage() message { return message{(*C.char)(C.calloc(1, messageBytes))} }

func (m message) free() { C.free(unsafe.Pointer(m.p)) }

func (m message) fail(call string, code C.int32_t) error {
	if code == 0 {
		return nil
	}
	return &Error{Call: call, Code: int32(code), Text: C.GoString(m.p)}
}
