package mfa_test

import (
	"errors"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/mfa"
)

// build makes a shared library of a text in testdata and returns its file.
func build(t *testing.T, source string, flags ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lib.so")
	cc(t, append([]string{"-shared", "-fPIC", "-O1", "-o", path, filepath.Join("testdata", source), "-lm"}, flags...)...)
	return path
}

func cc(t *testing.T, arguments ...string) {
	t.Helper()
	if out, err := exec.Command("cc", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
}

func open(t *testing.T, path string) *mfa.Library {
	t.Helper()
	l, err := mfa.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// foreign is a shared library with part of the interface, made from testdata/foreign.c.
func foreign(t *testing.T) *mfa.Library { return open(t, build(t, "foreign.c")) }

// call is a forward of 2 heads, 5 rows, 7 keys and head_dim 3 over buffers of the context.
func call(t *testing.T, c *mfa.Context) (*mfa.Forward, [4][]float32) {
	t.Helper()
	f := &mfa.Forward{Batch: 1, QLen: 5, KVLen: 7, Heads: 2, KVHeads: 2, HeadDim: 3, Scores: mfa.Scores{Scale: 0.5},
		Input: mfa.FP32, Intermediate: mfa.FP32, Output: mfa.FP32}
	var data [4][]float32
	for i, o := range []*mfa.Operand{&f.Q, &f.K, &f.V, &f.Out} {
		n := 2 * 3 * []int{5, 7, 7, 5}[i]
		b, err := c.NewBuffer(4 * n)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		o.Buffer, data[i] = b, device.View[float32](b.Bytes())
		for j := range data[i] {
			data[i][j] = float32((i+1)*(j*7%11)) / 8
		}
	}
	return f, data
}

func run(c *mfa.Context, f *mfa.Forward) (*mfa.Call, error) {
	call, err := c.NewCall(f)
	if err != nil {
		return nil, err
	}
	return call, call.Run()
}

func TestForeignLibrary(t *testing.T) {
	l := foreign(t)
	missing := []string{"mfa_buffer_from_ptr_with_strides", "mfa_attention_forward_with_lse", "mfa_attention_backward",
		"mfa_error_string", "mfa_is_device_supported", "mfa_get_version"}
	if got := l.Missing(); !slices.Equal(got, missing) {
		t.Errorf("missing %v, want %v", got, missing)
	}
	if major, _, _ := l.Version(); l.HasDescriptor() || l.DeviceSupported() || major != 0 || l.ErrorString(1) != "" {
		t.Error("what the library lacks, it seems to have")
	}
	if _, err := l.Device(); !errors.Is(err, mfa.ErrDeviceNotSupported) || !strings.Contains(err.Error(), "attention and nothing else") {
		t.Errorf("its device: %v", err)
	}
	c, err := l.NewContext(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	f, data := call(t, c)
	f.Causal, f.Dispatches = true, 4
	done, err := run(c, f)
	if err != nil {
		t.Fatal(err)
	}
	defer done.Close()
	if s := done.Seconds(); !slices.Equal(s, []float64{0.25, 0.5, 0.75, 1}) {
		t.Errorf("latencies %v: want one call a dispatch, each with its own latency", s)
	}
	for d := range 3 { // the first row sees the first key alone
		if data[3][d] != data[2][d] {
			t.Errorf("out[0][%d] = %g, want %g", d, data[3][d], data[2][d])
		}
	}
	if _, err := c.Counters(); !errors.Is(err, mfa.ErrDeviceNotSupported) {
		t.Errorf("counters: %v", err)
	}

	mask, err := c.NewBuffer(35)
	if err != nil {
		t.Fatal(err)
	}
	defer mask.Close()
	f.Causal, f.Mask = false, mfa.Mask{Type: mfa.MaskBool, Buffer: mask, Shape: []int64{5, 7}}
	mask.Bytes()[2] = 1
	masked, err := run(c, f)
	if err != nil {
		t.Fatal(err)
	}
	defer masked.Close()
	if data[3][0] != data[2][6] || data[3][3] != 0 {
		t.Errorf("under a mask row 0 is %g and row 1 %g, want %g and 0", data[3][0], data[3][3], data[2][6])
	}
}

func TestForeignLibraryIsNotAskedForWhatItCannotSay(t *testing.T) {
	c, err := foreign(t).NewContext(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, test := range []struct {
		word  string
		spoil func(*mfa.Forward)
	}{
		{"grouped", func(f *mfa.Forward) { f.KVHeads = 1 }},
		{"window", func(f *mfa.Forward) { f.Windowed = true }},
		{"top-left", func(f *mfa.Forward) { f.Causal, f.Align = true, mfa.BottomRight }},
		{"strides", func(f *mfa.Forward) { f.K.Strides = [4]int64{42, 21, 3, 1} }},
		{"offset", func(f *mfa.Forward) { f.V.Offset = 4 }},
		{"math", func(f *mfa.Forward) { f.Math = mfa.MathFast }},
		{"with_lse", func(f *mfa.Forward) { f.LSE = f.K }},
	} {
		f, data := call(t, c)
		data[3][0] = float32(math.Inf(1))
		test.spoil(f)
		done, err := run(c, f)
		if !errors.Is(err, mfa.ErrDeviceNotSupported) || !strings.Contains(err.Error(), test.word) {
			t.Errorf("%s: %v", test.word, err)
		}
		if !math.IsInf(float64(data[3][0]), 1) {
			t.Errorf("%s: refused, and yet the output was written", test.word)
		}
		done.Close()
	}
}

func TestErrorStringsOfTheBuiltinLibrary(t *testing.T) {
	l := mfa.Builtin()
	if n := l.Missing(); len(n) != 0 || !l.HasDescriptor() {
		t.Errorf("the built-in library lacks %v", n)
	}
	seen := map[string]bool{}
	for code := range int32(6) {
		seen[l.ErrorString(code)] = true
	}
	if len(seen) != 6 || l.ErrorString(77) == "" {
		t.Errorf("error strings %v, want six different ones", seen)
	}
	if l.DeviceSupported() {
		t.Error("the library in a Go program has no device of its own, and says that it has")
	}
	if _, err := l.NewContext(nil); !errors.Is(err, mfa.ErrDeviceNotSupported) {
		t.Errorf("a context on no device: %v", err)
	}
}
