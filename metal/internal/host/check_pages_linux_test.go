package host

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"attest.example/attest/metal/internal/device"
)

// TestAHugeBufferCostsWhatIsTouched: a buffer of gigabytes, of which a kernel uses two places, as huge strides make them.
func TestAHugeBufferCostsWhatIsTouched(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	const bytes = 6 << 30
	memory, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		t.Skipf("cannot map 6 GiB: %v", err)
	}
	defer unix.Munmap(memory)
	values := device.View[uint32](memory)
	values[3], values[len(values)-1] = 7, 5
	d := newDevice(t, Options{Check: true, Workers: 1})
	w, err := d.Wrap(memory)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	p := compileText(t, d, `kernel void test(device uint *x [[buffer(0)]], constant ulong &last [[buffer(1)]]) { uint junk; x[last - 1] = x[3] + x[last] + junk % 1; }`)
	last := binary.LittleEndian.AppendUint64(nil, uint64(len(values)-1))
	before := resident(t)
	run(t, p, device.Launch{Arguments: []device.Argument{{Memory: w}, {Index: 1, Bytes: last}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{1}})
	if grown := resident(t) - before; grown > 256<<20 {
		t.Errorf("the check took %d MiB", grown>>20)
	}
	if got := values[len(values)-2]; got != 12 {
		t.Errorf("the kernel left %d, want 12", got)
	}
	reports, err := d.Reports()
	if err != nil || len(reports) > 0 {
		t.Errorf("%v, %v", reports, err)
	}
}

// resident is the most memory that the process has had at once, in bytes.
func resident(t *testing.T) int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u.Maxrss << 10
}
