package metalpath

import (
	"cmp"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

// onDevice is attention by the kernel of this project on a device of this program.
type onDevice struct {
	descriptors
	device      *metal.Device
	processors  int
	description paths.Description
	engines     *Engines
	copies      CopyLimit
}

// openDevice opens the path in one mode. name is what the path calls itself.
func openDevice(name string, mode Mode) (*Path, error) {
	if err := metal.UseKernel(mode.Kernel); err != nil {
		return nil, fmt.Errorf("option kernel: %w", err)
	}
	device, engines, description, err := mode.Open()
	if err != nil {
		return nil, err
	}
	limit, err := mode.CopyLimit(device)
	if err != nil {
		device.Close()
		return nil, err
	}
	info, err := device.Info()
	if err != nil {
		device.Close()
		return nil, err
	}
	on := onDevice{
		descriptors: descriptors{math: mode.Math, keyParts: mode.KeyParts}, device: device, processors: mode.processors(), description: description,
		engines: engines, copies: limit,
	}
	p := &Path{name: name, math: mode.Math, backend: on, keyParts: mode.KeyParts, cutsKeys: cutsKeys(info) && mode.KeyParts == 0}
	if mode.Host.Check {
		p.backend = checked{on}
	}
	return p, nil
}

// cutsKeys reports whether the library's own plan may cut a row's keys there: a GPU that is not Apple's has more threadgroup
// memory than Metal.
func cutsKeys(info metal.DeviceInfo) bool {
	return info.MaxThreadgroupMemory > 32<<10 && info.Processors > 0
}

func (d onDevice) NewContext() (*metal.Context, error) {
	return d.device.NewContext()
}

func (d onDevice) Call(f func() error) error {
	d.engines.Begin()
	return d.engines.Blame(f())
}
func (d onDevice) Describe() paths.Description { return d.description }
func (d onDevice) Supports(c cases.Case) error {
	return cmp.Or(d.copies.Takes(c), d.descriptors.Supports(c))
}
func (d onDevice) Seen() error                     { return nil }
func (d onDevice) Device() (*metal.Device, int)    { return d.device, d.processors }
func (d onDevice) OnFibers() []string              { return d.engines.OnFibers() }
func (d onDevice) Engine() string                  { return d.engines.Ran() }
func (d onDevice) Turn(sequence int, work float64) { d.engines.Turn(sequence, work) }
func (d onDevice) Close()                          { d.device.Close() }
