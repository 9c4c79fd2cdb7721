package mfa_test

import (
	"os/exec"
	"testing"
)

// 100,000 calls with hostile arguments under the address sanitizer: see test/fuzz.c for what must hold.
func TestHostileCalls(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program of its own: make test runs it")
	}
	command := exec.Command("make", "-s", "-f", "metal/mfa/lib.mk", "mfa-fuzz", "MFA_FUZZ_CALLS=100000", "MFA_BUILD="+t.TempDir())
	command.Dir = "../.."
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestDescriptorsOfOtherHeaders calls with the size that the first header had, with smaller and with larger ones: see
// test/sizes.c.
func TestDescriptorsOfOtherHeaders(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program of its own: make test runs it")
	}
	command := exec.Command("make", "-s", "-f", "metal/mfa/lib.mk", "mfa-sizes", "MFA_BUILD="+t.TempDir())
	command.Dir = "../.."
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestPlans has devices and extents planned and holds the parts of a row's keys against what is wanted: see test/plan.c.
func TestPlans(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program of its own: make test runs it")
	}
	command := exec.Command("make", "-s", "-f", "metal/mfa/lib.mk", "mfa-plan", "MFA_BUILD="+t.TempDir())
	command.Dir = "../.."
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
