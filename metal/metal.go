// Package metal runs attention, and any other Metal kernel, from Go: on this machine's processors, or on whatever
// device or shared library speaks the same interfaces.
//
// A [Device] compiles and runs kernels. A [Context] computes attention on a device, or in a library loaded with
// [Open]. Tensors lie in a [Buffer], memory that Go sees as a slice and the device reads in place: nothing is copied
// on the way, and a call allocates nothing.
//
// Everything with a Close is also closed when it is forgotten, some time after the garbage collector notices. All of
// it may be used from several goroutines at once, but for an [Attention], which belongs to one at a time.
//
// It knows nothing of tests, cases or tolerances.
package metal

import "attest.example/attest/metal/mfa"

// What a call may return; every error of this package is one of them to errors.Is.
var (
	ErrInvalidArgs        = mfa.ErrInvalidArgs
	ErrMemoryAllocation   = mfa.ErrMemoryAllocation
	ErrDeviceNotSupported = mfa.ErrDeviceNotSupported
	ErrKernelCompilation  = mfa.ErrKernelCompilation
	ErrExecutionFailed    = mfa.ErrExecutionFailed
	ErrUnknown            = mfa.ErrUnknown // a library returned a code that the interface has not
	ErrClosed             = mfa.ErrClosed
)

// Error is the refusal or failure of a call, with the library's own words.
type Error = mfa.Error

// Precision is the element type of an operand.
type Precision = mfa.Precision

// The formats.
const (
	FP16 = mfa.FP16
	BF16 = mfa.BF16
	FP32 = mfa.FP32
)

// MaskType is what a mask's elements mean, MaskScalar what type they have.
type (
	MaskType   = mfa.MaskType
	MaskScalar = mfa.MaskScalar
)

// The types of masks, and those of their elements.
const (
	MaskNone     = mfa.MaskNone
	MaskBool     = mfa.MaskBool     // a non-zero byte: the key takes part
	MaskAdditive = mfa.MaskAdditive // added to the scaled score; -inf: the key takes no part

	MaskByte = mfa.MaskByte
	MaskFP16 = mfa.MaskFP16
	MaskBF16 = mfa.MaskBF16
	MaskFP32 = mfa.MaskFP32
)

// Scores is what becomes of q.k on its way to the softmax, before the mask.
type Scores = mfa.Scores

// Align is where the diagonal of a causal mask or window starts.
type Align = mfa.Align

// The alignments of causal masks and windows.
const (
	TopLeft     = mfa.TopLeft     // query row i sits at key i
	BottomRight = mfa.BottomRight // query row i sits at key i + kv_len - q_len
)

// Math is what the kernel's compiler may assume.
type Math = mfa.Math

// The modes.
const (
	MathSafe = mfa.MathSafe // every operation as IEEE 754 defines it, one rounding each
	MathFast = mfa.MathFast // no NaN, no Inf, sums reordered: Metal's own default
)

// Unbounded is a window without a bound on that side.
const Unbounded = mfa.Unbounded
