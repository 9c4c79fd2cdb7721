package swiftpkg

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSomebodyElsesPackage builds and tests the package in testdata, which knows only Apple's modules and has targets named
// as those behind the stand-in. It takes minutes; make swift-test asks for it.
func TestSomebodyElsesPackage(t *testing.T) {
	if os.Getenv("ATTEST_SWIFT_PACKAGE") == "" {
		t.Skip("SKIPPED, no Swift package is built: ATTEST_SWIFT_PACKAGE=1 asks for it, as make swift-test does")
	}
	ctx := t.Context()
	sources, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "scale")
	if err := os.CopyFS(dir, os.DirFS("testdata/scale")); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "attest")
	if output, err := exec.Command("go", "build", "-o", program, "../../cmd/attest").CombinedOutput(); err != nil {
		t.Fatalf("attest does not build: %v\n%s", err, output)
	}
	var out bytes.Buffer
	o := Options{Dir: dir, Sources: sources, Program: program, Out: &out, Err: &out,
		Device: []string{"ATTEST_METAL_FAMILY=apple9", "ATTEST_METAL_NAME=Apple M3"}}
	if err := Test(ctx, o); err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	if !strings.Contains(out.String(), "Executed 9 tests, with 0 failures") {
		t.Fatalf("its 9 tests did not run:\n%s", out.Bytes())
	}

	o.Device = []string{"ATTEST_METAL_STRICT=1"} // a slot of its kernel that stays unbound is then refused
	var failed *Failed
	if err := Test(ctx, o); !errors.As(err, &failed) {
		t.Fatalf("strict: got %v, want a failure of its tests\n%s", err, out.Bytes())
	}

	products, err := Build(ctx, Options{Dir: dir, Sources: sources, Program: program, Out: &out, Err: &out})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	var tool, shared string
	for _, path := range products {
		switch filepath.Base(path) {
		case "scale":
			tool = path
		case "libScaleFFI.so":
			shared = path
		}
	}
	if tool == "" || shared == "" {
		t.Fatalf("products %q; want scale and libScaleFFI.so", products)
	}
	// Both run on this system, which may have no Swift.
	if output, err := exec.Command(tool).CombinedOutput(); err != nil || strings.TrimSpace(string(output)) != "[2.0, 4.0, 6.0]" {
		t.Fatalf("%s: %v\n%s; want [2.0, 4.0, 6.0]", tool, err, output)
	}
	caller := filepath.Join(t.TempDir(), "caller")
	if output, err := exec.Command("cc", "-o", caller, "testdata/caller.c", "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if output, err := exec.Command(caller, shared).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", shared, err, output)
	}
}

// TestALibraryInSwiftConforms builds examples/swift, whose manifest asks for a feature that Swift 6 has anyway, and judges
// what it exports.
func TestALibraryInSwiftConforms(t *testing.T) {
	if os.Getenv("ATTEST_SWIFT_PACKAGE") == "" {
		t.Skip("SKIPPED, no Swift package is built: ATTEST_SWIFT_PACKAGE=1 asks for it, as make swift-test does")
	}
	sources, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "mine")
	if err := os.CopyFS(dir, os.DirFS("../../../examples/swift")); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "attest")
	if output, err := exec.Command("go", "build", "-o", program, "../../cmd/attest").CombinedOutput(); err != nil {
		t.Fatalf("attest does not build: %v\n%s", err, output)
	}
	var out bytes.Buffer
	products, err := Build(t.Context(), Options{Dir: dir, Sources: sources, Program: program, Out: &out, Err: &out})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	if len(products) != 1 || filepath.Base(products[0]) != "libMineFFI.so" {
		t.Fatalf("products %q; want libMineFFI.so", products)
	}
	run := exec.Command(program, "run", "--path", "lib:"+products[0], "--cases", "40", "--relations", "1", "--out", filepath.Join(t.TempDir(), "run"))
	if output, err := run.CombinedOutput(); err != nil || !strings.Contains(string(output), "40 passed, 0 failed") {
		t.Fatalf("%v\n%s", err, output)
	}
}
