package host

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"attest.example/attest/metal/internal/device"
)

const limitsText = `
kernel void test(device float *x [[buffer(0)]], constant float &c [[buffer(2)]],
                 threadgroup float *t [[threadgroup(1)]], uint i [[thread_position_in_grid]]) {
  t[i % 4] = c;
  x[i] = t[i % 4] + 1;
}`

// TestRefusals launches what a real device would not, each time one thing away from a launch that works.
func TestRefusals(t *testing.T) {
	d := newDevice(t, Options{Workers: 1})
	p := compileText(t, d, limitsText)
	other := newDevice(t, Options{Workers: 1})
	x, foreign := buffer(t, d, 256), buffer(t, other, 256)
	right := func() device.Launch {
		return device.Launch{
			Arguments: []device.Argument{{Index: 0, Memory: x}, {Index: 2, Bytes: make([]byte, 4)}, {Index: 1, Threadgroup: 16}},
			Grid:      [3]uint32{2}, Threadgroup: [3]uint32{32},
		}
	}
	run(t, p, right())
	cases := []struct {
		name   string
		change func(*device.Launch)
		words  []string
	}{
		{"empty grid", func(l *device.Launch) { l.Grid = [3]uint32{0, 1, 1} }, []string{"grid", "empty"}},
		{"empty threadgroup", func(l *device.Launch) { l.Threadgroup = [3]uint32{} }, []string{"threadgroup", "empty"}},
		{"1025 threads", func(l *device.Launch) { l.Threadgroup = [3]uint32{1025} }, []string{"1025", "1024"}},
		{"threads in three axes", func(l *device.Launch) { l.Threadgroup = [3]uint32{32, 8, 5} }, []string{"(32,8,5)", "1024"}},
		{"unbound buffer", func(l *device.Launch) { l.Arguments = l.Arguments[1:] }, []string{"buffer 0", "nothing is bound"}},
		{"unbound bytes", func(l *device.Launch) { l.Arguments = append(l.Arguments[:1:1], l.Arguments[2]) }, []string{"buffer 2"}},
		{"no threadgroup length", func(l *device.Launch) { l.Arguments = l.Arguments[:2] }, []string{"threadgroup memory 1"}},
		{"bound twice", func(l *device.Launch) { l.Arguments = append(l.Arguments, l.Arguments[0]) }, []string{"buffer 0", "twice"}},
		{"index 31", func(l *device.Launch) { l.Arguments[0].Index = 31 }, []string{"31", "0 to 30"}},
		{"4097 bytes", func(l *device.Launch) { l.Arguments[1].Bytes = make([]byte, 4097) }, []string{"4097", "4096"}},
		{"null and bytes", func(l *device.Launch) {
			l.Arguments[1].Null = true
			l.Arguments[1].Index = 0
			l.Arguments[1].Bytes = nil
		}, []string{"buffer 0", "twice"}},
		{"no bytes", func(l *device.Launch) { l.Arguments[1].Bytes = []byte{} }, []string{"buffer 2", "no bytes"}},
		{"offset at the end", func(l *device.Launch) { l.Arguments[0].Offset = 256 }, []string{"offset 256", "256 bytes"}},
		{"threadgroup memory of 20", func(l *device.Launch) { l.Arguments[2].Threadgroup = 20 }, []string{"20 bytes", "multiple of 16"}},
		{"threadgroup memory of 32 KB and more", func(l *device.Launch) { l.Arguments[2].Threadgroup = 32784 }, []string{"32784", "32768"}},
		{"another device's buffer", func(l *device.Launch) { l.Arguments[0].Memory = foreign }, []string{"buffer 0", "another device"}},
		{"threads beyond 32 bits", func(l *device.Launch) { l.Grid = [3]uint32{1 << 31} }, []string{"grid x", "32 bits"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			clear(x.Bytes())
			l := right()
			c.change(&l)
			_, err := p.Run(&l)
			wantRefusal(t, err, device.ErrInvalidArgs, c.words...)
			for _, b := range x.Bytes() {
				if b != 0 {
					t.Fatal("a refused dispatch ran")
				}
			}
		})
	}
}

