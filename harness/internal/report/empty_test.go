package report

import (
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// TestLengthsOfZeroAreDrawn: a logarithmic scale has no 0, and gonum panics at one.
func TestLengthsOfZeroAreDrawn(t *testing.T) {
	for _, c := range []cases.Case{{QLen: 0, KVLen: 0}, {QLen: 0, KVLen: 300}, {QLen: 7, KVLen: 0}} {
		p, f, err := lengths(record.Header{}, []record.Result{{Case: c, Verdict: verdict.Verdict{Kind: verdict.Pass}}, {Case: cases.Case{QLen: 9, KVLen: 9}, Verdict: verdict.Verdict{Kind: verdict.Error}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := inline(p, f.Title); err != nil {
			t.Errorf("%v: %v", c, err)
		}
	}
}
