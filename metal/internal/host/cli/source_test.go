package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Flags stand anywhere, and those about how a text is read are the same for every verb; what a kernel logs is printed.
func TestRunTakesIncludesAndPrintsLogs(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "part.h"), []byte("#define PART 2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "k.metal")
	text := "#include <metal_stdlib>\n#include <metal_logging>\n#include <part.h>\nusing namespace metal;\nconstant os_log logger(\"a\", \"b\");\n" +
		"kernel void k(device float *o [[buffer(0)]], uint i [[thread_position_in_grid]]) {\n  o[i] = PART + EXTRA;\n" +
		"  if (i == 3) { logger.log_error(\"%u %5.2f %s %v4f %d%%\", i, 1.5f, \"text\", float4(1, 2, 3, 4), -3); os_log_default.log(\"%lld\", -5l); }\n}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, main := range []func([]string, *bytes.Buffer, *bytes.Buffer) int{
		func(a []string, o, e *bytes.Buffer) int { return RunMain(a, o, e) },
		func(a []string, o, e *bytes.Buffer) int { return CheckMain(a, o, e) },
	} {
		var out, errs bytes.Buffer
		status := main([]string{"--function", "k", file, "-I" + dir, "-D", "EXTRA=0.5f", "--language", "320", "--buffer", "0=zero:float:4", "--threads", "4"}, &out, &errs)
		if status != 0 {
			t.Fatalf("status %d\n%s%s", status, out.String(), errs.String())
		}
		want := "error: thread 3,0,0: a/b: 3  1.50 text 1.000000,2.000000,3.000000,4.000000 -3%\nlog: thread 3,0,0: -5\n"
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s\nwant the lines\n%s", out.String(), want)
		}
	}
}
