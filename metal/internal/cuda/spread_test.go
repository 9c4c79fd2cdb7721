//go:build linux

package cuda_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"attest.example/attest/metal/internal/cuda"
	"attest.example/attest/metal/internal/device"
)

const megabyte = 1 << 20

// resident is how many of a buffer's pages have memory.
func resident(t *testing.T, m *device.Memory) int {
	t.Helper()
	data := m.Bytes()
	pages := make([]byte, (len(data)+os.Getpagesize()-1)/os.Getpagesize())
	if _, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)), uintptr(unsafe.Pointer(&pages[0]))); errno != 0 {
		t.Fatal(errno)
	}
	n := 0
	for _, p := range pages {
		n += int(p & 1)
	}
	return n
}

// sparse is a buffer of so many bytes of which only the floats at its beginning, in its middle and at its end were written.
func sparse(t *testing.T, d *device.Device, bytes int) *device.Memory {
	t.Helper()
	m, err := d.NewMemory(bytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	f := m.Float32s()
	f[0], f[len(f)/2], f[len(f)-1] = 1, 2, 3
	return m
}

func calls(t *testing.T) func() string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv("FAKE_CUDA_LOG", log)
	return func() string {
		data, _ := os.ReadFile(log)
		return string(data)
	}
}

// A buffer that is larger than the GPU, of which three pages have memory: they travel, and no other comes into being. What was
// mapped serves the next dispatch that has memory in the same places. All is given back before one that has not, and at the end.
func TestSpread(t *testing.T) {
	d := open(t, cuda.Options{}, module)
	k, m := kernel(t, d), sparse(t, d, 3000*megabyte)
	said := calls(t)
	count := func(call string) int { return strings.Count(said(), call+"\n") }
	expect := func(what string, reserved, created, given int) {
		t.Helper()
		if count("address_reserve") != reserved || count("memory_create") != created || count("memory_release") != created ||
			count("memory_unmap") != given || count("address_free") != given {
			t.Errorf("%s: called %s", what, strings.Join(strings.Fields(said()), " "))
		}
	}
	run := func(m *device.Memory) {
		t.Helper()
		if _, err := k.Run(launchOf(m)); err != nil {
			t.Fatal(err)
		}
	}
	run(m)
	f := m.Float32s()
	if f[0] != 2 || f[len(f)/2] != 2 || f[len(f)-1] != 3 {
		t.Errorf("left %v, %v, %v; want 2 2 3: the kernel wrote the first page alone", f[0], f[len(f)/2], f[len(f)-1])
	}
	if n := resident(t, m); n > 3*8 {
		t.Errorf("%d pages have memory, three had", n)
	}
	expect("once", 1, 6, 0)
	f[len(f)/2] = 5
	run(m)
	if f[0] != 3 || f[len(f)/2] != 5 || f[len(f)-1] != 3 {
		t.Errorf("then left %v, %v, %v; want 3 5 3", f[0], f[len(f)/2], f[len(f)-1])
	}
	expect("twice", 1, 6, 0)
	f[len(f)/4] = 1
	run(m)
	expect("with memory in one more place", 2, 6+7, 1)
	small := memory(t, d, 1)
	run(small)
	expect("with another buffer", 2, 6+7, 2)
	run(m)
	for _, open := range []interface{ Close() }{m, small, k, d} {
		open.Close()
	}
	expect("closed", 3, 6+7+7, 3)
}

// Pieces are few, since each takes a lock that all processes of a machine share: one row in 256 MB takes one for its own chunk and
// nine for the zeros up to the next.
func TestPiecesOfASpread(t *testing.T) {
	d := open(t, cuda.Options{}, module)
	k, m := kernel(t, d), sparse(t, d, 2048*megabyte)
	for at := 0; at < 2048*megabyte; at += 256 * megabyte {
		m.Bytes()[at+4] = 1
	}
	said := calls(t)
	if _, err := k.Run(launchOf(m)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(said(), "memory_map\n"); n > 8*10+2 {
		t.Errorf("mapped %d pieces", n)
	}
}

// A kernel that writes where a buffer had no memory is right as well: the buffer is copied whole then, and the kernel computes
// what it would have. Where the whole is too much it is refused, and nothing of it was written.
func TestWritesWhereNoMemoryWas(t *testing.T) {
	d := open(t, cuda.Options{}, module)
	k := kernel(t, d)
	t.Setenv("FAKE_CUDA_KERNEL", "stray")
	m := sparse(t, d, 200*megabyte)
	if _, err := k.Run(launchOf(m)); err != nil {
		t.Fatal(err)
	}
	if f := m.Float32s(); f[0] != 2 || f[8<<20-1] != 2 || f[8<<20] != 7 {
		t.Errorf("left %v, %v, %v; want 2 2 7", f[0], f[8<<20-1], f[8<<20])
	}
	large := sparse(t, d, 600*megabyte)
	if _, err := k.Run(launchOf(large)); !errors.Is(err, device.ErrDeviceNotSupported) || !strings.Contains(err.Error(), "256 MB are copied") {
		t.Errorf("%v; want a refusal of 600 MB", err)
	}
	if f := large.Float32s(); f[0] != 1 || f[8<<20] != 0 {
		t.Errorf("a refused dispatch left %v and %v", f[0], f[8<<20])
	}
}

func TestBandsOfASpread(t *testing.T) {
	d := open(t, cuda.Options{}, module)
	k, m := kernel(t, d), sparse(t, d, 100*megabyte)
	t.Setenv("FAKE_CUDA_KERNEL", "overrun")
	tail, err := d.Wrap(m.Bytes()[:96*megabyte+4096]) // its last page is the one that the kernel is at the end of
	if err != nil {
		t.Fatal(err)
	}
	defer tail.Close()
	tail.Bytes()[96*megabyte] = 1
	l := launchOf(tail)
	l.Arguments[0].Offset = 96 * megabyte
	if _, err := k.Run(l); err == nil || !strings.Contains(err.Error(), "it wrote behind the 100667392 bytes bound to buffer 0") {
		t.Errorf("%v; want what was written behind", err)
	}
}

// The chunks that would have memory are held against what the GPU has, a quarter of a fake one's 1 GB.
func TestSpreadThatIsTooMuch(t *testing.T) {
	d := open(t, cuda.Options{}, module)
	k, m := kernel(t, d), sparse(t, d, 1200*megabyte)
	for at := 0; at < 1200*megabyte; at += 6 * megabyte {
		m.Bytes()[at] = 1
	}
	if _, err := k.Run(launchOf(m)); !errors.Is(err, device.ErrDeviceNotSupported) || !strings.Contains(err.Error(), "in chunks of 2048 KB; it has 256 MB") {
		t.Errorf("%v; want a refusal", err)
	}
}

// Memory that another process has comes back: what was mapped goes meanwhile, and is mapped again.
func TestSpreadWaitsForMemory(t *testing.T) {
	d := open(t, cuda.Options{}, module)
	k, m := kernel(t, d), sparse(t, d, 300*megabyte)
	said := calls(t)
	t.Setenv("FAKE_CUDA_FAIL", "memory_create=2*3")
	if _, err := k.Run(launchOf(m)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(said(), "address_reserve\n"); n != 4 || strings.Count(said(), "address_free\n") != 3 {
		t.Errorf("reserved %d times, want 4, those given back that did not serve", n)
	}
}
