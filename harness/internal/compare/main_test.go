package compare

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
)

func run(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = Main(args, &out, &err)
	return status, out.String(), err.String()
}

func TestExitStatusSaysWhetherItGotWorse(t *testing.T) {
	dir := t.TempDir()
	half := func(cases.Case) float64 { return 1.5 }
	old := noisy{dir: filepath.Join(dir, "old"), path: "host", cases: 60, dispatches: 2, noise: 1}.write(t)
	slow := noisy{dir: filepath.Join(dir, "slow"), path: "host", cases: 60, dispatches: 2, noise: 2, slowdown: half}.write(t)

	status, out, err := run(old, slow)
	require.Equal(t, 1, status, err)
	require.Contains(t, out, "SLOWER")
	status, out, _ = run(slow, old)
	require.Equal(t, 0, status)
	require.Contains(t, out, "nothing got worse")
	for _, args := range [][]string{{"--threshold", "80%", old, slow}, {old, slow, "-threshold=0.8"}, {old, "--threshold", "0.8", slow}} {
		status, _, err = run(args...)
		require.Equal(t, 0, status, err)
	}
	// The same from the benchmark files, without verdicts.
	status, out, err = run("--by", "mask,path", filepath.Join(old, record.BenchFile), filepath.Join(slow, record.BenchFile))
	require.Equal(t, 1, status, err)
	require.Contains(t, out, "causal host")
	require.NotContains(t, out, "conformance")
}

func TestWrongUsageSaysWhatWouldBeAccepted(t *testing.T) {
	dir := t.TempDir()
	good := noisy{dir: filepath.Join(dir, "good"), path: "host", cases: 2}.write(t)
	bench := filepath.Join(good, record.BenchFile)
	empty := filepath.Join(dir, "empty.txt")
	require.NoError(t, os.WriteFile(empty, []byte("nothing here\n"), 0o644))
	for _, row := range []struct {
		args []string
		want string
	}{
		{nil, "0 arguments; want two"},
		{[]string{good}, "1 arguments; want two"},
		{[]string{good, good, good}, "3 arguments"},
		{[]string{"--threshold", "much", good, good}, "want a share such as 5% or 0.05"},
		{[]string{"--threshold", "-1", good, good}, "want a share"},
		{[]string{"--threshold", "NaN", good, good}, "want a share"},
		{[]string{"--alpha", "0", good, good}, "want a probability between 0 and 1"},
		{[]string{"--alpha", "1", good, good}, "want a probability between 0 and 1"},
		{[]string{"--min-shared", "2", good, good}, "want a share from 0 to 1"},
		{[]string{"--by", "colour", good, good}, `"colour"; want some of shape,precision,mask,path`},
		{[]string{"--colour", good, good}, "flag provided but not defined"},
		{[]string{good, filepath.Join(dir, "nowhere")}, "nowhere: no such file"},
		{[]string{dir, good}, "not a run directory"},
		{[]string{good, bench}, "want two of a kind"},
		{[]string{empty, bench}, "empty.txt: nothing to compare"},
	} {
		status, out, err := run(row.args...)
		require.Equal(t, 2, status, row.args)
		require.Contains(t, err, row.want)
		require.Equal(t, 1, strings.Count(err, "\n"), err)
		require.Empty(t, out)
	}
	status, out, err := run("--help")
	require.Equal(t, 0, status)
	require.Contains(t, out, "shape classes: decode")
	require.Empty(t, err)
}

func TestDamagedLinesAreToldAndTheRestIsCompared(t *testing.T) {
	dir := t.TempDir()
	old := noisy{dir: filepath.Join(dir, "old"), path: "host", cases: 10, dispatches: 1}.write(t)
	file := filepath.Join(old, record.ResultsFile)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(text[:len(text)-40], "\xff\nrubbish\n"...), 0o644))
	status, out, stderr := run(old, old)
	require.Equal(t, 0, status, stderr)
	require.Contains(t, out, "results.jsonl:10: ")
	require.Contains(t, out, "results.jsonl:11: ")
	require.Contains(t, out, "conformance, 9 cases in both runs")

	bench := filepath.Join(old, record.BenchFile)
	text, err = os.ReadFile(bench)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(bench, append(text, "BenchmarkAttend/x=1 one 2 sec/op\n"...), 0o644))
	status, out, stderr = run(bench, bench)
	require.Equal(t, 0, status, stderr)
	require.Contains(t, out, "bench.txt:")
	require.Contains(t, out, "parsing iteration count")
}

