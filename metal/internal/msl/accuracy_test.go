package msl_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"attest.example/attest/metal/internal/device"
)

// accuracy is what MSL's tables of relative error allow a function of one argument: units in the last place of the result, in
// safe and in fast math.
type accuracy struct {
	name       string
	exact      func(float64) float64
	from, to   float64 // arguments; where from is above 0 their logarithms are drawn evenly
	safe, fast func(x float64) allowed
}

// allowed is an error in units in the last place, or an absolute one where that is larger.
type allowed struct{ ulp, absolute float64 }

func ulps(n float64) func(float64) allowed { return func(float64) allowed { return allowed{ulp: n} } }

// nearOne is what fast logarithms are allowed: 2^-21 around 1, where they pass through 0.
func nearOne(x float64) allowed {
	if x >= 0.5 && x <= 2 {
		return allowed{absolute: 0x1p-21}
	}
	return allowed{ulp: 3}
}

func ofExponential(x float64) allowed { return allowed{ulp: 3 + math.Floor(math.Abs(2*x))} }
func ofCircle(float64) allowed        { return allowed{absolute: 0x1p-13} }

var accuracies = []accuracy{
	{"exp", math.Exp, -87, 88, ulps(4), ofExponential},
	{"exp2", math.Exp2, -125, 127, ulps(4), ofExponential},
	{"exp10", func(x float64) float64 { return math.Pow(10, x) }, -37, 38, ulps(4), nil},
	{"log", math.Log, 0x1p-120, 0x1p120, ulps(4), nearOne},
	{"log2", math.Log2, 0x1p-120, 0x1p120, ulps(4), nearOne},
	{"log10", math.Log10, 0x1p-120, 0x1p120, ulps(4), nearOne},
	{"log", math.Log, 0.4, 2.5, ulps(4), nearOne},
	{"log2", math.Log2, 0.4, 2.5, ulps(4), nearOne},
	{"sin", math.Sin, -math.Pi, math.Pi, ulps(4), ofCircle},
	{"cos", math.Cos, -math.Pi, math.Pi, ulps(4), ofCircle},
	{"sin", math.Sin, 1, 1e5, ulps(4), nil},
	{"cos", math.Cos, 1, 1e5, ulps(4), nil},
	{"tan", math.Tan, -1.5, 1.5, ulps(6), nil},
	{"tanh", math.Tanh, -20, 20, ulps(5), nil},
	{"atan", math.Atan, -50, 50, ulps(5), nil},
	{"sinh", math.Sinh, -80, 80, ulps(4), nil},
	{"cosh", math.Cosh, -80, 80, ulps(4), nil},
	{"sqrt", math.Sqrt, 0x1p-120, 0x1p120, ulps(0.5), nil},
}

const argumentsOfAccuracy = 4096

func (a accuracy) arguments() []float32 {
	r := rand.New(rand.NewPCG(9, uint64(len(a.name))))
	x := make([]float32, argumentsOfAccuracy)
	for i := range x {
		if a.from > 0 {
			x[i] = float32(math.Exp(math.Log(a.from) + r.Float64()*(math.Log(a.to)-math.Log(a.from))))
		} else {
			x[i] = float32(a.from + r.Float64()*(a.to-a.from))
		}
	}
	return x
}

func accuracyText() string {
	var b strings.Builder
	b.WriteString("#include <metal_stdlib>\nusing namespace metal;\n")
	done := map[string]bool{}
	for _, a := range accuracies {
		if !done[a.name] {
			fmt.Fprintf(&b, "kernel void of_%s(device float *out [[buffer(0)]], device const float *in [[buffer(1)]], "+
				"uint i [[thread_position_in_grid]]) { out[i] = %s(in[i]); }\n", a.name, a.name)
		}
		done[a.name] = true
	}
	return b.String()
}

// TestAccuracy: functions of one argument are as near to the exact result as MSL's tables ask, in both modes of math, where
// no result is subnormal. With ATTEST_TEST_DEVICE=cuda on a GPU, whose compiler has its own.
func TestAccuracy(t *testing.T) {
	d, err := suiteDevice()
	if err != nil {
		t.Fatal(err)
	}
	text := accuracyText()
	for _, a := range accuracies {
		for mode, promise := range map[device.Math]func(float64) allowed{device.MathSafe: a.safe, device.MathFast: a.fast} {
			if promise == nil {
				continue
			}
			x := a.arguments()
			got, err := computed(d, text, "of_"+a.name, mode, x)
			if err != nil {
				t.Fatal(err)
			}
			worst, at := 0.0, 0
			for i := range x {
				if off := a.beyond(float64(x[i]), float64(got[i]), promise); off > worst {
					worst, at = off, i
				}
			}
			t.Logf("%s, math %v, %g to %g: %.2f of what is allowed, at %v", a.name, mode, a.from, a.to, worst, x[at])
			if worst > 1 {
				t.Errorf("%s, math %v: %s(%v) is %v, exactly %v: %.2f times what is allowed", a.name, mode, a.name, x[at], got[at],
					a.exact(float64(x[at])), worst)
			}
		}
	}
}

// beyond is the error as a part of what is allowed.
func (a accuracy) beyond(x, got float64, promise func(float64) allowed) float64 {
	want := a.exact(x)
	_, exponent := math.Frexp(want)
	limit := max(promise(x).ulp*math.Ldexp(1, max(exponent, -125)-24), promise(x).absolute)
	off := math.Abs(got-want) / limit
	if math.IsNaN(off) {
		return math.Inf(1)
	}
	return off
}

// computed is what a kernel makes of numbers, one a thread.
func computed(d *device.Device, text, kernel string, mode device.Math, x []float32) ([]float32, error) {
	p, err := d.Compile(&device.Program{Source: text, File: "accuracy.metal", Function: kernel, Math: mode})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	out, err := d.NewMemory(4 * len(x))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	in, err := d.NewMemory(4 * len(x))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	for i := range x {
		binary.LittleEndian.PutUint32(in.Bytes()[4*i:], math.Float32bits(x[i]))
	}
	if _, err := p.Run(&device.Launch{Arguments: []device.Argument{{Index: 0, Memory: out}, {Index: 1, Memory: in}},
		Grid: [3]uint32{uint32(len(x) / 64), 1, 1}, Threadgroup: [3]uint32{64, 1, 1}, Deadline: time.Minute}); err != nil {
		return nil, err
	}
	values := make([]float32, len(x))
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(out.Bytes()[4*i:]))
	}
	return values, nil
}
