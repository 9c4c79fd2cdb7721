package record

import (
	"fmt"

	"attest/harness/cases"
)

// PeakSlack is by how much a rate may pass a measured peak before it is called impossible: the peak was measured on a
// machine that did other things too.
const PeakSlack = 1.1

// Impossible says why a case cannot have been computed so fast on a device that does at most peak operations a second;
// empty where it can, or where a side is not known. Blocks that a mask array forbids may be skipped, and how many they
// are is not known here, so of such a case nothing is said.
func Impossible(c cases.Case, s Speed, peak float64) string {
	if !(peak > 0) || c.Mask.IsArray() || s.Needed*1e9 <= PeakSlack*peak {
		return ""
	}
	return fmt.Sprintf("%.4g GFLOP/s of operations that no implementation can leave out, on a device whose measured peak is %.4g GFLOP/s",
		s.Needed, peak/1e9)
}