func TestPipelineMaximum(t *testing.T) {
	d := newDevice(t, Options{Workers: 1, MaxThreads: 512})
	text := `[[max_total_threads_per_threadgroup(64)]] kernel void narrow(device uint *x [[buffer(0)]], uint i [[thread_position_in_grid]]) { x[i] = i; }
kernel void wide(device uint *x [[buffer(0)]], uint i [[thread_position_in_grid]]) { x[i] = i; }`
	x := buffer(t, d, 4096)
	for _, c := range []struct {
		name     string
		asked    int
		maximum  int
		function string
	}{{"device", 0, 512, "wide"}, {"program", 128, 128, "wide"}, {"attribute", 128, 64, "narrow"}} {
		p := compile(t, d, device.Program{Source: prelude + text, Function: c.function, MaxThreads: c.asked})
		if p.MaxThreads() != c.maximum {
			t.Errorf("%s: maximum %d, want %d", c.name, p.MaxThreads(), c.maximum)
		}
		l := device.Launch{Arguments: []device.Argument{{Memory: x}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{uint32(c.maximum)}}
		run(t, p, l)
		l.Threadgroup[0]++
		_, err := p.Run(&l)
		wantRefusal(t, err, device.ErrInvalidArgs, "maximum")
	}
}

func TestThreadgroupVariablesBeyondTheLimit(t *testing.T) {
	d := newDevice(t, Options{Workers: 1})
	x := buffer(t, d, 4096)
	text := func(elements string) string {
		return `kernel void test(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  threadgroup float many[` + elements + `];
  many[i] = x[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  x[i] = many[31 - i] + 1;
}`
	}
	l := device.Launch{Arguments: []device.Argument{{Memory: x}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}}
	run(t, compileText(t, d, text("8192")), l)
	clear(x.Bytes())
	_, err := compileText(t, d, text("8196")).Run(&l)
	wantRefusal(t, err, device.ErrInvalidArgs, "test", "many", "32784", "32768")
}

func TestDeadlineStopsAKernelThatNeverEnds(t *testing.T) {
	d := newDevice(t, Options{Workers: 2})
	x := buffer(t, d, 256)
	for name, body := range map[string]string{
		"computing": "while (x[0] == 0) x[i + 1] = x[i + 1] * 0.5f + 1;",
		"barriers":  "while (x[0] == 0) threadgroup_barrier(mem_flags::mem_device);",
		"simd":      "while (simd_sum(x[0]) == 0) x[i + 1] += 1;",
		"no memory": "for (uint k = 0;; k = k * 5 + 1) if (k == 6 && x[0] != 0) break;",
	} {
		t.Run(name, func(t *testing.T) {
			p := compileText(t, d, `kernel void test(volatile device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {`+body+`}`)
			clear(x.Bytes())
			l := device.Launch{Arguments: []device.Argument{{Memory: x}}, Grid: [3]uint32{4}, Threadgroup: [3]uint32{32}, Deadline: 50 * time.Millisecond}
			_, err := p.Run(&l)
			wantRefusal(t, err, device.ErrExecutionFailed, "test", "deadline")
			device.View[float32](x.Bytes())[0] = 1 // and the device still works
			l.Deadline = time.Minute
			run(t, p, l)
		})
	}
}

func TestFaultsFailTheCommand(t *testing.T) {
	d := newDevice(t, Options{Workers: 1})
	x := buffer(t, d, 4096)
	l := device.Launch{Arguments: []device.Argument{{Memory: x}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{64}}
	for _, c := range []struct{ name, text, word string }{
		{"far away", `kernel void test(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  if (i == 40) x[1ul << 40] = 1;
}`, "memory that does not exist"},
		{"stack", `struct big { volatile float x[500]; };
__attribute__((noinline)) float down(uint n, device float *x) { big b; b.x[n % 500] = x[n % 500]; return n > 400000 ? 0 : down(n + 1, x) + b.x[n % 500] * 2; }
kernel void test(device float *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) { x[i] = down(i, x); }`, "stack"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := compileText(t, d, c.text).Run(&l)
			wantRefusal(t, err, device.ErrExecutionFailed, "test", c.word)
			run(t, compileText(t, d, `kernel void test(device uint *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) { x[i] = i; }`), l)
		})
	}
}

func TestDivergentBarrierFailsTheCommand(t *testing.T) {
	d := newDevice(t, Options{Workers: 1})
	x := buffer(t, d, 4096)
	p := compileText(t, d, `kernel void test(device uint *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  if (i >= 40 && i < 44)
    threadgroup_barrier(mem_flags::mem_device);
  else if (i < 8) simd_sum(i);
  x[i] = i;
  threadgroup_barrier(mem_flags::mem_device);
}`)
	_, err := p.Run(&device.Launch{Arguments: []device.Argument{{Memory: x}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{64}})
	wantRefusal(t, err, device.ErrExecutionFailed, "test", "simdgroup 1 lanes 8-11 at line 3", "at line 6")
}

func TestCompileErrorsNameTheLine(t *testing.T) {
	d := newDevice(t, Options{Workers: 1})
	_, err := d.Compile(&device.Program{Source: "#include <metal_stdlib>\nkernel void test(device float *x [[buffer(0)]]) {\n  x[0] = nothing;\n}", File: "wrong.metal", Function: "test"})
	wantRefusal(t, err, device.ErrKernelCompilation, "wrong.metal:3", "nothing")
	_, err = d.Compile(&device.Program{Source: "kernel void test() {}", Function: "absent"})
	if err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("got %v, want an error that names the function", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]Options{
		"order": {Order: 7}, "fill": {Fill: -1}, "math": {Math: new(device.Math(9))}, "workers": {Workers: 10000},
		"threads": {MaxThreads: 4096}, "memory": {MaxThreadgroupMemory: 1 << 30}, "negative": {Workers: -1},
	} {
		if d, err := New(o); err == nil {
			d.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWrappedMemoryIsTheCallers(t *testing.T) {
	d := newDevice(t, Options{Workers: 1})
	b := buffer(t, d, 2*pageBytes(t, d))
	w, err := d.Wrap(b.Bytes()[pageBytes(t, d):])
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	p := compileText(t, d, `kernel void test(device uint *x [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) { x[i] = i + 1; }`)
	run(t, p, device.Launch{Arguments: []device.Argument{{Memory: w}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}})
	if got := device.View[uint32](b.Bytes())[pageBytes(t, d)/4+31]; got != 32 {
		t.Errorf("the kernel did not write to the wrapped memory itself: %d", got)
	}
	if _, err := d.NewMemory(0); err == nil {
		t.Error("a buffer of 0 bytes was made")
	}
}

// TestFaultsInTheRightWords runs kernels that the processor stops.
func TestFaultsInTheRightWords(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors divide by zero, and read a vector anywhere")
	}
	d := newDevice(t, Options{Workers: 1})
	for name, test := range map[string]struct {
		statement string
		words     []string
		not       string
	}{
		"by zero":           {"volatile int m = 5; volatile int n = 0; o[i] = m / n;", []string{"division by zero", "by -1"}, "address"},
		"the least integer": {"volatile int m = -2147483648; volatile int n = -1; o[i] = m / n;", []string{"least integer by -1"}, "address"},
		"its remainder":     {"volatile int m = -2147483648; volatile int n = -1; o[i] = m % n;", []string{"least integer by -1"}, "address"},
		"misaligned":        {"device float4 *p = (device float4 *)((device char *)o + 1); p[0] = float4(i);", []string{"misaligned access", "float4"}, "(address"},
		"far away":          {"o[i] = *(device int *)4096ul;", []string{"memory that does not exist", "(address 0x1000)"}, "misaligned"},
	} {
		t.Run(name, func(t *testing.T) {
			p := compileText(t, d, "kernel void test(device int *o [[buffer(0)]], uint i [[thread_position_in_grid]]) { "+test.statement+" }")
			_, err := p.Run(&device.Launch{Arguments: []device.Argument{{Memory: buffer(t, d, 4096)}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}})
			wantRefusal(t, err, device.ErrExecutionFailed, test.words...)
			if err != nil && strings.Contains(err.Error(), test.not) {
				t.Errorf("%q says %q", err, test.not)
			}
		})
	}
}
