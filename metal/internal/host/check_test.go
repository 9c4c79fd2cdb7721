package host

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// planted is one kernel of testdata/planted: how to launch it, and what must be found.
type planted struct {
	name    string
	launch  string
	markers map[int]string // line -> kind, of mistakes: //! kind
	notes   map[int]string // of what is noted where that is asked for: //? kind
}

var kernelName = regexp.MustCompile(`^kernel void (\w+)\(`)

func readPlanted(t *testing.T, file string) []planted {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var kernels []planted
	launch := ""
	scanner := bufio.NewScanner(f)
	for line := 1; scanner.Scan(); line++ {
		text := scanner.Text()
		if l, ok := strings.CutPrefix(text, "// launch "); ok {
			launch = l
		}
		if m := kernelName.FindStringSubmatch(text); m != nil {
			kernels = append(kernels, planted{name: m[1], launch: launch, markers: map[int]string{}, notes: map[int]string{}})
		}
		if _, kind, ok := strings.Cut(text, "//! "); ok && len(kernels) > 0 {
			kernels[len(kernels)-1].markers[line] = kind
		}
		if _, kind, ok := strings.Cut(text, "//? "); ok && len(kernels) > 0 {
			kernels[len(kernels)-1].notes[line] = kind
		}
	}
	return kernels
}

var elementBytes = map[string]int{"float": 4, "uint": 4, "half": 2, "uchar": 1}

// launchOf makes the launch that a comment describes. Buffers of floats hold 0, 1, 2 ...
func launchOf(t *testing.T, d *device.Device, text string) device.Launch {
	l := device.Launch{Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}}
	slot := 0
	for _, field := range strings.Fields(text) {
		key, value, _ := strings.Cut(field, "=")
		n, err := strconv.Atoi(value)
		if err != nil {
			t.Fatalf("launch %q: %v", text, err)
		}
		switch key {
		case "threads":
			l.Threadgroup[0] = uint32(n)
		case "groups":
			l.Grid[0] = uint32(n)
		case "local":
			l.Arguments = append(l.Arguments, device.Argument{Threadgroup: n})
		case "bytes":
			l.Arguments = append(l.Arguments, device.Argument{Index: uint32(slot), Bytes: make([]byte, n)})
			slot++
		default:
			b := buffer(t, d, n*elementBytes[key])
			if key == "float" {
				for i := range device.View[float32](b.Bytes()) {
					device.View[float32](b.Bytes())[i] = float32(i)
				}
			}
			l.Arguments = append(l.Arguments, device.Argument{Index: uint32(slot), Memory: b})
			slot++
		}
	}
	return l
}

// judge compares what was found with what was planted.
func judge(k planted, reports []device.Report) error {
	for line, kind := range k.markers {
		found := false
		for _, r := range reports {
			at := r.Access.Line == line || r.Other != nil && r.Other.Line == line
			found = found || at && strings.Contains(r.Kind.String(), kind)
		}
		if !found {
			return fmt.Errorf("no report of a %s at line %d; reports: %v", kind, line, reports)
		}
	}
	if len(k.markers) == 0 && len(reports) > 0 {
		return fmt.Errorf("a right kernel gives %v", reports)
	}
	return nil
}

// wholeText compiles all kernels of a text at once, whichever is asked for: one module for each file.
type wholeText struct{ Compiler }

func (c wholeText) Compile(ctx context.Context, p device.Program, checked bool) (Module, error) {
	p.Function = ""
	return c.Compiler.Compile(ctx, p, checked)
}

func TestPlantedMistakesAreFound(t *testing.T) {
	compiler, err := defaultCompiler()
	if err != nil {
		t.Fatal(err)
	}
	d := newDevice(t, Options{Check: true, Compiler: wholeText{compiler}})
	files, _ := filepath.Glob("testdata/planted/*.metal")
	if testing.Short() {
		files, _ = filepath.Glob("testdata/planted/races.metal")
	}
	broken := 0
	for _, file := range files {
		for _, k := range readPlanted(t, file) {
			if len(k.markers) > 0 {
				broken++
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".metal")+"/"+k.name, func(t *testing.T) {
				p := compileFile(t, d, file, k.name)
				launch := launchOf(t, d, k.launch)
				_, runError := p.Run(&launch)
				reports, err := d.Reports()
				if err != nil {
					t.Fatal(err)
				}
				if err := judge(k, reports); err != nil {
					t.Error(err)
				}
				if runError != nil && len(k.markers) == 0 {
					t.Error(runError)
				}
			})
		}
	}
	if want := 40; broken < want && !testing.Short() || broken == 0 {
		t.Errorf("%d planted mistakes; at least %d are wanted", broken, want)
	}
}

// TestPartialSimdOperationsAreNotedOnlyWhenAsked: they are defined over the active lanes, so by default nothing is said.
func TestPartialSimdOperationsAreNotedOnlyWhenAsked(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	compiler, err := defaultCompiler()
	if err != nil {
		t.Fatal(err)
	}
	d := newDevice(t, Options{Check: true, Partial: true, Compiler: wholeText{compiler}})
	files, _ := filepath.Glob("testdata/planted/*.metal")
	noted := 0
	for _, file := range files {
		for _, k := range readPlanted(t, file) {
			if len(k.notes) == 0 {
				continue
			}
			noted++
			p := compileFile(t, d, file, k.name)
			run(t, p, launchOf(t, d, k.launch))
			reports, err := d.Reports()
			if err != nil {
				t.Fatal(err)
			}
			if err := judge(planted{name: k.name, markers: k.notes}, reports); err != nil {
				t.Errorf("%s: %v", k.name, err)
			}
			for _, r := range reports {
				if r.Kind != device.PartialSIMD {
					t.Errorf("%s: %v", k.name, r)
				}
			}
		}
	}
	if noted < 5 {
		t.Errorf("%d kernels with partial operations; 5 are wanted", noted)
	}
}

