package metalpath

import (
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

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
	p := &Path{
		name: name, math: math, contexts: device, device: device, close: device.Close, processors: processorsOf(o),
		description: paths.Description{Device: info.Name, Toolchain: info.Toolchain},
	}
	if o.Check {
		p.reports = device.Reports
	}
	return p, nil
}
