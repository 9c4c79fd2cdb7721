package host

import (
	"errors"
	"os"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

func newDevice(tb testing.TB, o Options) *device.Device {
	tb.Helper()
	d, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { d.Close() })
	return d
}

func compile(tb testing.TB, d *device.Device, p device.Program) *device.Kernel {
	tb.Helper()
	kernel, err := d.Compile(&p)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { kernel.Close() })
	return kernel
}

func compileFile(tb testing.TB, d *device.Device, file, function string) *device.Kernel {
	tb.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return compile(tb, d, device.Program{Source: string(source), File: file, Function: function})
}

// compileText compiles the kernel `test` of a text.
func compileText(tb testing.TB, d *device.Device, source string) *device.Kernel {
	tb.Helper()
	return compile(tb, d, device.Program{Source: prelude + source, File: "test.metal", Function: "test"})
}

const prelude = "#include <metal_stdlib>\nusing namespace metal;\n#line 1\n"

func buffer(tb testing.TB, d *device.Device, bytes int) *device.Memory {
	tb.Helper()
	b, err := d.NewMemory(bytes)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { b.Close() })
	return b
}

func run(tb testing.TB, p *device.Kernel, l device.Launch) []float64 {
	tb.Helper()
	times, err := p.Run(&l)
	if err != nil {
		tb.Fatal(err)
	}
	return times
}

// wantRefusal checks that a call ended with an error of this kind and a message that holds all of the words.
func wantRefusal(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v with %q", err, kind, words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("message %q does not say %q", err, w)
		}
	}
}

func pageBytes(t *testing.T, d *device.Device) int {
	t.Helper()
	info, err := d.Info()
	if err != nil {
		t.Fatal(err)
	}
	return info.Page
}
