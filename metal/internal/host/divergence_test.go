package host

import (
	"path/filepath"
	"slices"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// everySchedule are the orders in which a device may run simdgroups and threadgroups, with and without the checkers:
// which lanes take part in an operation depends on none of them.
func everySchedule() map[string]Options {
	all := map[string]Options{}
	for name, o := range map[string]Options{"forward": {Engine: Fibers}, "reverse": {Engine: Fibers, Order: Reverse},
		"random": {Engine: Fibers, Order: Random, Seed: 7}, "lockstep": {Order: Lockstep}} {
		o.Workers = 1
		all[name] = o
		o.Check = true
		all[name+", checked"] = o
	}
	return all
}

// divergentRun runs a kernel of testdata/divergent on one simdgroup, n = 3 in buffer 2, and returns buffer 1.
func divergentRun(t *testing.T, o Options, file string) ([]uint32, []device.Report) {
	t.Helper()
	d := newDevice(t, o)
	p := compileFile(t, d, filepath.Join("testdata/divergent", file), "f")
	in, out := buffer(t, d, 64*4), buffer(t, d, (64*32+64)*4)
	for i := range device.View[uint32](in.Bytes()) {
		device.View[uint32](in.Bytes())[i] = uint32(i * 7 % 61)
	}
	run(t, p, device.Launch{Arguments: []device.Argument{{Index: 0, Memory: in}, {Index: 1, Memory: out}, {Index: 2, Bytes: []byte{3, 0, 0, 0}}},
		Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}})
	reports, err := d.Reports()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(device.View[uint32](out.Bytes())), reports
}

// TestLanesOfDifferentTurnsDoNotMeet has values worked out by hand: how many lanes took part, in decimal digits.
func TestLanesOfDifferentTurnsDoNotMeet(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	outer, inner := uint32(323232), uint32(161616)
	for file, want := range map[string]func(lane int) uint32{
		"one.metal":   func(lane int) uint32 { return []uint32{16, 1616}[lane%2] },
		"two.metal":   func(lane int) uint32 { return []uint32{32321632, 323232}[lane%2] },
		"ahead.metal": func(lane int) uint32 { return outer*10000 + []uint32{0, inner}[lane%2] },
	} {
		for name, o := range everySchedule() {
			out, _ := divergentRun(t, o, file)
			for lane := range 32 {
				if out[lane] != want(lane) {
					t.Errorf("%s, %s, lane %d: %d, want %d", file, name, lane, out[lane], want(lane))
				}
			}
		}
	}
}

// TestUniformOperationsAreWhole has two kernels whose operations behind a branch are carried out by all lanes: the
// checkers report nothing there, and checked and unchecked builds compute the same.
func TestUniformOperationsAreWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for file, whole := range map[string][]int{"two.metal": {7}, "ahead.metal": {9}} {
		_, reports := divergentRun(t, Options{Workers: 1, Check: true}, file)
		for _, r := range reports {
			if slices.Contains(whole, r.Access.Line) {
				t.Errorf("%s: an operation that all lanes carry out is reported:\n%v", file, r)
			}
		}
	}
	var first []uint32
	for name, o := range everySchedule() {
		out, reports := divergentRun(t, o, "dup223.metal")
		if first == nil {
			first = out
		}
		if !slices.Equal(first[:32], out[:32]) {
			t.Errorf("%s: other values than in another schedule", name)
		}
		for _, r := range reports {
			if r.Kind == device.DivergentSIMD && r.Missing == 1 {
				t.Errorf("%s: lane 0 is said to be missing behind a branch:\n%v", name, r)
			}
		}
	}
}
