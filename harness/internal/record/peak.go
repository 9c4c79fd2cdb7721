package record

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
)

// PeakSlack is by how much a rate may pass a measured peak before it is called impossible: the peak was measured on a
// machine that did other things too.
const PeakSlack = 1.1

// ClockSlack is by how much a device's clock may run ahead of ours.
const ClockSlack = 1.1

// doubt returns why the result's times cannot be true; empty where they can. peak is the device's, in operations a second;
// 0: not known.
func (r *Result) doubt(peak float64) string {
	if seconds := r.GPUSeconds(); seconds > ClockSlack*r.WallSeconds && r.WallSeconds > 0 {
		return fmt.Sprintf("the device is said to have computed for %.3g s in a call that was over after %.3g s", seconds, r.WallSeconds)
	}
	if seconds := r.GPUSeconds(); seconds > 0 && seconds < shortest {
		return fmt.Sprintf("the device is said to have computed for %.3g s, which no clock can tell", seconds)
	}
	return Impossible(r.Case, r.Speed, peak)
}

// Impossible returns why a case cannot have been computed so fast on a device that does at most peak operations a second;
// empty where it can, or where a side is not known. Blocks that a mask array forbids may be skipped, and how many they
// are is not known here, so of such a case nothing is said.
func Impossible(c cases.Case, s Speed, peak float64) string {
	if !(peak > 0) || c.Mask.IsArray() || s.Needed*1e9 <= PeakSlack*peak {
		return ""
	}
	return fmt.Sprintf("%.4g GFLOP/s of operations that no implementation can leave out, on a device whose measured peak is %.4g GFLOP/s",
		s.Needed, peak/1e9)
}
