package host

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func device(tb testing.TB, o Options) *Device {
	tb.Helper()
	d, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { d.Close() })
	return d
}

func compile(tb testing.TB, d *Device, p Program) *Pipeline {
	tb.Helper()
	pipeline, err := d.Compile(p)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { pipeline.Close() })
	return pipeline
}

func compileFile(tb testing.TB, d *Device, file, function string) *Pipeline {
	tb.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return compile(tb, d, Program{Source: string(source), File: file, Function: function})
}

// compileText compiles the kernel `test` of a text.
func compileText(tb testing.TB, d *Device, source string) *Pipeline {
	tb.Helper()
	return compile(tb, d, Program{Source: prelude + source, File: "test.metal", Function: "test"})
}

const prelude = "#include <metal_stdlib>\nusing namespace metal;\n#line 1\n"

func buffer(tb testing.TB, d *Device, bytes int) *Buffer {
	tb.Helper()
	b, err := d.Buffer(bytes)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { b.Close() })
	return b
}

func run(tb testing.TB, p *Pipeline, l Launch) []time.Duration {
	tb.Helper()
	times, err := p.Run(l)
	if err != nil {
		tb.Fatal(err)
	}
	return times
}

// wantRefusal checks that a call ended with this status and a message that holds all of the words.
func wantRefusal(t *testing.T, err error, status Status, words ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an error of the device with %q", err, words)
	}
	if e.Status != status {
		t.Errorf("status %d, want %d (%s)", e.Status, status, e.Message)
	}
	for _, w := range words {
		if !strings.Contains(e.Message, w) {
			t.Errorf("message %q does not say %q", e.Message, w)
		}
	}
}
