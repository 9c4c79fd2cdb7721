package mfa

/*
#cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra
#cgo LDFLAGS: -ldl -lpthread -lm
#include <stdlib.h>
#include "internal.h"
*/
import "C"

import (
	"fmt"
	"strings"
	"sync"

	"attest.example/attest/metal/kernels"
)

// The C side keeps the text for as long as the process lives.
func init() { C.mfa_set_kernel_source(C.CString(kernels.Attention)) }

var kernel struct {
	sync.Mutex
	text string // that was asked for; "": none yet
}

// UseKernel has this process compute attention by a text of the same kernels and arguments as attention.metal; "": by that
// one. Contexts share what they compile, so the first choice stands: another one later is an error.
func UseKernel(text string) error {
	if text == "" {
		text = kernels.Attention
	}
	if strings.ContainsRune(text, 0) {
		return fmt.Errorf("kernel text: a byte of 0 at %d: want text", strings.IndexByte(text, 0))
	}
	kernel.Lock()
	defer kernel.Unlock()
	switch kernel.text {
	case text:
		return nil
	case "":
		kernel.text = text
		C.mfa_set_kernel_source(C.CString(text))
		return nil
	}
	return fmt.Errorf("kernel text: this process computes attention by another one already: want one in a process")
}
