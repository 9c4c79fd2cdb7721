package metalpath

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

// OpenDevice opens the path over a device of this program, with options as they follow the device's name in --path,
// host?math=fast&schedule=reverse:
//
//	device    another device than the one that the path is called by
//	math      safe, fast, fast-folded; on cuda safe and fast
//
// and of the host device alone
//
//	engine    fibers (the default), wide: what runs the 32 threads of a simdgroup; in lockstep and under check always fibers
//	schedule  forward, reverse, random, lockstep: the order of simdgroups and threadgroups
//	fill      nan, zero, garbage: what threadgroup memory holds at first
//	seed      of random schedules and garbage
//	threads   OS threads; default one a processor
//	check     true: with the checkers; their findings are failures
//
// and of cuda alone
//
//	limits     metal, card: how much threadgroup memory a kernel may ask for; this project's kernel asks for card
//	memory     copied, mapped: whether buffers are brought to the card, or reached over the bus
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
			m.CUDA.Limits = metal.CUDACardLimits
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

// HostDevice is the device that a path runs on where it names none: this machine's processors.
const HostDevice = "host"

// Mode is one way in which a device of this program computes.
type Mode struct {
	Label    string // "math fast, schedule reverse"
	Device   string // by its name in metal.DeviceKinds
	Host     metal.HostOptions
	CUDA     metal.CUDAOptions // of cuda and cuda:N
	Math     metal.Math
	SameBits bool // must give the bits of the first mode

	limited bool // the options name the limits
}

// Open makes the mode's device, and what a run records of it.
func (m Mode) Open() (*metal.Device, paths.Description, error) {
	make := func() (*metal.Device, error) { return metal.NewDevice(m.Device) }
	switch {
	case m.Device == HostDevice:
		make = func() (*metal.Device, error) { return metal.Host(m.Host) }
	case isCUDA(m.Device):
		make = func() (*metal.Device, error) { return metal.CUDA(m.CUDA) }
	}
	device, err := make()
	if err != nil {
		return nil, paths.Description{}, err
	}
	info, err := device.Info()
	if err != nil {
		device.Close()
		return nil, paths.Description{}, err
	}
	toolchain := info.Toolchain
	if m.Device == HostDevice && m.Host.Engine == metal.EngineWide && !m.Host.Check && m.Host.Order != metal.OrderLockstep {
		toolchain += ", engine wide"
	}
	return device, paths.Description{Device: info.Name, Toolchain: toolchain}, nil
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
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, fmt.Errorf("options %q: %w", text, err)
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
				if len(o.engines) > 1 || engine.engine != metal.EngineFibers {
					words += ", engine " + engine.name
				}
				same := m == o.maths[0] && (m.math == metal.MathSafe || engine == o.engines[0])
				modes = append(modes, Mode{Label: words, Device: o.device, Host: host, CUDA: o.cuda, Math: m.math, SameBits: same, limited: o.limited})
			}
		}
	}
	return modes, nil
}

type namedMath struct {
	name   string
	math   metal.Math
	folded bool
}

type namedOrder struct {
	name  string
	order metal.Order
}

type namedEngine struct {
	name   string
	engine metal.Engine
}

type deviceOptions struct {
	device  string
	host    metal.HostOptions
	cuda    metal.CUDAOptions
	limited bool
	maths   []namedMath
	engines []namedEngine
	orders  []namedOrder
}

