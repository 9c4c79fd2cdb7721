package metal

import (
	"fmt"
	"maps"
	"slices"

	"attest.example/attest/metal/internal/device"
)

// KernelOptions names a kernel of an MSL text.
type KernelOptions struct {
	Source   string // MSL
	File     string // the name that diagnostics use
	Function string // kernel or host_name

	// Constants are the function constants by index: bool, int8 to int64, uint8 to uint64, float32, [Half], [BFloat].
	Constants map[uint32]any

	Includes []string          // folders searched by #include; the files become part of the text
	Defines  map[string]string // macros
	Language int               // MSL version, 310 is 3.1; 0: 310

	Math Math
}

// Half and BFloat are the bits of a half and of a bfloat, as function constants.
type (
	Half   = device.HalfBits
	BFloat = device.BFloatBits
)

// Kernel is a compiled kernel, ready to run on the device that compiled it.
type Kernel = device.Kernel

// Memory is page-aligned memory for a kernel's buffer arguments, which Go and the device share.
type Memory = device.Memory

// Launch is what a kernel runs over.
type Launch = device.Launch

// Argument fills one slot of a kernel: Memory (from Offset on), Bytes, which are copied, a length of Threadgroup
// memory, or Null: a pointer that the kernel names and does not read this time.
type Argument = device.Argument

// NewKernel compiles a kernel. The error of a wrong text holds the compiler's messages.
func (d *Device) NewKernel(o KernelOptions) (*Kernel, error) {
	source, err := expand(&o)
	if err != nil {
		return nil, fmt.Errorf("new kernel: %w", err)
	}
	program := device.Program{Source: source, File: o.File, Function: o.Function, Math: o.Math, Language: o.Language}
	for _, index := range slices.Sorted(maps.Keys(o.Constants)) {
		constant, err := device.ConstantOf(index, o.Constants[index])
		if err != nil {
			return nil, err
		}
		program.Constants = append(program.Constants, constant)
	}
	return d.inner.Compile(&program)
}

// NewMemory makes n zeroed bytes that Go and the device share.
func (d *Device) NewMemory(n int) (*Memory, error) { return d.inner.NewMemory(n) }

// Wrap makes memory of the caller's bytes, wherever they lie, for a kernel to read and write in place. They are pinned
// until Close; nothing is copied.
func (d *Device) Wrap(bytes []byte) (*Memory, error) { return d.inner.Wrap(bytes) }
