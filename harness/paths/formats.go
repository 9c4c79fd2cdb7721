package paths

import (
	"runtime"

	"attest/harness/precision"
	"attest/reference"
)

// FormatOf gives a storage format in the reference's terms.
func FormatOf(f precision.Format) reference.Format {
	switch f {
	case precision.FP16:
		return reference.FP16
	case precision.BF16:
		return reference.BF16
	}
	return reference.FP32
}

// DescribeGo describes a path that Go code computes on this machine.
func DescribeGo() Description {
	return Description{Device: "cpu " + runtime.GOARCH, Toolchain: runtime.Version()}
}
