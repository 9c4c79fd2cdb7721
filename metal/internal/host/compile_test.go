package host

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// recorder is a compiler that remembers what it was asked and makes nothing.
type recorder struct {
	program Program
	checked bool
	panics  bool
}

func (r *recorder) Compile(_ context.Context, p Program, checked bool) (Module, error) {
	if r.panics {
		panic("out of ideas")
	}
	r.program, r.checked = p, checked
	return Module{}, errors.New("k.metal:3:1: error: recorded")
}

func TestTheCompilerHearsEverything(t *testing.T) {
	p := Program{
		Source: "text", File: "k.metal", Function: "f", Math: MathFast, LanguageVersion: 300, MaxThreads: 96,
		Constants: []Constant{{Index: 3, Type: Half, Bits: 0x3c00}, {Name: "causal", Type: Bool, Bits: 1}, {Index: 9, Type: ULong, Bits: 1 << 63}},
	}
	for _, c := range []struct {
		option, asked, want Math
		check               bool
	}{
		{MathAsAsked, MathFast, MathFast, false}, {MathAsAsked, MathSafe, MathSafe, true}, {MathAsAsked, MathAsAsked, MathSafe, false},
		{MathSafe, MathFast, MathSafe, false}, {MathFast, MathSafe, MathFast, true},
	} {
		r := &recorder{}
		d := device(t, Options{Compiler: r, Math: c.option, Check: c.check})
		p.Math = c.asked
		_, err := d.Compile(p)
		wantRefusal(t, err, CompileFail, "k.metal:3:1: error: recorded")
		want := p
		want.Math = c.want
		if !reflect.DeepEqual(r.program, want) || r.checked != c.check {
			t.Errorf("option %d, asked %d: the compiler heard %+v (checked %v), want %+v", c.option, c.asked, r.program, r.checked, want)
		}
	}
}

func TestACompilerThatPanics(t *testing.T) {
	d := device(t, Options{Compiler: &recorder{panics: true}})
	_, err := d.Compile(Program{Source: "text", Function: "f"})
	wantRefusal(t, err, CompileFail, "out of ideas")
}

func TestAFileThatIsNoModule(t *testing.T) {
	for path, words := range map[string]string{"/nonexistent.so": "nonexistent", "": "cannot load", strings.Repeat("x", 5000): "longer than"} {
		d := device(t, Options{Compiler: fixed(path)})
		_, err := d.Compile(Program{Source: "text", Function: "f"})
		if path == "" { // dlopen("") is the program itself, which exports no module
			words = "no kernel module"
		}
		wantRefusal(t, err, CompileFail, words)
	}
}

// fixed is a compiler that always says it made this file.
type fixed string

func (f fixed) Compile(context.Context, Program, bool) (Module, error) {
	return Module{Path: string(f)}, nil
}
