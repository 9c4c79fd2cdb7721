package metalpath

import (
	"runtime"

	"attest.example/attest/harness/internal/compiling"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

// HostDevice is the device that a path runs on where it names none: this machine's processors.
const HostDevice = "host"

// OpenDevice opens the path over a device of this program, with options as they follow the device's name in --path,
// host?math=fast&schedule=reverse:
//
//	device    another device than the one that the path is called by
//	math      safe, fast, fast-folded; on cuda safe and fast
//	kernel    a file with the text of kernels that take the place of this project's attention.metal, with the same names and
//	          arguments; one in a process
//	parts     into how many parts a row's keys are cut, each of which a threadgroup takes: 1 to 32; by default one, and on
//	          cuda as many as give every processor a threadgroup, where rows are few
//
// and of the host device alone
//
//	engine    auto (the default), fibers, wide: what runs the 32 threads of a simdgroup; in lockstep and under check always
//	          fibers. auto is wide for a kernel that was compiled so before, or that fibers have long been at, and fibers
//	          else, in every eighth sequence of a run, and in fast math; each result says which, and the file of a failure
//	          names the engine on which it failed
//	schedule  forward, reverse, random, lockstep: the order of simdgroups and threadgroups
//	fill      nan, zero, garbage: what threadgroup memory holds at first
//	seed      of random schedules and garbage
//	threads   OS threads; default one a processor
//	check     true: with the checkers; their findings are failures
//	threadgroup  bytes of threadgroup memory, 32768 to 1048576; the default is the first, Metal's. With more this project's
//	          kernel has the plan of a roomy GPU: up to 16 simdgroups, and narrow tiles of fp16 and bf16
//
// and of cuda alone
//
//	limits     metal, device: whose limit on threadgroup memory a kernel has; this project's kernel has the device's
//	memory     copied, mapped: whether buffers are brought to the GPU, which is faster, large ones by the pages that have
//	           data where this machine's kernel tells them, or reached over the bus
//	registers  the most that a thread may have, 16 to 255; 0, the default: as many as let a threadgroup run
//
// math, engine and schedule may list several with commas: each combination then computes every case, and those of one
// math mode must agree bit for bit; engines only where math is safe, for in fast math each contracts in its own way.
func OpenDevice(device, text string) (paths.Path, error) {
	name := device
	if text != "" {
		name += "?" + text
	}
	modes, err := Modes(device, text)
	if err != nil {
		return nil, err
	}
	var all []paths.Variant
	for _, m := range modes {
		if !m.limited {
			m.CUDA.Limits = metal.CUDADeviceLimits
		}
		p, err := openDevice(name, m)
		if err != nil {
			for _, v := range all {
				v.Path.(*Path).Close()
			}
			return nil, err
		}
		all = append(all, paths.Variant{Label: m.Label, Path: p, SameBits: m.SameBits})
	}
	base := all[0].Path.(*Path)
	if len(all) == 1 {
		return base, nil
	}
	return &varied{Path: base, name: name, variants: all[1:]}, nil
}

// Mode is one way in which a device of this program computes.
type Mode struct {
	Label    string // "math fast, schedule reverse"
	Device   string // by its name in metal.DeviceKinds
	Host     metal.HostOptions
	CUDA     metal.CUDAOptions // of cuda and cuda:N
	Math     metal.Math
	Kernel   string // the text that computes attention; "": this project's
	KeyParts int    // of a row; 0: as many as suit the device
	SameBits bool   // must give the bits of the first mode

	limited bool // the options name the limits
}

// Open makes the mode's device, with what runs its kernels, and what a run records of it.
func (m Mode) Open() (*metal.Device, *Engines, paths.Description, error) {
	engines := enginesOf(&m)
	m.Host.OnCompile, m.CUDA.OnCompile, m.Host.OnEarned = compiling.Here.Begin, compiling.Here.Begin, compiling.Aside.Begin
	make := func() (*metal.Device, error) { return metal.NewDevice(m.Device) }
	switch {
	case m.Device == HostDevice:
		make = func() (*metal.Device, error) { return metal.Host(m.Host) }
	case isCUDA(m.Device):
		make = func() (*metal.Device, error) { return metal.CUDA(m.CUDA) }
	}
	device, err := make()
	if err != nil {
		return nil, nil, paths.Description{}, err
	}
	info, err := device.Info()
	if err != nil {
		device.Close()
		return nil, nil, paths.Description{}, err
	}
	toolchain := info.Toolchain
	switch {
	case m.choosesEngine():
		toolchain += ", engine auto"
	case m.mayBeWide() && m.Host.Engine == metal.EngineWide:
		toolchain += ", engine wide"
	}
	return device, engines, paths.Description{Device: info.Name, Toolchain: toolchain}, nil
}

// mayBeWide reports whether vectors may run a kernel of the mode.
func (m *Mode) mayBeWide() bool {
	return m.Device == HostDevice && !m.Host.Check && m.Host.Order != metal.OrderLockstep
}

// choosesEngine reports whether the device chooses between engines.
func (m *Mode) choosesEngine() bool {
	return m.mayBeWide() && m.Host.Engine == metal.EngineAuto && m.Math == metal.MathSafe
}

// processors is how many threadgroups the device computes at once; 0: not known.
func (m Mode) processors() int {
	switch {
	case m.Device != HostDevice:
		return 0
	case m.Host.Workers > 0:
		return min(m.Host.Workers, runtime.NumCPU())
	}
	return runtime.NumCPU()
}

// Modes reads options as OpenDevice takes them, for a device unless they name another: a mode for every combination of
// math and schedule, at least one.
func Modes(device, text string) ([]Mode, error) {
	values, err := paths.Options(text)
	if err != nil {
		return nil, err
	}
	o, err := parseOptions(device, values)
	if err != nil {
		return nil, err
	}
	var modes []Mode
	for _, m := range o.maths {
		for _, engine := range o.engines {
			for _, order := range o.orders {
				host := o.host
				host.Order, host.Folded, host.Engine = order.order, m.folded, engine.engine
				words := "math " + m.name
				if o.device == HostDevice {
					words += ", schedule " + order.name
				}
				if len(o.engines) > 1 || engine.name != "" && engine.engine != metal.EngineFibers {
					words += ", engine " + engine.name
				}
				same := m == o.maths[0] && (m.math == metal.MathSafe || engine == o.engines[0])
				modes = append(modes, Mode{Label: words, Device: o.device, Host: host, CUDA: o.cuda, Math: m.math, KeyParts: o.keyParts, Kernel: o.kernel, SameBits: same, limited: o.limited})
			}
		}
	}
	return modes, nil
}
