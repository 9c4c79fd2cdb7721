package host

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

const lockstepFile = "testdata/planted/lockstep.metal"

// vectorAttention runs a kernel of lockstep.metal on 8 keys of 128 elements and returns the largest error of its output.
func vectorAttention(t *testing.T, o Options, function string) (worst float64, reports []device.Report) {
	t.Helper()
	const keys, dim, scale = 8, 128, 0.5
	d := newDevice(t, o)
	p := compileFile(t, d, lockstepFile, function)
	l := device.Launch{Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}}
	var data [4][]float32
	for slot, n := range []int{dim, keys * dim, keys * dim, dim} {
		b := buffer(t, d, 4*n)
		data[slot] = device.View[float32](b.Bytes())
		for i := range data[slot] {
			data[slot][i] = float32(math.Sin(float64(i * (slot + 2) % 1013))) // the logits grow and fall
		}
		l.Arguments = append(l.Arguments, device.Argument{Index: uint32(slot), Memory: b})
	}
	l.Arguments = append(l.Arguments, device.Argument{Index: 4, Bytes: binary.LittleEndian.AppendUint32(nil, math.Float32bits(scale))})
	run(t, p, l)
	var weights [keys]float64
	sum := 0.0
	for key := range weights {
		for i := range dim {
			weights[key] += float64(data[0][i]) * float64(data[1][key*dim+i]) * scale
		}
		weights[key] = math.Exp(weights[key] - 0.01*float64(key))
		sum += weights[key]
	}
	for i := range dim {
		want := 0.0
		for key, w := range weights {
			want += w / sum * float64(data[2][key*dim+i])
		}
		if e := math.Abs(float64(data[3][i]) - want); !(e <= worst) {
			worst = e
		}
	}
	reports, err := d.Reports()
	if err != nil {
		t.Fatal(err)
	}
	return worst, reports
}

// TestLockstepHidesWhatLanesInStepHide has a race that makes a wrong result in every schedule but lockstep.
func TestLockstepHidesWhatLanesInStepHide(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	orders := map[string]Order{"forward": Forward, "reverse": Reverse, "random": Random, "lockstep": Lockstep}
	for name, order := range orders {
		o := Options{Workers: 1, Order: order, Seed: 5, Engine: Fibers} // vectors go in step, too
		if worst, _ := vectorAttention(t, o, "vector_attention_right"); !(worst < 1e-4) {
			t.Errorf("%s: the right kernel is wrong by %g", name, worst)
		}
		worst, _ := vectorAttention(t, o, "vector_attention")
		if right := worst < 1e-4; right != (order == Lockstep) {
			t.Errorf("%s: the kernel with the race is wrong by %g", name, worst)
		}
	}
}

// TestALatentRaceNamesBothPlacesAndTheBarrier looks at what the author of the kernel reads.
func TestALatentRaceNamesBothPlacesAndTheBarrier(t *testing.T) {
	for _, order := range []Order{Forward, Lockstep} {
		_, reports := vectorAttention(t, Options{Workers: 1, Check: true, Order: order}, "vector_attention")
		found := false
		for _, r := range reports {
			text := r.String()
			found = found || r.Latent() && strings.Contains(text, "lockstep.metal:22") && strings.Contains(text, "lockstep.metal:28") &&
				strings.Contains(text, "latent: no wrong value when lanes run in step") &&
				strings.Contains(text, "missing: simdgroup_barrier(mem_flags::mem_threadgroup) between the read at line 22 and the write at line 28")
		}
		if !found {
			t.Errorf("order %d: no report that helps: %v", order, reports)
		}
	}
}

// TestLockstepAgreesOnRightKernels runs what diverges in step: who takes part does not depend on the schedule.
func TestLockstepAgreesOnRightKernels(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for _, file := range []string{"one.metal", "two.metal", "ahead.metal"} {
		want, _ := divergentRun(t, Options{Workers: 1, Engine: Fibers}, file)
		for _, check := range []bool{false, true} {
			got, _ := divergentRun(t, Options{Workers: 1, Order: Lockstep, Check: check}, file)
			for lane := range 32 {
				if got[lane] != want[lane] {
					t.Errorf("%s, lane %d: %d in step, %d forward", file, lane, got[lane], want[lane])
				}
			}
		}
	}
}
