// Package peak measures the most floating-point operations a second that a device can do, with kernels that do nothing
// else, or without any where the device is this machine's processors. No rate of a real kernel can be higher: one that is
// was not measured but made up. It knows nothing of attention.
package peak

import (
	_ "embed"
	"fmt"
	"math"
	"time"

	"attest.example/attest/metal"
	"attest.example/attest/metal/processor"
)

//go:embed peak.metal
var source string

// Peak is what was measured, in operations a second; a fused multiply-add is two.
type Peak struct {
	FMA    float64 `json:"fma_flops"`    // with vectors in registers
	Matrix float64 `json:"matrix_flops"` // with simdgroup matrices; 0: these are made of the same instructions
}

// FLOPS is the larger of the two.
func (p Peak) FLOPS() float64 { return max(p.FMA, p.Matrix) }

const (
	simdWidth   = 32
	threads     = 256 // of a threadgroup
	shortBurst  = 500 * time.Microsecond
	wideBurst   = 10 * shortBurst // of a wide grid, whose threadgroups all take their time to start
	longest     = time.Second     // of one launch, should a device misreport its time
	fmaWork     = 2 * 12 * 4 * threads
	matrixWork  = 2 * 4 * 512 * threads / simdWidth
	wideGroups  = 512 // fill any GPU
	minimumWork = 16  // rounds of a launch
	maximumWork = 1 << 20
)

// UsualTime is a good limit for Measure.
const UsualTime = 400 * time.Millisecond

// Measure takes about the time that it is given, and half a second more where the kernels are not in the compiler's
// cache. processors is how many threadgroups run at once; 0 where it is not known, as on a GPU.
//
// A machine that is busy with other things shows its peak in short bursts only. Where processors is known they are this
// machine's: the peak is that of one in the best of many bursts of C code, times processors, and d is not asked, since of
// registers alone a kernel may make less there than another makes of attention. Where it is not, the peak is that of a grid
// which fills the device.
func Measure(d *metal.Device, processors int, limit time.Duration) (Peak, error) {
	var p Peak
	if processors > 0 {
		var err error
		p.FMA, err = native(processors, limit)
		return p, err
	}
	for _, k := range []struct {
		function string
		work     float64 // operations of a threadgroup and round
		into     *float64
	}{{"peak_fma", fmaWork, &p.FMA}, {"peak_matrix", matrixWork, &p.Matrix}} {
		best, err := measure(d, k.function, k.work, limit/2)
		if err != nil {
			return Peak{}, fmt.Errorf("measure the device's peak with %s: %w", k.function, err)
		}
		*k.into = best
	}
	return p, nil
}

// native is the peak of this machine's processors.
func native(processors int, limit time.Duration) (float64, error) {
	if processor.Bits() == 0 {
		return 0, fmt.Errorf("measure the processors' peak: this program was built without C")
	}
	return best(func(_ int, turns uint32) (float64, error) {
		start := time.Now()
		processor.Turn(uint64(turns))
		return time.Since(start).Seconds(), nil
	}, processor.Operations(), processors, limit, time.Now)
}

func measure(d *metal.Device, function string, work float64, limit time.Duration) (float64, error) {
	kernel, err := d.NewKernel(metal.KernelOptions{Source: source, File: "peak.metal", Function: function})
	if err != nil {
		return 0, err
	}
	defer kernel.Close()
	out, err := d.NewMemory(4 * wideGroups * threads * 2)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	run := func(groups int, rounds uint32) (float64, error) {
		seconds, err := kernel.Run(launch(out, groups, rounds))
		if err != nil {
			return 0, err
		}
		return seconds[0], nil
	}
	return best(run, work, 0, limit, time.Now)
}

// best is the highest rate of run(threadgroups, rounds) within limit.
func best(run func(int, uint32) (float64, error), work float64, processors int, limit time.Duration, now func() time.Time) (float64, error) {
	groups, times, burst := wideGroups, 1.0, wideBurst
	if processors > 0 {
		groups, times, burst = 1, float64(processors), shortBurst
	}
	// fastest sizes the bursts, highest is the result: a burst that is too short for the clock counts for the size only.
	fastest, highest := 0.0, 0.0
	rounds := float64(minimumWork)
	var begin time.Time // behind the first run, before which a device may still compile
	for first := true; first || now().Sub(begin) < limit; first = false {
		seconds, err := run(groups, uint32(rounds))
		if err != nil {
			return 0, err
		}
		if first {
			begin = now()
		}
		if !(seconds > 0) {
			rounds = min(4*rounds, maximumWork)
			continue
		}
		rate := rounds / seconds // a second
		if seconds >= burst.Seconds()/2 {
			highest = max(highest, rate)
		}
		fastest = max(fastest, rate)
		rounds = math.Floor(min(max(min(burst.Seconds()*fastest, 4*rounds), minimumWork), maximumWork))
	}
	if highest == 0 {
		return 0, fmt.Errorf("no burst was long enough for the device's clock")
	}
	return highest * times * float64(groups) * work, nil
}
