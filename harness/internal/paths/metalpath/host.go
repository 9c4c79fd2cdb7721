package metalpath

import (
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

// host is this machine's processors as a device.
type host struct {
	descriptors
	device      *metal.Device
	processors  int
	description paths.Description
}

// NewHost gives the path over this machine's processors. name is what the path calls itself.
func NewHost(name string, o metal.HostOptions, math metal.Math) (*Path, error) {
	device, err := metal.Host(o)
	if err != nil {
		return nil, err
	}
	info, err := device.Info()
	if err != nil {
		device.Close()
		return nil, err
	}
	h := host{
		descriptors: descriptors{math: math}, device: device, processors: processorsOf(o),
		description: paths.Description{Device: info.Name, Toolchain: info.Toolchain},
	}
	p := &Path{name: name, math: math, backend: h}
	if o.Check {
		p.backend = checked{h}
	}
	return p, nil
}

func (h host) NewContext() (*metal.Context, error) { return h.device.NewContext() }
func (h host) Describe() paths.Description         { return h.description }
func (h host) Seen() error                         { return nil }
func (h host) Device() (*metal.Device, int)        { return h.device, h.processors }
func (h host) Close()                              { h.device.Close() }
