package peak

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"attest.example/attest/metal"
)

// Yardstick is fixed arithmetic that is run beside what is measured. What a device makes of it in these moments is what
// there is of the device to be had: on a machine that does other things too, both take longer together. It is not safe
// for use by several goroutines at once.
type Yardstick struct {
	kernel *metal.Kernel
	out    *metal.Memory
	groups int
	rounds float64 // that took a second when it last ran; 0: not known yet
}

// groupsEach is how many threadgroups each processor gets, so that one that is held up does not hold up the rest.
const groupsEach = 8

// patience is the deadline of a run: a machine that is busy enough makes a short one long.
const patience = time.Minute

// NewYardstick prepares one. processors is as in Measure.
func NewYardstick(d *metal.Device, processors int) (*Yardstick, error) {
	kernel, err := d.NewKernel(metal.KernelOptions{Source: source, File: "peak.metal", Function: "peak_matrix"})
	if err != nil {
		return nil, fmt.Errorf("yardstick: %w", err)
	}
	y := &Yardstick{kernel: kernel, groups: processors * groupsEach}
	if processors == 0 {
		y.groups = wideGroups
	}
	if y.out, err = d.NewMemory(4 * y.groups * threads * 2); err != nil {
		kernel.Close()
		return nil, fmt.Errorf("yardstick: %w", err)
	}
	return y, nil
}

// Close frees it.
func (y *Yardstick) Close() {
	y.out.Close()
	y.kernel.Close()
}

// Run takes about as long as it is told and returns the device's seconds for 10^9 operations.
func (y *Yardstick) Run(about time.Duration) (seconds float64, err error) {
	if y.rounds == 0 {
		if _, err := y.run(minimumWork); err != nil {
			return 0, err
		}
	}
	return y.run(y.rounds * about.Seconds())
}

func (y *Yardstick) run(rounds float64) (float64, error) {
	n := uint32(min(max(rounds, minimumWork), maximumWork))
	l := launch(y.out, y.groups, n)
	l.Deadline = patience
	seconds, err := y.kernel.Run(l)
	if err != nil {
		return 0, fmt.Errorf("yardstick: %w", err)
	}
	if !(seconds[0] > 0) {
		return 0, fmt.Errorf("yardstick: the device says that it took %g s", seconds[0])
	}
	y.rounds = float64(n) / seconds[0]
	return seconds[0] / (float64(n) * float64(y.groups) * matrixWork) * 1e9, nil
}

// launch is so many rounds of either kernel on each of groups threadgroups.
func launch(out *metal.Memory, groups int, rounds uint32) *metal.Launch {
	by := binary.NativeEndian.AppendUint32(nil, math.Float32bits(0.5))
	by = binary.NativeEndian.AppendUint32(by, math.Float32bits(0.25))
	return &metal.Launch{
		Arguments: []metal.Argument{{Index: 0, Memory: out}, {Index: 1, Bytes: binary.NativeEndian.AppendUint32(nil, rounds)}, {Index: 2, Bytes: by}},
		Grid:      [3]uint32{uint32(groups), 1, 1}, Threadgroup: [3]uint32{threads, 1, 1}, Deadline: longest,
	}
}
