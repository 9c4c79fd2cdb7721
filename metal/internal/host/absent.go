//go:build !cgo

package host

import (
	"fmt"

	"attest.example/attest/metal/internal/device"
)

// New needs the runtime, which is C.
func New(o Options) (*device.Device, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	return nil, fmt.Errorf("host: %w", device.ErrNoC)
}
