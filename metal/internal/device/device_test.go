package device_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/host"
)

const count = `#include <metal_stdlib>
kernel void count(device uint *x [[buffer(0)]], uint i [[thread_position_in_grid]]) { x[i] = i + 1; }`

func hostDevice(t *testing.T) *device.Device {
	t.Helper()
	d, err := host.New(host.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func counter(t *testing.T, d *device.Device) *device.Kernel {
	t.Helper()
	k, err := d.Compile(&device.Program{Source: count, Function: "count"})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Memory that begins anywhere is wrapped by its pages; the call in C takes pages only.
func TestWrapTakesMemoryAnywhere(t *testing.T) {
	d := hostDevice(t)
	k := counter(t, d)
	defer k.Close()
	memory := make([]byte, 4096)
	for _, at := range []int{0, 4, 100} {
		clear(memory)
		m, err := d.Wrap(memory[at : at+128])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Run(&device.Launch{Arguments: []device.Argument{{Memory: m}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}}); err != nil {
			t.Fatal(err)
		}
		m.Close()
		if got := device.View[uint32](memory[at : at+128]); got[0] != 1 || got[31] != 32 {
			t.Errorf("at %d: %v", at, got)
		}
	}
	page, err := d.NewMemory(1 << 16)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	if err := device.MakeBuffer(d, page.Bytes()); err != nil {
		t.Error(err)
	}
	if err := device.MakeBuffer(d, page.Bytes()[8:]); !errors.Is(err, device.ErrInvalidArgs) || !strings.Contains(err.Error(), "aligned") {
		t.Errorf("memory that is not aligned: %v", err)
	}
}

// A device closed first lives until what was made on it is gone, closed or forgotten.
func TestADeviceOutlivesWhatWasMadeOnIt(t *testing.T) {
	api, err := hostDevice(t).API()
	if err != nil {
		t.Fatal(err)
	}
	closed := 0
	d := device.New(api, device.Hooks{Close: func() { closed++ }})
	k := counter(t, d)
	m, err := d.NewMemory(128)
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	d.Close()
	if _, err := d.NewMemory(1); !errors.Is(err, device.ErrClosed) {
		t.Errorf("memory on a closed device: %v", err)
	}
	launch := &device.Launch{Arguments: []device.Argument{{Memory: m}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}}
	if _, err := k.Run(launch); err != nil || closed != 0 {
		t.Errorf("a kernel of a closed device: %v; closed %d times", err, closed)
	}
	k.Close()
	if _, err := k.Run(launch); !errors.Is(err, device.ErrClosed) {
		t.Errorf("a closed kernel: %v", err)
	}
	m.Close()
	m.Close()
	if closed != 1 {
		t.Errorf("closed %d times, want once", closed)
	}
	forgotten := make(chan struct{})
	func() { device.New(api, device.Hooks{Close: func() { close(forgotten) }}) }()
	for range 100 {
		runtime.GC()
		select {
		case <-forgotten:
			return
		default:
			runtime.Gosched()
		}
	}
	t.Error("a forgotten device lives on")
}

// What C could not even be told is refused in words that name the argument.
func TestLaunchesAreChecked(t *testing.T) {
	d := hostDevice(t)
	k := counter(t, d)
	defer k.Close()
	m, err := d.NewMemory(128)
	if err != nil {
		t.Fatal(err)
	}
	closed, err := d.NewMemory(128)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for want, launch := range map[string]device.Launch{
		"argument 0: 0 of Memory":               {Arguments: []device.Argument{{}}},
		"argument 1: 2 of Memory":               {Arguments: []device.Argument{{Memory: m}, {Index: 1, Null: true, Threadgroup: 16}}},
		"argument 0: offset 128, expected 0 to": {Arguments: []device.Argument{{Memory: m, Offset: 128}}},
		"argument 0: offset -1":                 {Arguments: []device.Argument{{Memory: m, Offset: -1}}},
		"argument 0: offset 4, and no memory":   {Arguments: []device.Argument{{Null: true, Offset: 4}}},
		"threadgroup memory of -16 bytes":       {Arguments: []device.Argument{{Threadgroup: -16}}},
		"repeat -1":                             {Arguments: []device.Argument{{Memory: m}}, Repeat: -1},
	} {
		if _, err := k.Run(&launch); !errors.Is(err, device.ErrInvalidArgs) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := k.Run(&device.Launch{Arguments: []device.Argument{{Memory: closed}}}); !errors.Is(err, device.ErrClosed) {
		t.Errorf("closed memory: %v", err)
	}
}

// Every code has its kind, and words are there without the call where somebody else names it.
func TestErrorsHaveKinds(t *testing.T) {
	for code, kind := range []error{device.ErrUnknown, device.ErrInvalidArgs, device.ErrMemoryAllocation, device.ErrDeviceNotSupported,
		device.ErrKernelCompilation, device.ErrExecutionFailed, device.ErrUnknown} {
		err := fmt.Errorf("wrapped: %w", &device.Error{Call: "run", Code: int32(code), Text: "because"})
		if !errors.Is(err, kind) || device.Message(err) != "because" || !strings.Contains(err.Error(), fmt.Sprintf("run: error %d (%v): because", code, kind)) {
			t.Errorf("code %d: %v", code, err)
		}
	}
	if got := device.Message(errors.New("plain")); got != "plain" {
		t.Errorf("words %q", got)
	}
}

func TestFindListsTheNames(t *testing.T) {
	kinds := []device.Kind{{Name: "one"}, {Name: "two", Summary: "the second"}}
	if k, err := device.Find(kinds, "two"); err != nil || k.Summary != "the second" {
		t.Errorf("%+v, %v", k, err)
	}
	if _, err := device.Find(kinds, "three"); !errors.Is(err, device.ErrDeviceNotSupported) || !strings.Contains(err.Error(), `device "three": want one of one, two`) {
		t.Errorf("%v", err)
	}
}