// TestARaceShowsBothPlaces: file and line of either access, in the report's text.
func TestARaceShowsBothPlaces(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	d := newDevice(t, Options{Check: true})
	p := compileText(t, d, "kernel void test(device float *o [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {\n"+
		"  threadgroup float t[64];\n  t[i] = float(i) + 1;\n  o[i] = 0;\n  o[i] = t[63 - i];\n}")
	_, _ = p.Run(&device.Launch{Arguments: []device.Argument{{Memory: buffer(t, d, 256)}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{64}})
	reports, err := d.Reports()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if r.Kind != device.Race {
			continue
		}
		if text := r.String(); !strings.Contains(text, "test.metal:3, by thread") || !strings.Contains(text, "test.metal:5, by thread") {
			t.Errorf("not both places: %s", text)
		}
		return
	}
	t.Errorf("no race: %v", reports)
}

// TestCheckedRunsWriteBackOnlyWhatTheyWrote runs on two buffers that wrap the same page, of which the kernel writes
// one.
func TestCheckedRunsWriteBackOnlyWhatTheyWrote(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	d := newDevice(t, Options{Check: true})
	p := compileText(t, d, `kernel void test(device uint *out [[buffer(0)]], device const uint *other [[buffer(1)]], uint i [[thread_position_in_grid]]) { out[i] = other[32] + i; }`)
	page := buffer(t, d, pageBytes(t, d))
	device.View[uint32](page.Bytes())[32] = 5
	for _, order := range [][2]uint32{{0, 1}, {1, 0}} {
		clear(device.View[uint32](page.Bytes())[:32])
		var wraps [2]*device.Memory
		for i := range wraps {
			b, err := d.Wrap(page.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			wraps[i] = b
		}
		run(t, p, device.Launch{Arguments: []device.Argument{{Index: order[0], Memory: wraps[0]}, {Index: order[1], Memory: wraps[1]}},
			Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}})
		if got := device.View[uint32](page.Bytes()); got[0] != 5 || got[31] != 36 || got[32] != 5 {
			t.Errorf("bound in order %v: %d ... %d, %d; want 5 ... 36, 5", order, got[0], got[31], got[32])
		}
	}
}

// TestAccessesOfOddSizesUnderTheCheckers: clang makes one number of the three or six bytes that a function returns, and of a
// struct of five or seven. Nothing announces such accesses; what they read and write counts all the same.
func TestAccessesOfOddSizesUnderTheCheckers(t *testing.T) {
	const text = `
struct Five { uchar of[5]; };
struct Seven { uchar of[7]; };
static Five five(uint n) { Five f; for (uint i = 0; i < 5; ++i) f.of[i] = n * i; return f; }
static Seven seven(device const Seven *s, uint n) { return s[n]; }
static packed_uchar3 three(device const packed_uchar3 *p, uint n) { return p[n]; }
kernel void test(device const uchar *n [[buffer(0)]], device uchar3 *o [[buffer(1)]], device packed_uchar3 *p [[buffer(2)]],
                 device packed_ushort3 *q [[buffer(3)]], device Five *f [[buffer(4)]], device Seven *s [[buffer(5)]], uint i [[thread_position_in_grid]]) {
  o[i] = clz(uchar3(n[i]));
  p[i] = three((device const packed_uchar3 *)n, i);
  q[i] = packed_ushort3(clz(ushort3(n[i])));
  f[i] = five(n[i]);
  s[i] = seven((device const Seven *)n, i);
}
`
	var outputs [2][]byte
	for n, check := range []bool{false, true} {
		d := newDevice(t, Options{Check: check, Workers: 1})
		l := device.Launch{Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}}
		for i, size := range []int{7, 4, 3, 6, 5, 7} {
			m := buffer(t, d, 32*size)
			if i == 0 {
				for k := range m.Bytes() {
					m.Bytes()[k] = byte(k*37 + 1)
				}
			}
			l.Arguments = append(l.Arguments, device.Argument{Index: uint32(i), Memory: m})
		}
		run(t, compileText(t, d, text), l)
		for _, a := range l.Arguments {
			outputs[n] = append(outputs[n], a.Memory.Bytes()...)
		}
		if reports, err := d.Reports(); err != nil || len(reports) > 0 {
			t.Errorf("%v, %v", reports, err)
		}
	}
	for i := range outputs[0] {
		if outputs[0][i] != outputs[1][i] {
			t.Fatalf("byte %d of all buffers is %d under the checkers and %d without", i, outputs[1][i], outputs[0][i])
		}
	}
}

// TestAFaultIsReportedInWords: the report of a checked run names what the processor stopped for, as the error does.
func TestAFaultIsReportedInWords(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors divide by zero")
	}
	d := newDevice(t, Options{Check: true, Workers: 1})
	p := compileText(t, d, "kernel void test(device int *o [[buffer(0)]]) { volatile int n = 0; o[0] = 5 / n; }")
	_, err := p.Run(&device.Launch{Arguments: []device.Argument{{Memory: buffer(t, d, 4)}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{1}})
	wantRefusal(t, err, device.ErrExecutionFailed, "division by zero")
	reports, err := d.Reports()
	if err != nil || len(reports) != 1 {
		t.Fatalf("%d reports, %v", len(reports), err)
	}
	if words := reports[0].String(); !strings.HasPrefix(words, "fault in kernel test: integer division by zero") || !strings.Contains(words, "test.metal:1") {
		t.Error(words)
	}
}
