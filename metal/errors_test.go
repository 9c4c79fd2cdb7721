package metal_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"attest.example/attest/metal"
)

// promised are the errors of which the package promises that each of its own is one.
var promised = map[string]error{
	"ErrInvalidArgs": metal.ErrInvalidArgs, "ErrMemoryAllocation": metal.ErrMemoryAllocation,
	"ErrDeviceNotSupported": metal.ErrDeviceNotSupported, "ErrKernelCompilation": metal.ErrKernelCompilation,
	"ErrExecutionFailed": metal.ErrExecutionFailed, "ErrUnknown": metal.ErrUnknown, "ErrClosed": metal.ErrClosed,
}

// Every way to fail that a program has here ends in one of the promised errors, and each of them can be had.
func TestEveryErrorIsAPromisedOne(t *testing.T) {
	d := newDevice(t, metal.HostOptions{Workers: 1})
	c := newContextOn(t, d)
	kernel := func(body string, o metal.KernelOptions) error {
		o.Source, o.Function = "#include <metal_stdlib>\nusing namespace metal;\nkernel void k(device int *x [[buffer(0)]], uint i [[thread_position_in_grid]]) { "+body+" }", "k"
		k, err := d.NewKernel(o)
		if err != nil {
			return err
		}
		defer k.Close()
		m, err := d.NewMemory(4096)
		if err != nil {
			return err
		}
		defer m.Close()
		_, err = k.Run(&metal.Launch{Arguments: []metal.Argument{{Memory: m}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{1}, Deadline: 100 * time.Millisecond})
		return err
	}
	library := filepath.Join(t.TempDir(), "refuses.so")
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-DWRAPS", "-o", library, "mfa/testdata/refuses.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	foreign, err := metal.Open(library)
	if err != nil {
		t.Fatal(err)
	}
	onForeign := func(change func(*metal.AttentionOptions)) error {
		c, err := foreign.NewContext()
		if err != nil {
			return err
		}
		defer c.Close()
		b, err := c.Wrap(make([]byte, 8))
		if err != nil {
			return err
		}
		defer b.Close()
		tensor := metal.Tensor{Buffer: b}
		o := &metal.AttentionOptions{Q: tensor, K: tensor, V: tensor, Out: tensor, Batch: 1, Heads: 1, KVHeads: 1, QLen: 1, KVLen: 1, HeadDim: 1,
			Input: metal.FP32, Intermediate: metal.FP32, Output: metal.FP32}
		change(o)
		return forward(c, o)
	}
	closed := newDevice(t, metal.HostOptions{})
	closed.Close()
	err2 := func(_ any, err error) error { return err }
	seen := map[error]bool{}
	// The first byte of the file mem of /proc/self cannot be read.
	for what, test := range map[string]struct{ err, want error }{
		"a file that is not there":     {err2(metal.Open("no/such.so")), metal.ErrInvalidArgs},
		"a file that is no library":    {err2(metal.Open("errors_test.go")), metal.ErrInvalidArgs},
		"an unknown device":            {err2(metal.NewDevice("abacus")), metal.ErrDeviceNotSupported},
		"options of the host":          {err2(metal.Host(metal.HostOptions{Workers: -1})), metal.ErrInvalidArgs},
		"too many threads":             {err2(metal.Host(metal.HostOptions{MaxThreads: 1 << 20})), metal.ErrInvalidArgs},
		"no device of its own":         {err2(metal.Builtin().NewContext()), metal.ErrDeviceNotSupported},
		"the device of a library":      {err2(foreign.Device()), metal.ErrDeviceNotSupported},
		"a context on a closed device": {err2(closed.NewContext()), metal.ErrClosed},
		"a kernel on a closed device":  {err2(closed.NewKernel(metal.KernelOptions{Source: saxpy, Function: "saxpy"})), metal.ErrClosed},
		"memory on a closed device":    {err2(closed.NewMemory(8)), metal.ErrClosed},
		"wrapped on a closed device":   {err2(closed.Wrap(make([]byte, 8))), metal.ErrClosed},
		"a closed device's words":      {err2(closed.Info()), metal.ErrClosed},
		"a closed device's reports":    {err2(closed.Reports()), metal.ErrClosed},
		"no bytes":                     {err2(d.NewMemory(0)), metal.ErrInvalidArgs},
		"no bytes to wrap":             {err2(d.Wrap(nil)), metal.ErrInvalidArgs},
		"more bytes than there are":    {err2(d.NewMemory(1 << 60)), metal.ErrMemoryAllocation},
		"a buffer of no bytes":         {err2(c.NewBuffer(0)), metal.ErrInvalidArgs},
		"more strides than extents":    {err2(c.WrapStrided(make([]byte, 8), []int64{1}, nil)), metal.ErrInvalidArgs},
		"a text that is wrong":         {kernel("x[i] = y;", metal.KernelOptions{}), metal.ErrKernelCompilation},
		"a constant of no type of MSL": {kernel("x[i] = 1;", metal.KernelOptions{Constants: map[uint32]any{0: "one"}}), metal.ErrInvalidArgs},
		"a macro of two lines":         {kernel("x[i] = 1;", metal.KernelOptions{Defines: map[string]string{"A": "1\n2"}}), metal.ErrInvalidArgs},
		"an include that nobody reads": {kernel("\n#include \"mem\"\n", metal.KernelOptions{Includes: []string{"/proc/self"}}), metal.ErrKernelCompilation},
		"a kernel without end":         {kernel("while (((volatile device int *)x)[0] == 0) x[1]++;", metal.KernelOptions{}), metal.ErrExecutionFailed},
		"a kernel that leaves memory":  {kernel("x[1ul << 40] = 1;", metal.KernelOptions{}), metal.ErrExecutionFailed},
		"attention of no rows":         {onForeign(func(o *metal.AttentionOptions) { o.QLen = -1 }), metal.ErrInvalidArgs},
		"attention of no buffer":       {onForeign(func(o *metal.AttentionOptions) { o.Q.Buffer = nil }), metal.ErrInvalidArgs},
		"a code that is not known": {onForeign(func(o *metal.AttentionOptions) {
			o.Mask = &metal.Mask{Type: metal.MaskBool, Memory: []byte{7, 8, 9}, Shape: []int64{1, 3}}
		}), metal.ErrUnknown},
		"a library that cannot compile": {onForeign(func(*metal.AttentionOptions) {}), metal.ErrKernelCompilation},
	} {
		if !errors.Is(test.err, test.want) {
			t.Errorf("%s: %v, want %v", what, test.err, test.want)
		}
		seen[test.want] = true
	}
	for name, err := range promised {
		if !seen[err] {
			t.Errorf("no call here ends with %s", name)
		}
	}
}

// The list above is the package's own: a promise that is added there needs its test here.
func TestPromisedErrorsAreAllOfThem(t *testing.T) {
	source, err := os.ReadFile("metal.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(source)) {
		name, _, is := strings.Cut(strings.TrimSpace(line), " ")
		if is && strings.HasPrefix(name, "Err") && strings.Contains(line, "= mfa.Err") {
			n++
			if promised[name] == nil {
				t.Errorf("%s is promised and not tested", name)
			}
		}
	}
	if n != len(promised) {
		t.Errorf("%d promised errors, %d tested", n, len(promised))
	}
}
