package msl_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"attest.example/attest/metal/internal/cuda"
	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/host"
	"attest.example/attest/metal/internal/msl"
)

// suiteCompiler compiles all kernels of a text into one module, so that a text of fifty cases is compiled once.
type suiteCompiler struct {
	compiler *msl.Compiler
	failed   *sync.Map // file to error: a text that does not compile is not tried for each of its cases
}

func (s suiteCompiler) Compile(ctx context.Context, p device.Program, checked bool) (host.Module, error) {
	return s.compile(ctx, p, checked, msl.EngineFibers)
}

func (s suiteCompiler) CompileWide(ctx context.Context, p device.Program) (host.Module, error) {
	return s.compile(ctx, p, false, msl.EngineWide)
}

func (s suiteCompiler) compile(ctx context.Context, p device.Program, checked bool, engine msl.Engine) (host.Module, error) {
	program := msl.Program{Engine: engine, Source: p.Source, File: p.File, Check: checked, LanguageVersion: p.Language, Math: p.Math, Constants: p.Constants}
	if strings.HasSuffix(p.File, "constants.metal") { // one text, several pipelines
		program.Function = p.Function
	}
	if err, ok := s.failed.Load(p.File + program.Math.String()); ok {
		return host.Module{}, err.(error)
	}
	m, err := s.compiler.Build(ctx, program)
	if err != nil {
		if program.Function == "" {
			s.failed.Store(p.File+program.Math.String(), err)
		}
		return host.Module{}, err
	}
	return host.Module{Path: m.Path, Elapsed: time.Duration(m.CompileSeconds * float64(time.Second)), Cached: m.Cached, Engines: m.Engines}, nil
}

var (
	suiteDevice = sync.OnceValues(func() (*device.Device, error) {
		if os.Getenv("ATTEST_TEST_DEVICE") == "cuda" {
			return openSuiteGPU()
		}
		return openSuite(host.Options{Engine: host.Fibers})
	})
	wideDevice = sync.OnceValues(func() (*device.Device, error) {
		return openSuite(host.Options{Engine: host.Wide, OnEngine: suiteEngines.add})
	})
	suiteEngines engines
)

func openSuite(o host.Options) (*device.Device, error) {
	c, err := msl.New(msl.Options{})
	if err != nil {
		return nil, err
	}
	o.Compiler = suiteCompiler{c, new(sync.Map)}
	return host.New(o)
}

// engines counts which engine kernels got.
type engines struct {
	lock         sync.Mutex
	wide, fibers int
}

func (e *engines) add(k msl.EngineOf) {
	e.lock.Lock()
	defer e.lock.Unlock()
	if k.Engine == msl.EngineWide {
		e.wide++
	} else {
		e.fibers++
	}
}

const outFloats = 64

// parameters is struct Params of case.h.
func parameters() []byte {
	b := make([]byte, 80)
	put := func(at int, values ...float32) {
		for i, v := range values {
			binary.LittleEndian.PutUint32(b[at+4*i:], math.Float32bits(v))
		}
	}
	put(0, 2.5)
	binary.LittleEndian.PutUint32(b[4:], 3)
	put(16, 1, 2, 3, 4)
	put(32, 5, 6, 7, 8, 9, 10, 11)
	binary.LittleEndian.PutUint16(b[60:], 0x3e00) // 1.5
	put(64, 1, 2, 3, 4)
	return b
}

// launch is how a case runs; the zero value is one thread.
type launch struct {
	grid, threads [3]uint32
	constants     []device.Constant
	math          device.Math
	threadgroup   map[int]int
}

// runCase runs one kernel of a text and returns what it wrote: on fibers and, unless tests are to be short, on vectors, which
// must fail alike and, in safe math, write the same bits.
func runCase(t *testing.T, file, kernel string, l launch) ([]float32, error) {
	t.Helper()
	d, err := suiteDevice()
	if err != nil {
		t.Fatal(err)
	}
	got, err := runCaseOn(t, d, file, kernel, l)
	if testing.Short() || os.Getenv("ATTEST_TEST_DEVICE") != "" {
		return got, err
	}
	w, failed := wideDevice()
	if failed != nil {
		t.Fatal(failed)
	}
	wide, wideError := runCaseOn(t, w, file, kernel, l)
	if (err == nil) != (wideError == nil) {
		t.Errorf("fibers say %v, engine wide %v", err, wideError)
	}
	for i := range min(len(got), len(wide)) {
		if math.Float32bits(got[i]) != math.Float32bits(wide[i]) && l.math == device.MathSafe {
			t.Errorf("number %d is %v on fibers and %v on vectors (%#x, %#x)", i, got[i], wide[i], math.Float32bits(got[i]), math.Float32bits(wide[i]))
		}
	}
	return got, err
}

