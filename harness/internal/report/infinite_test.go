package report

import (
	"math"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
)

// TestAnInfiniteRateIsNotDrawn: a plot with one has no scale, and a run whose page fails has no verdict.
func TestAnInfiniteRateIsNotDrawn(t *testing.T) {
	c := cases.Case{Batch: 1, Heads: 1, QLen: 4, KVLen: 4, HeadDim: 4}
	for _, rates := range [][]float64{{math.Inf(1)}, {3, math.Inf(1)}} {
		var results []record.Result
		for _, rate := range rates {
			results = append(results, record.Result{Case: c, Speed: record.Speed{Needed: rate}})
		}
		p, f, err := speed(record.Header{Peak: 1e9}, results)
		if err != nil {
			t.Error(err)
			continue
		}
		if (p == nil) != (len(rates) == 1) {
			t.Errorf("%v: a plot is %v", rates, p)
		}
		if p != nil {
			if _, err := inline(p, f.Title); err != nil {
				t.Error(err)
			}
		}
	}
}
