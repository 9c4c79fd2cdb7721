package msl

import (
	"bytes"
	"context"
	"os"
	"testing"

	"attest.example/attest/metal/internal/device"
)

func openCompiler(t *testing.T) *Compiler {
	t.Helper()
	c, err := New(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// One run of clang serves all values: without clang, the second program is still made, and found again. What differs between
// them are the values.
func TestValuesNeedNoCompiler(t *testing.T) {
	const text = "constant int n [[function_constant(3)]];\nkernel void k(device int *o [[buffer(0)]]) { o[0] = n; }\n"
	for name, p := range map[string]Program{"plain": {}, "checked": {Check: true}, "vectors": {Engine: EngineWide}} {
		t.Run(name, func(t *testing.T) {
			c := openCompiler(t)
			build := func(value int64) (*Module, []byte) {
				p := p
				p.Source, p.Function, p.Constants = text, "k", []Constant{IntegerConstant(3, device.Int, value)}
				m, err := c.Build(context.Background(), p)
				if err != nil {
					t.Fatal(err)
				}
				data, err := os.ReadFile(m.Path)
				if err != nil {
					t.Fatal(err)
				}
				return m, data
			}
			_, first := build(0x11223344)
			c.clang = "/no clang"
			if w, err := c.wideCompiler(context.Background()); err == nil {
				w.clang = c.clang
			}
			m, second := build(0x55667788)
			if m.Cached {
				t.Error("the second module was there before")
			}
			if want := bytes.Replace(first, []byte{0x44, 0x33, 0x22, 0x11}, []byte{0x88, 0x77, 0x66, 0x55}, 1); bytes.Equal(first, second) || !bytes.Equal(second, want) {
				t.Error("the second module differs in more than the value")
			}
			if again, _ := build(0x55667788); !again.Cached || again.Path != m.Path {
				t.Errorf("found again: %t, %s; made as %s", again.Cached, again.Path, m.Path)
			}
		})
	}
}

// What was compiled for vectors is at hand for other values, too.
func TestVectorsAreAtHandForOtherValues(t *testing.T) {
	c := openCompiler(t)
	if _, err := c.wideCompiler(context.Background()); err != nil {
		t.Skip(err)
	}
	of := func(value int64) Program {
		return Program{Source: "constant int n [[function_constant(3)]];\nkernel void k(device int *o [[buffer(0)]]) { o[0] = n; }\n",
			Function: "k", Engine: EngineWide, Constants: []Constant{IntegerConstant(3, device.Int, value)}}
	}
	if m := c.KnownWide(context.Background(), of(1)); m != nil {
		t.Fatal("known before anything was made")
	}
	if _, err := c.Build(context.Background(), of(1)); err != nil {
		t.Fatal(err)
	}
	if m := c.KnownWide(context.Background(), of(2)); m == nil || !m.hasWide() {
		t.Fatalf("got %+v", m)
	}
}

// That a text has no open module is found out once.
func TestNoOpenModuleIsRemembered(t *testing.T) {
	for _, text := range []string{
		"constant int n [[function_constant(3)]];\nconstant int twice = 2 * n;\nkernel void k(device int *o [[buffer(0)]]) { o[0] = twice; }\n",
		"constant int n [[function_constant(3)]];\ntemplate <int N> int f() { return N; }\nkernel void k(device int *o [[buffer(0)]]) { o[0] = f<n>(); }\n",
	} {
		c := openCompiler(t)
		p := Program{Source: text, Function: "k", Constants: []Constant{IntegerConstant(3, device.Int, 5)}}
		open := p
		open.open, open.Constants = true, []Constant{{Index: 3, Type: device.Int}}
		if c.cache.knownNotOpen(c, &open) {
			t.Fatal("known before it was tried")
		}
		if _, err := c.Build(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		if !c.cache.knownNotOpen(c, &open) {
			t.Errorf("not known afterwards:\n%s", text)
		}
	}
}
