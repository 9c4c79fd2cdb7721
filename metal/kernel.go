package metal

import (
	"fmt"
	"runtime"
	"time"

	"attest.example/attest/metal/mfa"
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
	Half   = mfa.Half
	BFloat = mfa.BFloat
)

// Kernel is a compiled kernel.
type Kernel struct {
	pipeline *mfa.Pipeline
	gpu      *mfa.GPU
	resource *resource
}

// NewKernel compiles a kernel. What the compiler says of a wrong text is in the error.
func (d *Device) NewKernel(o KernelOptions) (*Kernel, error) {
	if d.gpu == nil {
		return nil, fmt.Errorf("new kernel: device: %w", ErrClosed)
	}
	source, err := expand(&o)
	if err != nil {
		return nil, fmt.Errorf("new kernel: %w", err)
	}
	program := mfa.Program{Source: source, File: o.File, Function: o.Function, Math: o.Math, Language: o.Language}
	for index, value := range o.Constants {
		program.Constants = append(program.Constants, mfa.Constant{Index: index, Value: value})
	}
	pipeline, err := d.gpu.Compile(&program)
	if err != nil {
		return nil, err
	}
	k := &Kernel{pipeline: pipeline, gpu: d.gpu}
	k.resource = newResource(k, d.users, pipeline.Close)
	return k, nil
}

// MaxThreads is the most threads that a threadgroup of this kernel may have.
func (k *Kernel) MaxThreads() int { return k.pipeline.MaxThreads }

// CompileTime is how long compilation took, and whether it came from the device's cache on disk.
func (k *Kernel) CompileTime() (took time.Duration, cached bool) {
	return seconds(k.pipeline.CompileSeconds), k.pipeline.Cached
}

// Close frees the kernel.
func (k *Kernel) Close() { k.resource.close() }

// Memory is page-aligned memory for a kernel's buffer arguments.
type Memory struct {
	mfa      *mfa.Memory
	resource *resource
}

// NewMemory makes n zeroed bytes that Go and the device share.
func (d *Device) NewMemory(n int) (*Memory, error) {
	if d.gpu == nil {
		return nil, fmt.Errorf("new memory: device: %w", ErrClosed)
	}
	inner, err := d.gpu.NewMemory(n)
	if err != nil {
		return nil, err
	}
	m := &Memory{mfa: inner}
	m.resource = newResource(m, d.users, inner.Close)
	return m, nil
}

// Wrap makes memory of the caller's bytes, wherever they lie, for a kernel to read and write in place. They are pinned
// until Close; nothing is copied.
func (d *Device) Wrap(bytes []byte) (*Memory, error) {
	if d.gpu == nil {
		return nil, fmt.Errorf("wrap: device: %w", ErrClosed)
	}
	inner, err := d.gpu.Wrap(bytes)
	if err != nil {
		return nil, err
	}
	m := &Memory{mfa: inner}
	m.resource = newResource(m, d.users, inner.Close)
	return m, nil
}

// Bytes is the memory itself, nil after Close.
func (m *Memory) Bytes() []byte { return m.mfa.Bytes() }

// Float32s sees the memory as floats.
func (m *Memory) Float32s() []float32 { return mfa.Float32s(m.mfa.Bytes()) }

// Uint16s sees the memory as 16-bit words.
func (m *Memory) Uint16s() []uint16 { return mfa.Uint16s(m.mfa.Bytes()) }

// Close gives the memory back.
func (m *Memory) Close() { m.resource.close() }

// Argument fills one slot of a kernel: Memory (from Offset on), Bytes, which are copied, a length of Threadgroup
// memory, or Null: a pointer that the kernel names and does not read this time.
type Argument struct {
	Index       uint32
	Memory      *Memory
	Offset      int
	Bytes       []byte
	Threadgroup int
	Null        bool
}

// Launch says over what a kernel runs.
type Launch struct {
	Arguments   []Argument
	Grid        [3]uint32 // threadgroups, or threads where GridInThreads
	Threadgroup [3]uint32 // threads
	// GridInThreads: threadgroups at the edge are smaller, never rounded up.
	GridInThreads bool
	Repeat        int // how many times, in order; 0 means 1
	Deadline      time.Duration
}

// Run runs the kernel and waits; it returns the device seconds of each repetition.
func (k *Kernel) Run(l *Launch) ([]float64, error) {
	d := mfa.Dispatch{Pipeline: k.pipeline, Grid: l.Grid, Threadgroup: l.Threadgroup, GridInThreads: l.GridInThreads,
		Repeat: l.Repeat, DeadlineSeconds: l.Deadline.Seconds()}
	for i, a := range l.Arguments {
		b := mfa.Binding{Index: a.Index, Bytes: a.Bytes, Threadgroup: a.Threadgroup, Null: a.Null}
		if a.Memory != nil {
			if a.Offset < 0 || a.Offset >= len(a.Memory.Bytes()) {
				return nil, fmt.Errorf("run: argument %d: offset %d, expected 0 to %d: %w", i, a.Offset, len(a.Memory.Bytes())-1, ErrInvalidArgs)
			}
			b.Memory, b.Offset = a.Memory.mfa, a.Offset
		}
		d.Bindings = append(d.Bindings, b)
	}
	times, err := k.gpu.Run(&d)
	runtime.KeepAlive(l)
	runtime.KeepAlive(k)
	return times, err
}
