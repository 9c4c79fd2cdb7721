package metal_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"attest.example/attest/metal"
)

// fakeCUDA is the device over a driver that has no GPU: its kernel adds 1 to every float of buffer 0, which is q here. What
// this process asks of the driver is in the log.
func fakeCUDA(t *testing.T, memory metal.CUDAMemory) (d *metal.Device, calls func(string) int) {
	t.Helper()
	library, log := filepath.Join(t.TempDir(), "libcuda.so"), filepath.Join(t.TempDir(), "log")
	out, err := exec.Command("cc", "-shared", "-fPIC", "-I", "internal/msl/include", "-o", library, "internal/cuda/testdata/fake/libcuda.c").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Setenv("FAKE_CUDA_LOG", log)
	d, err = metal.CUDA(metal.CUDAOptions{Library: library, Memory: memory})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d, func(name string) int {
		text, err := os.ReadFile(log)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return strings.Count("\n"+string(text), "\n"+name+"\n")
	}
}

// TestExtentsOfZeroOnCUDA: without a batch or a row the driver is asked for nothing; without a key the kernel is launched, and
// every tensor that it names has memory, whichever way empty ones are given.
//
// A process opens its driver once, so this is one of its own.
func TestExtentsOfZeroOnCUDA(t *testing.T) {
	const alone = "ATTEST_FAKE_DRIVER"
	if os.Getenv(alone) == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestExtentsOfZeroOnCUDA$")
		command.Env = append(os.Environ(), alone+"=1")
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("the CUDA driver is opened on Linux")
	}
	for _, memory := range []metal.CUDAMemory{metal.CUDACopied, metal.CUDAMapped} {
		d, calls := fakeCUDA(t, memory)
		c := newContextOn(t, d)
		for _, x := range []extents{{0, 3, 5}, {2, 0, 5}, {0, 0, 0}, {2, 3, 0}, {1, 1, 0}} {
			for _, way := range []string{"no buffer", "no bytes", "a larger buffer"} {
				t.Run(fmt.Sprintf("memory %v, batch %d, q_len %d, kv_len %d, %s", memory, x.batch, x.q, x.kv, way), func(t *testing.T) {
					forwardEmpty(t, c, memory, calls, x, way)
				})
			}
		}
	}
}

type extents struct{ batch, q, kv int }

func forwardEmpty(t *testing.T, c *metal.Context, memory metal.CUDAMemory, calls func(string) int, x extents, way string) {
	o, out, lse := empty(t, c, x.batch, x.q, x.kv, way)
	a, err := c.NewAttention(o)
	if err != nil {
		t.Fatal(err)
	}
	before := calls("launch")
	if err := a.Forward(); err != nil {
		t.Fatal(err)
	}
	a.Close()
	want := 3
	if x.batch*x.q == 0 {
		want = 0
	}
	if got := calls("launch") - before; got != want {
		t.Errorf("%d launches, want %d", got, want)
	}
	if want == 0 && (calls("context_create") > 0 || calls("module_load") > 0 || calls("copy_in") > 0) {
		t.Error("the driver was asked for a context, a module or memory")
	}
	// The driver's kernel writes q alone: what is bound in place of an empty tensor is not written by the way.
	for name, b := range map[string]*metal.Buffer{"out": out, "lse": lse} {
		if b == nil {
			continue
		}
		for i, y := range b.Float32s() {
			if y != 3 {
				t.Fatalf("%s[%d] is %g", name, i, y)
			}
		}
	}
	if want > 0 && memory == metal.CUDACopied { // the driver knows no mapped memory
		if q := o.Q.Buffer.Float32s(); q[0] != 6 {
			t.Errorf("three launches left %g in q", q[0])
		}
	}
}
