package metal

import (
	"fmt"

	"attest/metal/host"
	"attest/metal/mfa"
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
