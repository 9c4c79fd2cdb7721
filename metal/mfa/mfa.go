// Package mfa is the C interface of attention on Metal kernels: its one implementation, in C, and a loader for any
// shared library that speaks the same interface. Package metal is what programs use.
//
// It never chooses a device: a context is made on the one it is given, or on the library's own.
package mfa

import "attest.example/attest/metal/internal/device"

// Precision is the element type of an operand, by the interface's numbers.
type Precision int32

const (
	FP16 Precision = 0
	BF16 Precision = 1
	FP32 Precision = 2
)

// Bytes is the size of one element.
func (p Precision) Bytes() int {
	if p == FP32 {
		return 4
	}
	return 2
}

// MaskType is what a mask's elements mean.
type MaskType int32

const (
	MaskNone     MaskType = 0
	MaskBool     MaskType = 1 // a non-zero byte: the key takes part
	MaskAdditive MaskType = 2 // added to the scaled score; -inf: the key takes no part
)

// MaskScalar is the element type of a mask.
type MaskScalar int32

const (
	MaskByte MaskScalar = 0
	MaskFP16 MaskScalar = 1
	MaskBF16 MaskScalar = 2
	MaskFP32 MaskScalar = 3
)

// Align is where the diagonal of a causal mask or window starts: query row i sits at key i, or at key
// i + kv_len - q_len.
type Align int32

const (
	TopLeft     Align = 0
	BottomRight Align = 1
)

// Math is what the kernel's compiler may assume.
type Math = device.Math

const (
	MathSafe = device.MathSafe
	MathFast = device.MathFast // no NaN, no Inf, reassociation: Metal's own default
)

// Unbounded is a window without a bound on that side.
const Unbounded = ^uint32(0)

// Needed names the functions without which a library cannot be called at all. mfa_attention_forward_desc does for
// mfa_attention_forward.
func Needed() []string {
	return []string{"mfa_create_context", "mfa_destroy_context", "mfa_buffer_from_ptr", "mfa_destroy_buffer", "mfa_attention_forward"}
}
