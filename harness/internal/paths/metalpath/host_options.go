package metalpath

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

// OpenHost opens the host path with options as they follow its name in --path, host?math=fast&schedule=reverse:
//
//	math      safe, fast, fast-folded
//	schedule  forward, reverse, random, lockstep: the order of simdgroups and threadgroups
//	fill      nan, zero, garbage: what threadgroup memory holds at first
//	seed      of random schedules and garbage
//	threads   OS threads; default one a processor
//	check     true: with the checkers; their findings are failures
//
// math and schedule may list several with commas: each combination then computes every case, and those of one math
// mode must agree bit for bit.
func OpenHost(text string) (paths.Path, error) {
	name := "host"
	if text != "" {
		name += "?" + text
	}
	modes, err := HostModes(text)
	if err != nil {
		return nil, err
	}
	var all []paths.Variant
	for _, m := range modes {
		p, err := NewHost(name, m.Options, m.Math)
		if err != nil {
			for _, v := range all {
				v.Path.(*Path).Close()
			}
			return nil, err
		}
		all = append(all, paths.Variant{Words: m.Words, Path: p, SameBits: m.SameBits})
	}
	base := all[0].Path.(*Path)
	if len(all) == 1 {
		return base, nil
	}
	return &varied{Path: base, name: name, variants: all[1:]}, nil
}

// HostMode is one way in which the host device computes.
type HostMode struct {
	Words    string // "math fast, schedule reverse"
	Options  metal.HostOptions
	Math     metal.Math
	SameBits bool // must give the bits of the first mode
}

// HostModes reads options as OpenHost takes them: a mode for every combination of math and schedule, at least one.
func HostModes(text string) ([]HostMode, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, fmt.Errorf("options %q: %w", text, err)
	}
	o, err := parseOptions(values)
	if err != nil {
		return nil, err
	}
	var modes []HostMode
	for _, m := range o.maths {
		for _, order := range o.orders {
			device := o.host
			device.Order, device.Folded = order.order, m.folded
			modes = append(modes, HostMode{
				Words: fmt.Sprintf("math %s, schedule %s", m.name, order.name), Options: device, Math: m.math,
				SameBits: m == o.maths[0],
			})
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

type hostOptions struct {
	host   metal.HostOptions
	maths  []namedMath
	orders []namedOrder
}

// parseOptions reads the options, refusing what it does not know by name.
func parseOptions(values url.Values) (hostOptions, error) {
	o := hostOptions{maths: []namedMath{{name: "safe", math: metal.MathSafe}}, orders: []namedOrder{{"forward", metal.OrderForward}}}
	for key, given := range values {
		text := given[len(given)-1]
		var err error
		switch key {
		case "math":
			o.maths, err = list(text, map[string]namedMath{"safe": {"safe", metal.MathSafe, false}, "fast": {"fast", metal.MathFast, false}, "fast-folded": {"fast-folded", metal.MathFast, true}})
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
		default:
			return o, fmt.Errorf("option %q: want math, schedule, fill, seed, threads or check", key)
		}
		if err != nil {
			return o, fmt.Errorf("option %s: %w", key, err)
		}
	}
	return o, nil
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
