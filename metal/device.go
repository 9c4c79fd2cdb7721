package metal

import (
	"fmt"

	"attest.example/attest/metal/internal/host"
	"attest.example/attest/metal/mfa"
)

// Device compiles and runs Metal kernels.
type Device struct {
	gpu      *mfa.GPU
	host     *host.Device // nil: a library's
	users    *users
	resource *resource
}

// DeviceInfo is what a device says of itself.
type DeviceInfo = mfa.GPUInfo

// HostOptions configures this machine's processors as a device; the zero value is the default.
type HostOptions = host.Options

// Order is the order in which a host device runs the threads of a threadgroup between two waits. A right kernel gives the
// same bits in all of them.
type Order = host.Order

const (
	OrderForward = host.Forward
	OrderReverse = host.Reverse
	OrderRandom  = host.Random // by HostOptions.Seed

	// OrderLockstep has the lanes of a simdgroup go in step, one access to memory at a time: what it hides is a race that
	// such hardware hides too.
	OrderLockstep = host.Lockstep
)

// Fill is what lies in threadgroup memory that no thread has written yet.
type Fill = host.Fill

// The fills: NaNs, zeroes, bytes that mean nothing.
const (
	FillNaN     = host.FillNaN
	FillZero    = host.FillZero
	FillGarbage = host.FillGarbage
)

// Host is this machine's processors: any MSL text, with a GPU's semantics and limits.
func Host(o HostOptions) (*Device, error) {
	h, err := host.New(o)
	if err != nil {
		return nil, err
	}
	d := &Device{gpu: mfa.NewGPU(h.API()), host: h}
	d.users = newUsers(func() { h.Close() })
	d.resource = newResource(d, nil, d.users.release)
	return d, nil
}

// NewDevice makes a device by its name: "host".
func NewDevice(name string) (*Device, error) {
	if name == "host" {
		return Host(HostOptions{})
	}
	return nil, fmt.Errorf("device %q: expected host: %w", name, ErrDeviceNotSupported)
}

// Info asks the device.
func (d *Device) Info() (DeviceInfo, error) {
	if d.gpu == nil {
		return DeviceInfo{}, fmt.Errorf("device: %w", ErrClosed)
	}
	return d.gpu.Info()
}

// Report is a mistake of a kernel that a checked device saw: an access out of bounds, a race, a read of what nothing
// wrote, a barrier that not all threads reach.
type Report = host.Report

// ReportKind is what kind of mistake a report tells of.
type ReportKind = host.ReportKind

const (
	OutOfBounds            = host.OutOfBounds            // of a device buffer
	OutOfBoundsThreadgroup = host.OutOfBoundsThreadgroup // of threadgroup memory
	Race                   = host.Race
	Uninitialized          = host.Uninitialized
	UninitializedPrivate   = host.UninitializedPrivate
	DivergentBarrier       = host.DivergentBarrier
	DivergentSIMD          = host.DivergentSIMD
	Fault                  = host.Fault
)

// Reports takes the reports that have come together since the last time, from a device with HostOptions.Check.
func (d *Device) Reports() ([]Report, error) {
	if d.gpu == nil {
		return nil, fmt.Errorf("device: %w", ErrClosed)
	}
	if d.host == nil {
		return nil, fmt.Errorf("the device of a library has no checkers: %w", ErrDeviceNotSupported)
	}
	return d.host.Reports()
}

// Close ends the device, once all that was made on it has been closed too.
func (d *Device) Close() {
	d.gpu = nil
	d.resource.close()
}