func runCaseOn(t *testing.T, d *device.Device, file, kernel string, l launch) ([]float32, error) {
	t.Helper()
	name := filepath.Join("testdata", "semantics", file)
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	pipeline, err := d.Compile(&device.Program{Source: string(source), File: name, Function: kernel, Constants: l.constants, Math: l.math})
	if err != nil {
		return nil, err
	}
	defer pipeline.Close()
	floats := func(n int, f func(i int) float32) *device.Memory {
		b, err := d.NewMemory(4 * n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			binary.LittleEndian.PutUint32(b.Bytes()[4*i:], math.Float32bits(f(i)))
		}
		return b
	}
	out := floats(outFloats, func(int) float32 { return -99 })
	defer out.Close()
	in := floats(64, func(i int) float32 { return float32(i + 1) })
	defer in.Close()
	table := floats(16, func(i int) float32 { return float32(10 * (i + 1)) })
	defer table.Close()
	if l.threads == ([3]uint32{}) {
		l.threads = [3]uint32{1, 1, 1}
	}
	if l.grid == ([3]uint32{}) {
		l.grid = [3]uint32{1, 1, 1}
	}
	bindings := []device.Argument{{Index: 0, Memory: out}, {Index: 1, Memory: in}, {Index: 2, Bytes: parameters()}, {Index: 3, Memory: table}}
	switch kernel {
	case "untagged":
	case "partly_tagged":
		bindings[0].Index, bindings[1].Index = 0, 1
	}
	for _, slot := range []int{5, 6} {
		if len(l.constants) > 0 {
			bindings = append(bindings, device.Argument{Index: uint32(slot), Memory: in})
		}
	}
	for index, bytes := range l.threadgroup {
		bindings = append(bindings, device.Argument{Index: uint32(index), Threadgroup: bytes})
	}
	if _, err := pipeline.Run(&device.Launch{Arguments: bindings, Grid: l.grid, Threadgroup: l.threads, Deadline: time.Minute}); err != nil {
		return nil, err
	}
	values := make([]float32, outFloats)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(out.Bytes()[4*i:]))
	}
	return values, nil
}

// near reports whether got is within relative tolerance eps of want; the same NaN or infinity always is.
func near(got, want, eps float64) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) || eps == 0 {
		return got == want || math.IsNaN(got) && math.IsNaN(want)
	}
	return math.Abs(got-want) <= eps*max(1, math.Abs(want))
}

// checkCase runs a kernel and compares the first numbers it wrote with those of want, a list in text form.
func checkCase(t *testing.T, file, kernel, want string, l launch, eps float64) {
	t.Helper()
	got, err := runCase(t, file, kernel, l)
	if err != nil {
		t.Fatal(err)
	}
	if problem := compare(got, want, eps); problem != "" {
		t.Error(problem)
	}
}

func compare(got []float32, want string, eps float64) string {
	for i, field := range strings.Fields(want) {
		expected, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return err.Error()
		}
		if i >= len(got) || !near(float64(got[i]), expected, eps) {
			return fmt.Sprintf("number %d is %v, want %v; all: %v", i, got[i], field, got[:len(strings.Fields(want))])
		}
	}
	return ""
}

// suitePTX does the same for an NVIDIA GPU: ATTEST_TEST_DEVICE=cuda runs the suite there.
type suitePTX struct{ compiler *msl.Compiler }

func (s suitePTX) Build(ctx context.Context, p msl.Program) (*msl.Module, error) {
	if !strings.HasSuffix(p.File, "constants.metal") {
		p.Function = ""
	}
	return s.compiler.Build(ctx, p)
}

func openSuiteGPU() (*device.Device, error) {
	c, err := msl.New(msl.Options{Target: "ptx"})
	if err != nil {
		return nil, err
	}
	return cuda.New(cuda.Options{Compiler: suitePTX{c}, Library: os.Getenv("ATTEST_TEST_LIBCUDA")})
}

// TestSemanticsEngines reports how much of the suite ran on vectors; it stands last, behind the tests that run it.
func TestSemanticsEngines(t *testing.T) {
	suiteEngines.lock.Lock()
	defer suiteEngines.lock.Unlock()
	t.Logf("%d cases on vectors, %d stayed on fibers", suiteEngines.wide, suiteEngines.fibers)
}
