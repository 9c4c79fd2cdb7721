package metal

import (
	"attest.example/attest/metal/internal/cuda"
	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/host"
)

// Device compiles and runs Metal kernels.
type Device struct{ inner *device.Device }

// DeviceInfo describes a device.
type DeviceInfo = device.Info

// HostOptions configures this machine's processors as a device; the zero value is the default.
type HostOptions = host.Options

// Order is the order in which a host device runs the threads of a threadgroup between two waits. A right kernel writes
// the same bits in all of them.
type Order = host.Order

// The orders: of the threads' numbers, reversed, drawn at random.
const (
	OrderForward = host.Forward
	OrderReverse = host.Reverse
	OrderRandom  = host.Random // by HostOptions.Seed

	// OrderLockstep has the lanes of a simdgroup go in step, one access to memory at a time: what it hides is a race that
	// such hardware hides too.
	OrderLockstep = host.Lockstep
)

// Engine is what runs the 32 threads of a simdgroup on this machine's processors.
type Engine = host.Engine

// The engines. A device with HostOptions.Check, and one in lockstep, has fibers whatever is asked for.
const (
	EngineFibers = host.Fibers // the default
	EngineWide   = host.Wide   // vectors, where the compiler knows how; a kernel of which it does not stays on fibers
	EngineAuto   = host.Auto   // vectors where they are compiled already or fibers have long been at the kernel; only in safe math
)

// EngineOf names the engine that runs a kernel for which EngineWide or EngineAuto was asked, and why not vectors. HostOptions.OnEngine
// gets one for every kernel that is compiled.
type EngineOf = host.EngineOf

// Fill is what lies in threadgroup memory that no thread has written yet.
type Fill = host.Fill

// The fills: NaNs, zeroes, bytes that mean nothing.
const (
	FillNaN     = host.FillNaN
	FillZero    = host.FillZero
	FillGarbage = host.FillGarbage
)

// Host is this machine's processors: any MSL text, with a GPU's semantics and limits.
func Host(o HostOptions) (*Device, error) { return opened(host.New(o)) }

// CUDAOptions configures an NVIDIA GPU as a device; the zero value is the first GPU with Metal's limits.
type CUDAOptions = cuda.Options

// CUDAMemory is how kernels on an NVIDIA GPU reach buffers, CUDALimits how much threadgroup memory they may ask for.
type (
	CUDAMemory = cuda.Memory
	CUDALimits = cuda.Limits
)

// How kernels on an NVIDIA GPU reach buffers: a copy on the GPU, or this process's own memory over the bus; and how much
// threadgroup memory they may ask for: Metal's 32 KB, or what the GPU has.
const (
	CUDACopied       = cuda.Copied
	CUDAMapped       = cuda.Mapped
	CUDAMetalLimits  = cuda.MetalLimits
	CUDADeviceLimits = cuda.DeviceLimits
)

// CUDA is an NVIDIA GPU: any MSL text, with a GPU's semantics. It needs the driver at run time and nothing else.
func CUDA(o CUDAOptions) (*Device, error) { return opened(cuda.New(o)) }

// Info asks the device.
func (d *Device) Info() (DeviceInfo, error) { return d.inner.Info() }

// Lost reports whether the device may work no more in this process: a kernel failed on it, or did not end.
func (d *Device) Lost() bool { return d.inner.Lost() }

// Report is a mistake of a kernel that a checked device saw: an access out of bounds, a race, a read of what nothing
// wrote, a barrier that not all threads reach.
type Report = device.Report

// ReportKind is what kind of mistake a report tells of.
type ReportKind = device.ReportKind

// The kinds of mistakes.
const (
	OutOfBounds            = device.OutOfBounds            // of a device buffer
	OutOfBoundsThreadgroup = device.OutOfBoundsThreadgroup // of threadgroup memory
	Race                   = device.Race
	Uninitialized          = device.Uninitialized
	UninitializedPrivate   = device.UninitializedPrivate
	DivergentBarrier       = device.DivergentBarrier
	DivergentSIMD          = device.DivergentSIMD
	Fault                  = device.Fault
	Misaligned             = device.Misaligned
)

// Reports takes the reports that have come together since the last time, from a device with HostOptions.Check. A device
// without checkers answers with ErrDeviceNotSupported.
func (d *Device) Reports() ([]Report, error) { return d.inner.Reports() }

// Close ends the device, once all that was made on it has been closed too.
func (d *Device) Close() { d.inner.Close() }
