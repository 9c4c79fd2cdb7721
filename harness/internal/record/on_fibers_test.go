package record

import (
	"strings"
	"testing"

	"attest.example/attest/harness/internal/verdict"
)

// TestKernelsOnFibersAreCounted once each, by the reason, in the text and in the object.
func TestKernelsOnFibersAreCounted(t *testing.T) {
	var s Summary
	for range 3 {
		s.Add(Result{Verdict: verdict.Verdict{Kind: verdict.Pass}, OnFibers: []string{"a: a loop that is entered at two places", "b: a message of os_log"}}, "")
	}
	s.Add(Result{Verdict: verdict.Verdict{Kind: verdict.Pass}, OnFibers: []string{"c: a message of os_log"}}, "")
	var b strings.Builder
	if err := s.WriteText(&b, ""); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"on fibers      1 kernel: a loop that is entered at two places\n", "on fibers      2 kernels: a message of os_log\n"} {
		if strings.Count(b.String(), line) != 1 {
			t.Errorf("no %q in\n%s", line, b.String())
		}
	}
	object, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if want := `"kernels_on_fibers": {"a loop that is entered at two places": 1, "a message of os_log": 2}`; !strings.Contains(string(object), want) {
		t.Errorf("no %s in %s", want, object)
	}
	if object, err = (Summary{}).JSON(); err != nil || strings.Contains(string(object), "kernels_on_fibers") {
		t.Errorf("%v, without any: %s", err, object)
	}
}
