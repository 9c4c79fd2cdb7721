package relation

import (
	"math"
	"testing"

	"attest.example/attest/reference"
)

// TestInfinityWithinTheTolerance: an interval that leaves a format's range takes the infinity on that side, no other
// takes one, and none takes NaN.
func TestInfinityWithinTheTolerance(t *testing.T) {
	inf := math.Inf(1)
	for _, test := range []struct {
		out, acc      reference.Format
		output        string
		want, allowed float64
		got           float64
		ok            bool
	}{
		{reference.FP32, reference.BF16, "", -3.7e38, 7.5e38, inf, true},
		{reference.FP32, reference.BF16, "", -3.7e38, 7.5e38, -inf, true},
		{reference.FP32, reference.BF16, "", -3.7e38, 7.5e38, math.NaN(), false},
		{reference.FP32, reference.FP32, "", 0, 3e38, inf, false},
		{reference.FP32, reference.FP32, "", -3e38, 1e38, inf, false},
		{reference.FP32, reference.FP32, "", -3e38, 1e38, -inf, true},
		{reference.FP16, reference.FP32, "", 6e4, 6e3, inf, true},
		{reference.FP16, reference.FP32, "", 6e4, 6e3, -inf, false},
		{reference.FP16, reference.FP32, "", 6e4, 5e3, inf, false},
		{reference.FP32, reference.FP16, "lse", 6e4, 6e3, inf, true},
		{reference.FP16, reference.FP32, "lse", 6e4, 6e3, inf, false},
	} {
		s := &Subject{Arithmetic: reference.Arithmetic{Out: test.out, Acc: test.acc}}
		result := (&application{Subject: s}).tally("")
		result.hold(place{}, 0, test.output, test.got, element{test.want, test.allowed, reference.Value})
		if ok := result.err() == nil; ok != test.ok {
			t.Errorf("%+v: accepted is %v", test, ok)
		}
	}
}
