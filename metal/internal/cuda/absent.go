//go:build !cgo || !linux

package cuda

import (
	"fmt"

	"attest.example/attest/metal/internal/device"
)

// New needs the driver, which is reached through C, and on Linux alone.
func New(o Options) (*device.Device, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("cuda: %w", err)
	}
	return nil, fmt.Errorf("cuda: %w", errAbsent)
}

var errAbsent = fmt.Errorf("NVIDIA GPUs are reached on Linux, by a program built with C: %w", device.ErrDeviceNotSupported)
