package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json/v1"
)

func TestSARIFNamesFileAndLine(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	dir := t.TempDir()
	kernel, file := filepath.Join(dir, "k.metal"), filepath.Join(dir, "found.sarif")
	source := "#include <metal_stdlib>\nusing namespace metal;\nkernel void k(device float *o [[buffer(0)]], uint i [[thread_position_in_grid]]) {\n    o[i + 1] = 1;\n}\n"
	if err := os.WriteFile(kernel, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	check := func(count string) (sarifRun, int) {
		t.Helper()
		var out, errs bytes.Buffer
		status := CheckMain([]string{kernel, "--function", "k", "--buffer", "0=zero:float:" + count, "--sarif", file}, &out, &errs)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err, out.String(), errs.String())
		}
		var log sarifLog
		if err := json.Unmarshal(text, &log); err != nil || log.Version != "2.1.0" || len(log.Runs) != 1 {
			t.Fatalf("%v: %s", err, text)
		}
		return log.Runs[0], status
	}
	run, status := check("32") // thread 31 writes past the end
	if status != exitWrong || len(run.Results) != 1 {
		t.Fatalf("status %d, %+v", status, run)
	}
	r := run.Results[0]
	at := r.Locations[0].Physical
	if r.RuleID != "out-of-bounds" || r.Level != "error" || at.Region == nil || at.Region.StartLine != 4 || filepath.Base(at.Artifact.URI) != "k.metal" {
		t.Errorf("%+v", r)
	}
	if len(run.Tool.Driver.Rules) != 1 || run.Tool.Driver.Rules[0].ID != r.RuleID {
		t.Errorf("%+v", run.Tool)
	}
	if run, status := check("33"); status != exitRight || len(run.Results) != 0 {
		t.Errorf("status %d, %+v", status, run)
	}
}
