//go:build linux

package cuda_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"attest.example/attest/metal/internal/cuda"
	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
)

// written is a compiler that has one module already: the device reads no more of it than the lines about its kernel.
type written struct{ file string }

func (w written) Build(context.Context, msl.Program) (*msl.Module, error) {
	return &msl.Module{Path: w.file, Cached: true}, nil
}

// fake builds the driver that has no GPU, once.
var fake = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "attest-fake-*")
	if err != nil {
		return "", err
	}
	library := filepath.Join(dir, "libcuda.so")
	out, err := exec.Command("cc", "-shared", "-fPIC", "-I", "../msl/include", "-o", library, "testdata/fake/libcuda.c").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return library, nil
})

func open(t *testing.T, o cuda.Options, module string) *device.Device {
	t.Helper()
	d, err := tryOpen(t, o, module)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

const module = "// attest ptx 1\n// depth 0\n// entry msl_entry_0 k\n// file k.metal\n.visible .global .align 4 .b8 msl_entry_0_facts[16] = {3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7};\n"

func tryOpen(t *testing.T, o cuda.Options, text string) (*device.Device, error) {
	t.Helper()
	library, err := fake()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "k.ptx")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	o.Library, o.Compiler = library, written{file}
	return cuda.New(o)
}

func kernel(t *testing.T, d *device.Device) *device.Kernel {
	t.Helper()
	k, err := d.Compile(&device.Program{Source: "text", Function: "k"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

func memory(t *testing.T, d *device.Device, values ...float32) *device.Memory {
	t.Helper()
	m, err := d.NewMemory(4 * len(values))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	copy(m.Float32s(), values)
	return m
}

func launchOf(m *device.Memory) *device.Launch {
	return &device.Launch{Grid: [3]uint32{1, 1, 1}, Threadgroup: [3]uint32{40, 1, 1}, Arguments: []device.Argument{
		{Index: 0, Memory: m}, {Index: 1, Bytes: []byte{1, 2, 3, 4}}, {Index: 0, Threadgroup: 64}}}
}

// TestWhoIsToldOfPreparing: of the compiler's work, and of all that the driver does before and after a kernel. On a machine that
// many processes use, what nobody is told of becomes a kernel that hangs.
func TestWhoIsToldOfPreparing(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	tell := func(word string) {
		f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		fmt.Fprintln(f, word)
	}
	d := open(t, cuda.Options{OnCompile: func() func() {
		tell("begins")
		return func() { tell("ends") }
	}}, module)
	k := kernel(t, d)
	large := sparse(t, d, 300*megabyte)
	t.Setenv("FAKE_CUDA_LOG", log)
	for _, m := range []*device.Memory{large, memory(t, d, 1)} { // what was mapped for the large one goes before the other
		if _, err := k.Run(launchOf(m)); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	told, within := 0, map[string]bool{}
	for _, word := range strings.Fields(string(data)) {
		switch word {
		case "begins":
			told++
		case "ends":
			told--
		default:
			within[word] = told == 1
		}
		if told < 0 || told > 1 {
			t.Fatalf("told of %d things at once", told)
		}
	}
	for word, want := range map[string]bool{
		"context_create": true, "module_load": true, "memory_allocate": true, "memory_access": true, "copy_in": true, "memory_unmap": true,
		"launch": false, "copy_out": false,
	} {
		if got, called := within[word]; !called || got != want {
			t.Errorf("%s: called %v, in what is told %v, want %v", word, called, got, want)
		}
	}
	if told != 0 {
		t.Errorf("the last that began has not ended: %s", data)
	}
}

func TestCallsInTheirOrder(t *testing.T) {
	d := open(t, cuda.Options{}, module)
	k, m := kernel(t, d), memory(t, d, 1, 2, 3)
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv("FAKE_CUDA_LOG", log)
	l := launchOf(m)
	l.Repeat = 2
	seconds, err := k.Run(l)
	if err != nil {
		t.Fatal(err)
	}
	if len(seconds) != 2 || math.Abs(seconds[0]-2e-3) > 1e-9 {
		t.Errorf("seconds %v, want two of 2 ms", seconds)
	}
	if got := m.Float32s(); got[0] != 3 || got[1] != 4 || got[2] != 5 {
		t.Errorf("the kernel ran twice and left %v, want 3 4 5", got)
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	const want = "context_create module_load memory_allocate fill copy_in copy_in " +
		"capture_begin event_record launch event_record launch event_record capture_end graph_make graph_launch " +
		"event_elapsed event_elapsed graph_destroy copy_out copy_out"
	if got := strings.Join(strings.Fields(string(data)), " "); got != want {
		t.Errorf("called\n%s\nwant\n%s", got, want)
	}
	l.Repeat = 1 // without a graph
	if _, err := k.Run(l); err != nil {
		t.Fatal(err)
	}
	second, _ := os.ReadFile(log)
	if got := strings.Join(strings.Fields(string(second[len(data):])), " "); strings.Contains(got, "load") || strings.Contains(got, "allocate") || strings.Contains(got, "create") || strings.Contains(got, "graph") {
		t.Errorf("the second time %s", got)
	}
}

// A large threadgroup has few registers, so that two share a processor, unless a thread then keeps whole arrays in memory.
func TestRegistersByWhatIsSpilled(t *testing.T) {
	for _, test := range []struct {
		threads     uint32
		needs, want string
	}{
		{256, "300", "module_load 255"},
		{512, "90", "module_load 64"},
		{512, "100", "module_load 64 module_load 128"},
		{1024, "100", "module_load 64"},
	} {
		d := open(t, cuda.Options{}, module)
		k, m := kernel(t, d), memory(t, d, 1)
		log := filepath.Join(t.TempDir(), "log")
		t.Setenv("FAKE_CUDA_LOG", log)
		t.Setenv("FAKE_CUDA_NEEDS", test.needs)
		l := launchOf(m)
		l.Threadgroup[0] = test.threads
		for range 2 { // the second time nothing is loaded
			if _, err := k.Run(l); err != nil {
				t.Fatal(err)
			}
		}
		data, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		var calls []string
		for line := range strings.Lines(string(data)) {
			if strings.HasPrefix(line, "module_") {
				calls = append(calls, strings.TrimSpace(line))
			}
		}
		if got := strings.Join(calls, " "); got != test.want {
			t.Errorf("%d threads, %s registers needed: %s, want %s", test.threads, test.needs, got, test.want)
		}
	}
}

// Two bindings of the same memory are the same memory there, and what lies beside is not touched.
func TestOverlappingMemoryIsOne(t *testing.T) {
	d := open(t, cuda.Options{}, module)
	k := kernel(t, d)
	page := os.Getpagesize()
	whole := memory(t, d, make([]float32, page)...) // four pages
	inner, err := d.Wrap(whole.Bytes()[page : 2*page])
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close()
	l := launchOf(inner)
	l.Arguments = append(l.Arguments, device.Argument{Index: 2, Memory: whole})
	if _, err := k.Run(l); err != nil {
		t.Fatal(err)
	}
	floats := whole.Float32s()
	if floats[0] != 0 || floats[page/4] != 1 || floats[page-1] != 1 {
		t.Errorf("before %v, from the second page on %v, last %v; want 0 1 1", floats[0], floats[page/4], floats[page-1])
	}
}

func TestFailures(t *testing.T) {
	for _, test := range []struct {
		name, env, value string
		kind             error
		words            string
		lost             bool
	}{
		{"a wild access", "FAKE_CUDA_KERNEL", "700", device.ErrExecutionFailed, "kernel k: an access to an address where no memory is (CUDA_ERROR_ILLEGAL_ADDRESS (700): what it means)", true},
		{"a misaligned one", "FAKE_CUDA_KERNEL", "716", device.ErrExecutionFailed, "misaligned", true},
		{"a write behind a buffer", "FAKE_CUDA_KERNEL", "overrun", device.ErrExecutionFailed, "it wrote behind the 12 bytes bound to buffer 0", false},
		{"no memory", "FAKE_CUDA_FAIL", "memory_allocate=2", device.ErrMemoryAllocation, "out of memory", false},
		{"a module that the driver refuses", "FAKE_CUDA_FAIL", "module_load=218", device.ErrKernelCompilation, "does not take its PTX", false},
		{"a graph that is refused", "FAKE_CUDA_FAIL", "graph_make=2", device.ErrMemoryAllocation, "cannot make a graph of dispatches", false},
		{"a launch that is refused in a graph", "FAKE_CUDA_FAIL", "launch=701", device.ErrExecutionFailed, "cannot launch a kernel", false},
		{"a launch that is refused", "FAKE_CUDA_FAIL", "launch=701", device.ErrExecutionFailed, "cannot launch a kernel", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := open(t, cuda.Options{}, module)
			k, m := kernel(t, d), memory(t, d, 1, 2, 3)
			t.Setenv(test.env, test.value)
			l := launchOf(m)
			if strings.Contains(test.name, "graph") {
				l.Repeat = 3
			}
			_, err := k.Run(l)
			if !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.words) {
				t.Fatalf("%v; want %v with %q", err, test.kind, test.words)
			}
			if d.Lost() != test.lost {
				t.Errorf("lost: %v, want %v", d.Lost(), test.lost)
			}
			os.Unsetenv(test.env)
			if _, err := k.Run(launchOf(m)); err != nil { // in a new context, where the old one is gone
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// A driver that makes no context any more in this process: every call fails with that reason.
func TestContextThatCannotBeMadeAnew(t *testing.T) {
	d := open(t, cuda.Options{}, module)
	k, m := kernel(t, d), memory(t, d, 1)
	t.Setenv("FAKE_CUDA_KERNEL", "700 for ever")
	for i, words := range []string{"no memory is", "this process has to end", "this process has to end"} {
		if _, err := k.Run(launchOf(m)); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("run %d: %v, want %q", i, err, words)
		}
	}
}

func TestDeadline(t *testing.T) {
	d := open(t, cuda.Options{}, module)
	k, m := kernel(t, d), memory(t, d, 1)
	t.Setenv("FAKE_CUDA_KERNEL", "hang")
	l := launchOf(m)
	l.Deadline = 20 * time.Millisecond
	if _, err := k.Run(l); err == nil || !strings.Contains(err.Error(), "stopped at its deadline") {
		t.Fatal(err)
	}
	if !d.Lost() {
		t.Error("the device is not lost")
	}
	os.Setenv("FAKE_CUDA_KERNEL", "")
	l.Deadline = time.Minute
	if _, err := k.Run(l); err != nil {
		t.Fatal(err)
	}
	if got := m.Float32s()[0]; got != 2 {
		t.Errorf("the next kernel left %v, want 2", got)
	}
}

func TestRefusals(t *testing.T) {
	d := open(t, cuda.Options{}, module)
	k, m := kernel(t, d), memory(t, d, 1)
	for _, test := range []struct {
		words  string
		change func(*device.Launch)
	}{
		{"is empty", func(l *device.Launch) { l.Threadgroup = [3]uint32{0, 1, 1} }},
		{"more threads than the pipeline's maximum of 1024", func(l *device.Launch) { l.Threadgroup[0] = 1025 }},
		{"buffer 0 is named by the kernel and nothing is bound", func(l *device.Launch) { l.Arguments = l.Arguments[1:] }},
		{"threadgroup memory 0 is named by the kernel", func(l *device.Launch) { l.Arguments = l.Arguments[:2] }},
		{"a multiple of 16", func(l *device.Launch) { l.Arguments[2].Threadgroup = 24 }},
		{"there are 32768", func(l *device.Launch) { l.Arguments[2].Threadgroup = 32784 }},
		{"bound twice", func(l *device.Launch) { l.Arguments = append(l.Arguments, device.Argument{Index: 0, Memory: m}) }},
		{"offset 4, expected 0 to 3", func(l *device.Launch) { l.Arguments[0].Offset = 4 }},
		{"indices are 0 to 30", func(l *device.Launch) { l.Arguments[0].Index = 31 }},
	} {
		l := launchOf(m)
		test.change(l)
		if _, err := k.Run(l); !errors.Is(err, device.ErrInvalidArgs) || !strings.Contains(err.Error(), test.words) {
			t.Errorf("%v; want %q", err, test.words)
		}
	}
	if got := m.Float32s()[0]; got != 1 {
		t.Errorf("what was refused ran: %v", got)
	}
	if _, err := d.Compile(&device.Program{Source: "text", Function: "other"}); err == nil || !strings.Contains(err.Error(), "no kernel other; it has: k") {
		t.Errorf("another kernel: %v", err)
	}
	old := open(t, cuda.Options{}, "// attest ptx 0\n")
	if _, err := old.Compile(&device.Program{Source: "text", Function: "k"}); err == nil || !strings.Contains(err.Error(), "compile it anew") {
		t.Errorf("a module of another version: %v", err)
	}
}

// The fake GPU has 1 GB, so a dispatch may copy 256 MB. What is more is refused before anything is allocated or copied, as
// one buffer and as the sum of several; mapped memory is not copied.
func TestMoreThanIsCopied(t *testing.T) {
	t.Setenv("FAKE_CUDA_VIRTUAL", "0") // all buffers are copied whole
	d := open(t, cuda.Options{}, module)
	k, small := kernel(t, d), memory(t, d, 1)
	info, err := d.Info()
	if err != nil || info.MaxBuffer != 256<<20 {
		t.Fatalf("takes %d bytes, %v; want a quarter of the GPU's memory", info.MaxBuffer, err)
	}
	if _, err := d.NewMemory(300 << 20); !errors.Is(err, device.ErrDeviceNotSupported) || !strings.Contains(err.Error(), "a buffer of 300 MB; 256 MB are copied") {
		t.Errorf("one buffer: %v", err)
	}
	var halves [2]*device.Memory
	for i := range halves {
		if halves[i], err = d.NewMemory(150 << 20); err != nil {
			t.Fatal(err)
		}
		defer halves[i].Close()
	}
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv("FAKE_CUDA_LOG", log)
	l := launchOf(halves[0])
	l.Arguments = append(l.Arguments, device.Argument{Index: 2, Memory: halves[1]})
	if _, err := k.Run(l); !errors.Is(err, device.ErrDeviceNotSupported) || !strings.Contains(err.Error(), "buffers have 300 MB, buffer ") {
		t.Errorf("two buffers: %v", err)
	}
	calls, _ := os.ReadFile(log)
	if strings.Contains(string(calls), "allocate") || strings.Contains(string(calls), "copy_in") {
		t.Errorf("a refusal called %s", strings.Join(strings.Fields(string(calls)), " "))
	}
	if _, err := k.Run(launchOf(small)); err != nil || small.Float32s()[0] != 2 {
		t.Errorf("afterwards: %v, left %v", err, small.Float32s()[0])
	}
	mapped := open(t, cuda.Options{Memory: cuda.Mapped}, module)
	m, err := mapped.NewMemory(300 << 20)
	if err != nil {
		t.Fatalf("mapped: %v", err)
	}
	m.Close()
}

func TestCardsByNumber(t *testing.T) {
	info, err := open(t, cuda.Options{Index: 1}, module).Info()
	if err != nil || !strings.Contains(info.Name, "cuda:1 (Fake GPU 1, CUDA 12.4, memory copied, large buffers by their pages)") {
		t.Errorf("%+v, %v", info, err)
	}
	if _, err := tryOpen(t, cuda.Options{Index: 2}, module); !errors.Is(err, device.ErrDeviceNotSupported) || !strings.Contains(err.Error(), "there are 2") {
		t.Errorf("a third GPU: %v", err)
	}
	if _, err := tryOpen(t, cuda.Options{Registers: 3}, module); !errors.Is(err, device.ErrInvalidArgs) {
		t.Errorf("three registers: %v", err)
	}
}

func TestMappedMemory(t *testing.T) {
	d := open(t, cuda.Options{Memory: cuda.Mapped}, module)
	k, m := kernel(t, d), memory(t, d, 1)
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv("FAKE_CUDA_LOG", log)
	if _, err := k.Run(launchOf(m)); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(log)
	if calls := string(data); strings.Count(calls, "host_register") != 1 || strings.Count(calls, "host_unregister") != 1 || strings.Count(calls, "copy_in") != 1 {
		t.Errorf("called %s", strings.Join(strings.Fields(calls), " "))
	}
}

// Where there is no driver, opening the device fails with that reason. A process opens its driver once, so this is one of its own.
func TestWithoutADriver(t *testing.T) {
	if os.Getenv("ATTEST_NO_DRIVER") == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestWithoutADriver$")
		command.Env = append(os.Environ(), "ATTEST_NO_DRIVER=1")
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	_, err := cuda.New(cuda.Options{Library: "libnone.so", Compiler: written{}})
	if !errors.Is(err, device.ErrDeviceNotSupported) || !strings.Contains(err.Error(), "no driver of an NVIDIA GPU: libnone.so") {
		t.Error(err)
	}
}
