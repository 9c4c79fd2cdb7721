package record

import (
	"math"
	"strings"
	"testing"

	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// TestLeaningOfARunIsTheSumOfItsCases: each case leans a little, all of them together past the line.
func TestLeaningOfARunIsTheSumOfItsCases(t *testing.T) {
	one := reference.Lean{Rows: 64, Size: reference.Sums{Errors: -36, Squares: 64, Along: -3e-3, Size: 1}}
	if one.T() > reference.LeanLine {
		t.Fatalf("a case alone has T %v", one.T())
	}
	var s Summary
	s.Add(Result{Verdict: verdict.Verdict{Kind: verdict.Pass}}, "")
	if s.Lean != nil {
		t.Error("a case that cannot tell counts")
	}
	for range 4 {
		s.Add(Result{Verdict: verdict.Verdict{Kind: verdict.Pass, Lean: &one}}, "")
	}
	if s.Lean.Rows != 256 || math.Abs(s.Lean.Size.T-9) > 1e-9 || math.Abs(s.Lean.Size.Strength+3e-3) > 1e-12 {
		t.Errorf("sum: %+v", s.Lean)
	}
	var text strings.Builder
	if err := s.WriteText(&text, ""); err != nil {
		t.Fatal(err)
	}
	if want := "LEANING        size T 9.0 (by -0.003), scale T 0.0 (by 0), over 256 rows; correct below 7\n               told, not judged: "; !strings.Contains(text.String(), want) {
		t.Errorf("text lacks %q:\n%s", want, text.String())
	}
	data, err := s.JSON()
	if err != nil || !strings.Contains(string(data), `"lean": {"rows": 256, "past": true, "size": {"t": 9, "strength": -0.003}`) {
		t.Errorf("%v: %s", err, data)
	}
	// Told, not judged: every case is within its lines.
	if !s.Conforms() || !strings.HasSuffix(text.String(), "conforms\n") {
		t.Errorf("a sum that leans changes the verdict of the run:\n%s", text.String())
	}
}
