package mfa

/*
#cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra
#cgo LDFLAGS: -ldl -lpthread -lm
#include <stdlib.h>
#include "internal.h"
*/
import "C"

import (
	"attest.example/attest/metal/kernels"
)

// The C side keeps the text for as long as the process lives.
func init() { C.mfa_set_kernel_source(C.CString(kernels.Attention)) }