// parseOptions reads the options, refusing what it does not know by name.
func parseOptions(device string, values url.Values) (deviceOptions, error) {
	o := deviceOptions{device: device,
		maths: []namedMath{{name: "safe", math: metal.MathSafe}}, orders: []namedOrder{{"forward", metal.OrderForward}},
		engines: []namedEngine{{"fibers", metal.EngineFibers}}}
	if values.Has("device") {
		o.device = values.Get("device")
	}
	if err := metal.FindDevice(o.device); err != nil {
		return o, fmt.Errorf("option device: %w", err)
	}
	if number, of := strings.CutPrefix(o.device, cudaDevice+":"); of {
		o.cuda.Index, _ = strconv.Atoi(number) // FindDevice knows it
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		given := values[key]
		if err := o.set(key, given[len(given)-1]); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *deviceOptions) set(key, text string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("option %s: %w", key, err)
		}
	}()
	onHost := o.device == HostDevice
	switch key {
	case "device":
		return nil
	case "math":
		o.maths, err = list(text, map[string]namedMath{"safe": {"safe", metal.MathSafe, false}, "fast": {"fast", metal.MathFast, false}, "fast-folded": {"fast-folded", metal.MathFast, true}})
		if err == nil && !onHost && slices.ContainsFunc(o.maths, func(m namedMath) bool { return m.folded }) {
			return fmt.Errorf("fast-folded: device %s has no such mode, only %s has", o.device, HostDevice)
		}
		return err
	case "engine", "schedule", "fill", "seed", "threads", "check":
		if !onHost {
			return fmt.Errorf("device %s has no such choice, only %s has", o.device, HostDevice)
		}
		return o.setHost(key, text)
	case "limits", "memory", "registers":
		if !isCUDA(o.device) {
			return fmt.Errorf("device %s has no such choice, only %s has", o.device, cudaDevice)
		}
		return o.setCUDA(key, text)
	}
	return errors.New("want device, math, engine, schedule, fill, seed, threads, check, limits, memory or registers")
}

// cudaDevice is the name of an NVIDIA GPU; cudaDevice:N are further ones.
const cudaDevice = "cuda"

func isCUDA(device string) bool {
	return device == cudaDevice || strings.HasPrefix(device, cudaDevice+":")
}

func (o *deviceOptions) setCUDA(key, text string) (err error) {
	switch key {
	case "limits":
		o.cuda.Limits, err = one(text, map[string]metal.CUDALimits{"metal": metal.CUDAMetalLimits, "card": metal.CUDACardLimits})
		o.limited = true
	case "memory":
		o.cuda.Memory, err = one(text, map[string]metal.CUDAMemory{"copied": metal.CUDACopied, "mapped": metal.CUDAMapped})
	case "registers":
		o.cuda.Registers, err = strconv.Atoi(text)
		if err == nil && o.cuda.Registers != 0 && (o.cuda.Registers < 16 || o.cuda.Registers > 255) {
			err = fmt.Errorf("%q: want 16 to 255, or 0", text)
		}
	}
	return err
}

func (o *deviceOptions) setHost(key, text string) (err error) {
	switch key {
	case "engine":
		o.engines, err = list(text, map[string]namedEngine{"fibers": {"fibers", metal.EngineFibers}, "wide": {"wide", metal.EngineWide}})
	case "schedule":
		o.orders, err = list(text, map[string]namedOrder{
			"forward": {"forward", metal.OrderForward}, "reverse": {"reverse", metal.OrderReverse}, "random": {"random", metal.OrderRandom},
			"lockstep": {"lockstep", metal.OrderLockstep}})
	case "fill":
		var fills []metal.Fill
		fills, err = list(text, map[string]metal.Fill{"nan": metal.FillNaN, "zero": metal.FillZero, "garbage": metal.FillGarbage})
		if err == nil && len(fills) > 1 {
			err = fmt.Errorf("%q: want one", text)
		}
		if err == nil {
			o.host.Fill = fills[0]
		}
	case "seed":
		o.host.Seed, err = strconv.ParseUint(text, 0, 64)
	case "threads":
		o.host.Workers, err = strconv.Atoi(text)
		if err == nil && (o.host.Workers < 0 || o.host.Workers > 1024) {
			err = fmt.Errorf("%q: want 0 to 1024", text)
		}
	case "check":
		o.host.Check, err = strconv.ParseBool(text)
	}
	return err
}

func list[T any](text string, known map[string]T) ([]T, error) {
	var out []T
	for name := range strings.SplitSeq(text, ",") {
		value, err := one(name, known)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}
