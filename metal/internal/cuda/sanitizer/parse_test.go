package sanitizer

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// The logs memcheck-past, racecheck-raced and clean are those of kernels with one mistake each, or none, by compute-sanitizer
// of CUDA 13.0 on an H100; barrier is written by hand after its documentation.
func TestParse(t *testing.T) {
	launch := Launch{Kernel: "k", Threadgroup: [3]uint32{16, 4, 1}}
	for _, test := range []struct {
		log  string
		want []string
	}{
		{"memcheck-past", []string{"out of bounds in kernel k: read of 4 bytes of device memory, 1 bytes after the nearest allocation at 0x7f5c56c00200 of size 256 bytes\n" +
			"  at more.metal:4, by thread (15,3,0) (simdgroup 1, lane 31) of threadgroup 0"}},
		{"racecheck-raced", []string{"race in kernel k: write of threadgroup memory\n  at race.metal:5\n  read at race.metal:6\n  seen 256 times"}},
		{"barrier", []string{"divergent barrier in kernel k:\n  waits at the barrier at more.metal:8, by thread (8,2,0) (simdgroup 1, lane 8) of threadgroup (2,1,0)\n  seen 2 times"}},
		{"clean", nil},
	} {
		t.Run(test.log, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", test.log+".log"))
			if err != nil {
				t.Fatal(err)
			}
			reports, err := Parse(string(text), launch)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range reports {
				got = append(got, r.String())
			}
			if strings.Join(got, "\n--\n") != strings.Join(test.want, "\n--\n") {
				t.Errorf("reports\n%s\nwant\n%s", strings.Join(got, "\n--\n"), strings.Join(test.want, "\n--\n"))
			}
		})
	}
	if _, err := Parse("========= COMPUTE-SANITIZER\n========= Error: Device not supported.\n", launch); err == nil || !strings.Contains(err.Error(), "Device not supported") {
		t.Errorf("a log without a summary: %v", err)
	}
}

// Each tool runs the command once, with the variable that tells it so; what the command prints is printed once.
func TestEachToolRunsTheCommand(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "compute-sanitizer")
	script := `#!/bin/sh
name=$2; log=$4; shift 6
case $name in racecheck) cp "$LOGS/racecheck-raced.log" "$log";; *) cp "$LOGS/clean.log" "$log";; esac
exec "$@"
`
	if err := os.WriteFile(tool, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("LOGS", logs)
	var out bytes.Buffer
	command := []string{"/bin/sh", "-c", "echo under $" + Inside + `; test $` + Inside + ` != synccheck`}
	reports, err := Check(context.Background(), tool, command, Launch{Kernel: "k"}, &out, &out)
	if len(reports) != 1 || reports[0].Kind != device.Race {
		t.Errorf("reports %v, want the race", reports)
	}
	if exit := new(exec.ExitError); !errors.As(err, &exit) || !strings.Contains(err.Error(), "under synccheck: exit status 1") {
		t.Errorf("error %v, want that of the command under the last tool", err)
	}
	if out.String() != "under memcheck\n" {
		t.Errorf("printed %q", out.String())
	}
	if err := os.WriteFile(tool, []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Check(context.Background(), tool, command, Launch{}, &out, &out); err == nil || !strings.Contains(err.Error(), "it left no log") {
		t.Errorf("a tool that does nothing: %v", err)
	}
}
