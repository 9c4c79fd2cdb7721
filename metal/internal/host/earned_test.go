package host

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
)

// scripted stands in for a compiler of vectors: it waits until it is let go, and counts.
type scripted struct {
	mu    sync.Mutex
	asked []string
	let   chan struct{}
	sums  map[string]time.Duration
}

func (s *scripted) Spend(kernel string, t time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sums[kernel] += t
	return s.sums[kernel]
}

func (s *scripted) Claim(kernel string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sums, kernel)
	return true
}

func (s *scripted) CompileWide(ctx context.Context, p device.Program) (Module, error) {
	s.mu.Lock()
	s.asked = append(s.asked, p.Function)
	s.mu.Unlock()
	select {
	case <-s.let:
		return Module{}, nil
	case <-ctx.Done():
		return Module{}, ctx.Err()
	}
}

func (s *scripted) KnownWide(context.Context, device.Program) (Module, bool) { return Module{}, false }

// A kernel is compiled for vectors once, when fibers have been at it for long, no two at a time, and none after the end. What is
// not told yet is told then, and a kernel that the end has kept from being compiled has to earn it anew.
func TestEarned(t *testing.T) {
	s := &scripted{let: make(chan struct{}), sums: map[string]time.Duration{}}
	e := newEarned(s, time.Second, nil)
	a, b, c := device.Program{Function: "a"}, device.Program{Function: "b"}, device.Program{Function: "c"}
	other := device.Program{Function: "a", Constants: []device.Constant{{Bits: 1}}} // the same kernel as a
	e.spent(a, 600*time.Millisecond)
	e.spent(b, 600*time.Millisecond)
	if len(s.asked) != 0 {
		t.Fatalf("compiled %v before fibers were long at them", s.asked)
	}
	e.spent(other, 600*time.Millisecond)
	e.spent(b, 600*time.Millisecond) // due, but a is under way
	s.let <- struct{}{}
	e.under.Wait()
	e.spent(other, time.Hour) // it was compiled
	e.spent(b, tellAfter)
	s.let <- struct{}{}
	e.under.Wait()
	e.spent(device.Program{Function: "e"}, tellAfter/2)
	e.spent(c, time.Hour)
	e.stop() // ends c without waiting for anybody
	e.spent(device.Program{Function: "d"}, time.Hour)
	if got := s.asked; len(got) < 2 || got[0] != "a" || got[1] != "b" || len(got) > 3 || len(got) == 3 && got[2] != "c" {
		t.Errorf("compiled %v; want a, then b, then at most c", got)
	}
	sums := slices.Sorted(maps.Values(s.sums))
	if want := []time.Duration{tellAfter / 2}; !slices.Equal(sums, want) {
		t.Errorf("the ledger has %v; want %v, of e", sums, want)
	}
}

// Engine Auto begins on fibers, and the next pipeline is vectors, with the same bits; fast math stays on fibers.
func TestAuto(t *testing.T) {
	compiler, err := msl.New(msl.Options{Dir: t.TempDir()})
	if err != nil {
		t.Skip(err)
	}
	var mu sync.Mutex
	var told []EngineOf
	d := newDevice(t, Options{Engine: Auto, AutoAfter: 1, Workers: 1, Compiler: MSL{Compiler: compiler}, OnEngine: func(e EngineOf) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, e)
	}})
	text := prelude + "kernel void test(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]]) { x[i] = simd_sum(exp(x[i])) / (i + 1); }\n"
	memory := buffer(t, d, 4*64)
	once := func(math device.Math) (EngineOf, [256]byte) {
		t.Helper()
		kernel, err := d.Compile(&device.Program{Source: text, File: "test.metal", Function: "test", Math: math})
		if err != nil {
			t.Fatal(err)
		}
		defer kernel.Close()
		clear(memory.Bytes())
		if _, err := kernel.Run(&device.Launch{Arguments: []device.Argument{{Memory: memory}}, Grid: [3]uint32{2, 1, 1}, Threadgroup: [3]uint32{32, 1, 1}}); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		var e EngineOf
		if len(told) > 0 {
			e = told[len(told)-1]
		}
		return e, [256]byte(memory.Bytes())
	}
	first, want := once(device.MathSafe)
	if first.Engine != msl.EngineFibers {
		t.Fatalf("the first pipeline is of %v; want fibers", first)
	}
	program := msl.Program{Source: text, File: "test.metal", Function: "test"}
	made := compiler.KnownWide(t.Context(), program)
	for end := time.Now().Add(5 * time.Minute); made == nil && time.Now().Before(end); made = compiler.KnownWide(t.Context(), program) {
		time.Sleep(10 * time.Millisecond)
	}
	if made == nil {
		if _, err := (MSL{Compiler: compiler}).CompileWide(t.Context(), device.Program{Source: text, File: "test.metal", Function: "test"}); err != nil || compiler.KnownWide(t.Context(), program) == nil {
			t.Skipf("engine wide is not to be had here: %v", err)
		}
		t.Fatal("nothing compiled the kernel for vectors after its pipeline was freed")
	}
	second, got := once(device.MathSafe)
	if second.Engine != msl.EngineWide {
		t.Errorf("the second pipeline is of %v; want wide", second)
	}
	if got != want {
		t.Error("the engines have not the same bits")
	}
	before := len(told)
	if once(device.MathFast); len(told) != before {
		t.Errorf("in fast math an engine was chosen: %v", told[before:])
	}
}

// One pipeline's dispatches are on the engine that is wanted at the time, and tell which it was. Lanes that race show on which
// they ran: vectors go in step.
func TestKeepOnFibers(t *testing.T) {
	compiler, err := msl.New(msl.Options{})
	if err != nil {
		t.Skip(err)
	}
	text := prelude + "kernel void test(device uint *x [[buffer(0)]], threadgroup uint *s [[threadgroup(0)]], uint i [[thread_position_in_threadgroup]]) {\n" +
		"  s[i] = i;\n  x[i] = s[i ^ 1];\n}\n"
	program := device.Program{Source: text, File: "test.metal", Function: "test"}
	if m, err := (MSL{Compiler: compiler}).CompileWide(t.Context(), program); err != nil || m.engineOf("test").Engine != msl.EngineWide {
		t.Skipf("engine wide is not to be had here: %v, %v", m.Engines, err)
	}
	keep, ran := false, []Engine(nil)
	d := newDevice(t, Options{Engine: Auto, Workers: 1, Fill: FillGarbage, Compiler: MSL{Compiler: compiler},
		KeepOnFibers: func() bool { return keep }, OnDispatch: func(e Engine) { ran = append(ran, e) }})
	kernel, err := d.Compile(&program)
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.Close()
	memory := buffer(t, d, 4*32)
	for _, keep = range []bool{false, true, false, true} {
		clear(memory.Bytes())
		ran = nil
		if _, err := kernel.Run(&device.Launch{Arguments: []device.Argument{{Memory: memory}, {Threadgroup: 128}}, Grid: [3]uint32{1, 1, 1}, Threadgroup: [3]uint32{32, 1, 1}}); err != nil {
			t.Fatal(err)
		}
		inStep := true
		for i := range uint32(32) {
			inStep = inStep && binary.LittleEndian.Uint32(memory.Bytes()[4*i:]) == i^1
		}
		want := Wide
		if keep {
			want = Fibers
		}
		if !slices.Equal(ran, []Engine{want}) || inStep == keep {
			t.Errorf("fibers wanted: %v; told of engines %v, lanes in step: %v", keep, ran, inStep)
		}
	}
}