// Files of other tools: names that are not ours, ns/op, several samples of one name.
func TestAnyGoBenchmarkFileCompares(t *testing.T) {
	hold := inTemp(t)
	var old, after strings.Builder
	old.WriteString("goos: linux\npkg: attest/reference\n")
	after.WriteString("goos: linux\npkg: attest/reference\n")
	for i := range 8 {
		fast, slow := "10"+string(rune('0'+i)), "20"+string(rune('0'+i))
		old.WriteString("BenchmarkReference/N=64-2 100 " + fast + " ns/op\nBenchmarkCodec-2 5 " + fast + " ns/op 3 allocs/op\n")
		after.WriteString("BenchmarkReference/N=64-2 100 " + slow + " ns/op\nBenchmarkCodec-2 5 " + fast + " ns/op 3 allocs/op\n")
	}
	require.NoError(t, os.WriteFile("old.txt", []byte(old.String()), 0o644))
	require.NoError(t, os.WriteFile("new.txt", []byte(after.String()), 0o644))
	r, err := Compare("old.txt", "new.txt", Options{Threshold: 0.05})
	require.NoError(t, err)
	require.True(t, r.Worse())
	hold("gobench.txt", text(t, r))
}

// Two tables of attest bench, the second made while the machine was half as fast: by the clock all is slower, and the
// yardstick beside it shows which row really is.
func TestABusyMachineIsNotASlowdown(t *testing.T) {
	hold := inTemp(t)
	write := func(file string, machine, causal float64, withYardsticks bool) {
		var b bytes.Buffer
		out, err := record.NewBenchWriter(&b, record.Header{Path: "host", OS: "linux", Arch: "amd64"})
		require.NoError(t, err)
		for i := range 12 {
			c := problem(t, 1, i%6)
			c.QLen = 16 // of one shape class
			require.NoError(t, c.Normalize())
			for pass := range 8 {
				seconds := record.Instructions(c) / 1e9 * (1 + 0.01*float64((3*pass+i)%8))
				if c.Mask.Kind == cases.CausalMask {
					seconds *= causal
				}
				s := record.Sample{Dispatches: 5, Device: machine * seconds, Wall: machine * seconds}
				if withYardsticks {
					s.Yardsticks = seconds / 1e-3
				}
				require.NoError(t, out.AddSample(c, s))
			}
		}
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	}
	write("quiet.txt", 1, 1, true)
	write("busy.txt", 2, 1, true)
	write("slower.txt", 2, 1.3, true)
	write("clock.txt", 2, 1, false)

	status, out, err := run("--threshold", "10%", "quiet.txt", "busy.txt")
	require.Equal(t, 0, status, err)
	require.Contains(t, out, "nothing got worse")
	require.Contains(t, out, "how busy the machine was: 2.000")
	status, out, err = run("--threshold", "10%", "quiet.txt", "slower.txt")
	require.Equal(t, 1, status, err)
	hold("yardsticks.txt", out)
	status, out, _ = run("--threshold", "10%", "quiet.txt", "clock.txt")
	require.Equal(t, 1, status, "one side has no yardsticks: then only the clock is left")
	require.NotContains(t, out, "yardsticks")
}

func TestPeaksThatDifferAreTold(t *testing.T) {
	for _, row := range []struct {
		was, is float64
		told    bool
	}{{4e10, 2e10, true}, {2e10, 4e10, true}, {4e10, 3.9e10, false}, {0, 4e10, false}, {4e10, 0, false}, {0, 0, false}} {
		r := &Report{Old: &Side{Header: record.Header{Peak: row.was}}, New: &Side{Header: record.Header{Peak: row.is}}}
		r.warn()
		require.Equal(t, row.told, len(r.Warnings) > 0, "%g, %g: %v", row.was, row.is, r.Warnings)
	}
}

// FuzzBenchFile holds that no file crashes the comparison.
func FuzzBenchFile(f *testing.F) {
	f.Add([]byte("path: host\nBenchmarkAttend/mask=causal/in=fp16/D=16/B=2/H=4/kvH=2/q=7/kv=10 1 0.001 sec/op\n"))
	f.Add([]byte("BenchmarkAttend/mask=/in=fp16/D=1e999/B=-2/H=NaN/q=7/kv=10 1 -0.001 sec/op 1e308 wall-sec/op\n"))
	f.Add([]byte("BenchmarkX 1 5 ns/op\nBenchmarkX 1 NaN ns/op\nBenchmarkX 1 Inf ns/op\n"))
	base := filepath.Join(f.TempDir(), "base.txt")
	line := "path: host\nBenchmarkAttend/mask=causal/in=fp16/D=16/B=2/H=4/kvH=2/q=7/kv=11 1 0.001 sec/op 0.1 wall-sec/op\n"
	if err := os.WriteFile(base, []byte(line), 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "fuzzed.txt")
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, pair := range [][]string{{file, file}, {base, file}, {file, base}} {
			if status, _, stderr := run(pair...); status == 2 && stderr == "" {
				t.Fatal("refused without a word")
			} else if status == 1 && pair[0] == pair[1] {
				t.Fatal("worse than itself")
			}
		}
	})
}
