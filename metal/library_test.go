package metal_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"attest.example/attest/metal"
	"attest.example/attest/metal/internal/msl"
)

// TestMain lets the test binary be the attest by which libmfa compiles its kernels.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "msl" && os.Args[2] == "build" {
		os.Exit(msl.BuildMain(os.Args[3:], os.Stdout, os.Stderr))
	}
	status := m.Run()
	os.RemoveAll(libraryFolder)
	os.Exit(status)
}

// libmfa makes the shared library and loads it.
func libmfa(t *testing.T) *metal.Library {
	t.Helper()
	l, err := metal.Open(libmfaFile(t))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var libraryFolder string // of what makeLibrary made

// makeLibrary makes the shared library as metal/mfa/lib.mk does, once for all tests.
var makeLibrary = sync.OnceValues(func() (string, error) {
	var err error
	if libraryFolder, err = os.MkdirTemp("", "libmfa"); err != nil {
		return "", err
	}
	file := filepath.Join(libraryFolder, "libmfa.so")
	command := exec.Command("make", "-s", "-f", "metal/mfa/lib.mk", "MFA_BUILD="+libraryFolder, file)
	command.Dir = ".."
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("make: %w\n%s", err, out)
	}
	return file, nil
})

// libmfaFile is the shared library, whose kernels this program compiles.
func libmfaFile(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the library's own device is Linux's")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ATTEST_MSL", program)
	file, err := makeLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// A library offers the device that it computes on, so that its rates can be held against that device's peak.
func TestTheDeviceOfALibraryRunsKernels(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program of its own: make test runs it")
	}
	d, err := libmfa(t).Device()
	if err != nil {
		t.Fatal(err)
	}
	info, err := d.Info()
	if err != nil || info.Name == "" || info.SIMDWidth != 32 {
		t.Errorf("%+v, %v", info, err)
	}
	k, err := d.NewKernel(metal.KernelOptions{Source: saxpy, File: "saxpy.metal", Function: "saxpy", Constants: map[uint32]any{3: float32(2)}})
	if err != nil {
		t.Fatal(err)
	}
	var memory [2]*metal.Memory
	for i := range memory {
		if memory[i], err = d.NewMemory(400); err != nil {
			t.Fatal(err)
		}
		for j := range memory[i].Float32s() {
			memory[i].Float32s()[j] = float32(j + i)
		}
	}
	if _, err := k.Run(&metal.Launch{
		Arguments: []metal.Argument{{Index: 0, Memory: memory[0]}, {Index: 1, Memory: memory[1]}, {Index: 2, Bytes: []byte{100, 0, 0, 0}}},
		Grid:      [3]uint32{4, 1, 1}, Threadgroup: [3]uint32{32, 1, 1},
	}); err != nil {
		t.Fatal(err)
	}
	for j, got := range memory[1].Float32s() {
		if want := float32(j+1) + 2*float32(j); got != want {
			t.Fatalf("y[%d] is %g, want %g", j, got, want)
		}
	}
	if _, err := d.Reports(); !errors.Is(err, metal.ErrDeviceNotSupported) {
		t.Errorf("reports of a library's device: %v", err)
	}
	memory[0].Close()
	memory[1].Close()
	k.Close()
	d.Close()
	if _, err := d.Info(); !errors.Is(err, metal.ErrClosed) {
		t.Errorf("a closed device: %v", err)
	}
}

// The library that is linked in has no device of its own: whoever uses it brings one.
func TestTheBuiltinLibraryHasNoDevice(t *testing.T) {
	_, err := metal.Builtin().Device()
	if !errors.Is(err, metal.ErrDeviceNotSupported) {
		t.Errorf("%v, want ErrDeviceNotSupported", err)
	}
}
