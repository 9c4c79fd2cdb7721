package mfa

/*
#include <stdlib.h>
#include <stdint.h>
*/
import "C"

import "unsafe"

const whyBytes = 2048

// why is C memory for a text that a call may write.
type why struct{ p *C.char }

func newWhy() why { return why{(*C.char)(C.calloc(1, whyBytes))} }

func (w why) free() { C.free(unsafe.Pointer(w.p)) }

func (w why) fail(call string, code C.int32_t) error {
	if code == 0 {
		return nil
	}
	return &Error{Call: call, Code: int32(code), Text: C.GoString(w.p)}
}
