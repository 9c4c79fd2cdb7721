package host

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// recorder is a compiler that remembers what it was asked and makes nothing.
type recorder struct {
	program device.Program
	checked bool
	panics  bool
}

func (r *recorder) Compile(_ context.Context, p device.Program, checked bool) (Module, error) {
	if r.panics {
		panic("out of ideas")
	}
	r.program, r.checked = p, checked
	return Module{}, errors.New("k.metal:3:1: error: recorded")
}

func TestTheCompilerHearsEverything(t *testing.T) {
	p := device.Program{
		Source: "text", File: "k.metal", Function: "f", Math: device.MathFast, Language: 300, MaxThreads: 96,
		Constants: []device.Constant{{Index: 3, Type: device.Half, Bits: 0x3c00}, {Name: "causal", Type: device.Bool, Bits: 1}, {Index: 9, Type: device.ULong, Bits: 1 << 63}},
	}
	safe, fast, folded := device.MathSafe, device.MathFast, device.MathFolded
	for _, c := range []struct {
		option      *device.Math
		asked, want device.Math
		check       bool
	}{
		{nil, device.MathFast, device.MathFast, false}, {nil, device.MathSafe, device.MathSafe, true}, {nil, device.MathFolded, device.MathFolded, false},
		{&safe, device.MathFast, device.MathSafe, false}, {&fast, device.MathSafe, device.MathFast, true}, {&folded, device.MathSafe, device.MathFolded, false},
	} {
		r := &recorder{}
		d := newDevice(t, Options{Compiler: r, Math: c.option, Check: c.check})
		p.Math = c.asked
		_, err := d.Compile(&p)
		wantRefusal(t, err, device.ErrKernelCompilation, "k.metal:3:1: error: recorded")
		want := p
		want.Math = c.want
		if !reflect.DeepEqual(r.program, want) || r.checked != c.check {
			t.Errorf("option %v, asked %d: the compiler heard %+v (checked %v), want %+v", c.option, c.asked, r.program, r.checked, want)
		}
	}
}

func TestACompilerThatPanics(t *testing.T) {
	d := newDevice(t, Options{Compiler: &recorder{panics: true}})
	_, err := d.Compile(&device.Program{Source: "text", Function: "f"})
	wantRefusal(t, err, device.ErrKernelCompilation, "out of ideas")
}

func TestAFileThatIsNoModule(t *testing.T) {
	for path, words := range map[string]string{"/nonexistent.so": "nonexistent", "": "cannot load", strings.Repeat("x", 5000): "longer than"} {
		d := newDevice(t, Options{Compiler: fixed(path)})
		_, err := d.Compile(&device.Program{Source: "text", Function: "f"})
		if path == "" { // dlopen("") is the program itself, which exports no module
			words = "no kernel module"
		}
		wantRefusal(t, err, device.ErrKernelCompilation, words)
	}
}

// fixed is a compiler that always claims to have made this file.
type fixed string

func (f fixed) Compile(context.Context, device.Program, bool) (Module, error) {
	return Module{Path: string(f)}, nil
}
