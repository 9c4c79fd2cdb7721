package metalpath

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"attest.example/attest/metal"
	"attest.example/attest/metal/mfa"
	"attest.example/attest/metal/plainfile"
)

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
	device   string
	host     metal.HostOptions
	cuda     metal.CUDAOptions
	limited  bool
	keyParts int
	kernel   string
	maths    []namedMath
	engines  []namedEngine
	orders   []namedOrder
}

// parseOptions reads the options, refusing what it does not know by name.
func parseOptions(device string, values url.Values) (deviceOptions, error) {
	o := deviceOptions{device: device,
		maths: []namedMath{{name: "safe", math: metal.MathSafe}}, orders: []namedOrder{{"forward", metal.OrderForward}},
		engines: []namedEngine{{"", metal.EngineFibers}}}
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
		if err := o.set(key, values.Get(key)); err != nil {
			return o, err
		}
	}
	if o.device == HostDevice && !values.Has("engine") {
		o.engines = []namedEngine{{"", metal.EngineAuto}}
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
	case "kernel":
		data, err := plainfile.Read(text, mostKernelBytes)
		if err == nil && len(data) == 0 {
			err = fmt.Errorf("%s is empty; want the text of kernels", text)
		}
		o.kernel = string(data)
		return err
	case "parts":
		o.keyParts, err = strconv.Atoi(text)
		if err != nil || o.keyParts < 1 || o.keyParts > mfa.MostKeyParts {
			return fmt.Errorf("%q: want 1 to %d", text, mfa.MostKeyParts)
		}
		return nil
	case "engine", "schedule", "fill", "seed", "threads", "check", "threadgroup":
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
	return errors.New("want device, math, kernel, parts, engine, schedule, fill, seed, threads, check, threadgroup, limits, memory or registers")
}

// mostKernelBytes is what the text of a kernel may have.
const mostKernelBytes = 16 << 20

// cudaDevice is the name of an NVIDIA GPU; cudaDevice:N are further ones.
const cudaDevice = "cuda"

func isCUDA(device string) bool {
	return device == cudaDevice || strings.HasPrefix(device, cudaDevice+":")
}

func (o *deviceOptions) setCUDA(key, text string) (err error) {
	switch key {
	case "limits":
		o.cuda.Limits, err = one(text, map[string]metal.CUDALimits{"metal": metal.CUDAMetalLimits, "device": metal.CUDADeviceLimits})
		o.limited = true
	case "memory":
		o.cuda.Memory, err = one(text, map[string]metal.CUDAMemory{"copied": metal.CUDACopied, "mapped": metal.CUDAMapped})
	case "registers":
		o.cuda.Registers, err = strconv.Atoi(text)
		if err != nil || o.cuda.Registers != 0 && (o.cuda.Registers < 16 || o.cuda.Registers > 255) {
			err = fmt.Errorf("%q: want 16 to 255, or 0", text)
		}
	}
	return err
}

func (o *deviceOptions) setHost(key, text string) (err error) {
	switch key {
	case "engine":
		named := map[string]namedEngine{}
		for engine, name := range nameOf {
			named[name] = namedEngine{name, engine}
		}
		o.engines, err = list(text, named)
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
		if o.host.Seed, err = strconv.ParseUint(text, 0, 64); err != nil {
			err = fmt.Errorf("%q: want an integer from 0 to 2^64-1", text)
		}
	case "threads":
		o.host.Workers, err = strconv.Atoi(text)
		if err != nil || o.host.Workers < 0 || o.host.Workers > 1024 {
			err = fmt.Errorf("%q: want 0 to 1024", text)
		}
	case "check":
		if o.host.Check, err = strconv.ParseBool(text); err != nil {
			err = fmt.Errorf("%q: want true or false", text)
		}
	case "threadgroup":
		o.host.MaxThreadgroupMemory, err = strconv.Atoi(text)
		if err != nil || o.host.MaxThreadgroupMemory < 32768 || o.host.MaxThreadgroupMemory > 1<<20 {
			err = fmt.Errorf("%q: want 32768 to 1048576", text)
		}
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
