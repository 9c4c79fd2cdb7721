package metal

import (
	"attest.example/attest/metal/internal/cuda"
	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/host"
)

// kinds are the devices that this program has by name: a new one is a folder below internal and a line here.
var kinds = []device.Kind{
	host.Kind,
	cuda.Kind,
}

// DeviceKind is a device that [NewDevice] knows, and what it is in one line.
type DeviceKind struct{ Name, Summary string }

// DeviceKinds lists the devices that NewDevice knows, the default first. Not all of them need work on this machine.
func DeviceKinds() []DeviceKind {
	var list []DeviceKind
	for _, k := range kinds {
		list = append(list, DeviceKind{k.Name, k.Summary})
	}
	return list
}

// NewDevice makes a device by its name, as DeviceKinds lists them, with its default options; cuda:1 is the second of
// several.
func NewDevice(name string) (*Device, error) {
	kind, err := device.Find(kinds, name)
	if err != nil {
		return nil, err
	}
	return opened(kind.Open())
}

func opened(inner *device.Device, err error) (*Device, error) {
	if err != nil {
		return nil, err
	}
	return &Device{inner}, nil
}

// FindDevice is nil for a name that NewDevice knows, else an error that lists the names.
func FindDevice(name string) error {
	_, err := device.Find(kinds, name)
	return err
}
