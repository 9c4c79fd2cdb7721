package record

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal/atomicfile"
)

// problem returns a small normalized case that depends on seed.
func problem(t testing.TB, seed uint64) cases.Case {
	t.Helper()
	c := cases.Case{
		Version: cases.Version, Batch: 2, Heads: 4, KVHeads: 2, QLen: 7, KVLen: 10, HeadDim: 16, Input: precision.FP16,
		Mask: cases.Mask{Kind: cases.CausalMask}, Values: cases.Values{Seed: seed},
	}
	require.NoError(t, c.Normalize())
	return c
}

var testHeader = Header{
	Path: "naive", Device: "test\nCPU", Toolchain: "go", OS: "linux", Arch: "amd64", Commit: "0123abc", Seed: 7,
}

// result returns a line for a case that took two dispatches of 1 ms and 3 ms.
func result(t testing.TB, index int, v verdict.Verdict) Result {
	t.Helper()
	timing := paths.Timing{DeviceSeconds: []float64{0.001, 0.003}, CompileSeconds: 0.25}
	r := NewResult(problem(t, uint64(index)), "naive", paths.Description{Device: "test CPU", Toolchain: "go"}, v, timing, 0.005)
	r.Index = index
	return r
}

// steadyClock makes a run's clock advance by a quarter of a second at every look.
func steadyClock(r *Run) {
	now := r.began
	r.now = func() time.Time {
		now = now.Add(time.Second / 4)
		return now
	}
}

func open(t testing.TB) (*Run, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "runs", "one")
	r, err := Open(dir, map[string]int{"cases": 3}, testHeader)
	require.NoError(t, err)
	t.Cleanup(func() { r.Close() })
	steadyClock(r)
	return r, dir
}

func collect(dir string) (list []Result, errs []error) {
	for r, err := range Read(dir) {
		if err != nil {
			errs = append(errs, err)
		} else {
			list = append(list, r)
		}
	}
	return list, errs
}

var equateNaN = cmpopts.EquateNaNs()

func TestEveryResultReadsBackWhileTheRunIsOpen(t *testing.T) {
	run, dir := open(t)
	want := []Result{
		result(t, 0, verdict.Verdict{Kind: verdict.Pass, WorstRatio: 0.5}),
		result(t, 1, verdict.Verdict{
			Kind: verdict.Special, Reason: "NaN at \x00\x1b \xff", WorstRatio: math.NaN(), AbsoluteError: math.Inf(1),
			SharpRatio: math.Inf(-1), Where: &verdict.Place{Batch: 1, Head: 2, Row: 3, Column: 4},
		}),
		result(t, 2, verdict.Verdict{Kind: verdict.Unsupported, Reason: "no bf16"}),
	}
	want[1].Case.Notes = "notes stay"
	want[1].Toolchain = "Metal \xfe"
	want[2].DeviceSeconds = nil
	for i, r := range want {
		require.NoError(t, run.Append(r))
		want[i].Reason = strings.ToValidUTF8(r.Reason, "\uFFFD")
		want[i].Toolchain = strings.ToValidUTF8(r.Toolchain, "\uFFFD")
		want[i].Elapsed = 0.25 * float64(i+1)
	}
	got, errs := collect(dir)
	require.Empty(t, errs)
	require.Empty(t, cmp.Diff(want, got, equateNaN, cmpopts.EquateEmpty()))
}

func TestAppendRefusesWhatWouldCorruptTheRun(t *testing.T) {
	run, _ := open(t)
	r := result(t, 0, verdict.Verdict{Kind: verdict.Pass})
	require.NoError(t, run.Append(r))
	require.ErrorContains(t, run.Append(r), "case index 0 is negative or already recorded")
	r.Index = -1
	require.ErrorContains(t, run.Append(r), "case index -1")
	require.NoError(t, run.Close())
	r.Index = 1
	require.ErrorContains(t, run.Append(r), "append after close")
}

func TestOpenOverwritesNothing(t *testing.T) {
	for _, name := range []string{OptionsFile, ResultsFile, BenchFile, FailuresDir, JUnitFile, LogFile} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o644))
		_, err := Open(dir, nil, testHeader)
		require.ErrorContains(t, err, dir)
		require.ErrorContains(t, err, "already holds a run ("+name+")")
		kept, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, "mine", string(kept))
	}
}

func TestOpenNamesADirectoryItCannotMake(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err := Open(filepath.Join(file, "run"), nil, testHeader)
	require.ErrorContains(t, err, filepath.Join(file, "run"))
	_, err = Open(filepath.Join(t.TempDir(), "run"), make(chan int), testHeader)
	require.ErrorContains(t, err, "options")
}

func TestHeaderAndOptionsReadBack(t *testing.T) {
	run, dir := open(t)
	h, raw, err := ReadOptions(dir)
	require.NoError(t, err)
	require.Equal(t, testHeader, h)
	require.JSONEq(t, `{"cases":3}`, string(raw))
	var into struct{ Cases int }
	require.NoError(t, run.DecodeOptions(&into))
	require.Equal(t, 3, into.Cases)
	require.ErrorContains(t, run.DecodeOptions(&struct{ Time string }{}), "unknown field")
}

func TestHeaderDefaultsAreThisMachine(t *testing.T) {
	var h Header
	h.FillDefaults()
	require.NotEmpty(t, h.OS)
	require.NotEmpty(t, h.Arch)
}

func TestJUnitIsWellFormedWhateverTheReasons(t *testing.T) {
	run, dir := open(t)
	kinds := []verdict.Kind{verdict.Pass, verdict.Numeric, verdict.Crash, verdict.Unsupported, verdict.Inconclusive}
	for i, k := range kinds {
		r := result(t, i, verdict.Verdict{Kind: k, Reason: "]]> <a> & \" \x00\x01\x1b[31m \xff\u2028 \uFFFE"})
		require.NoError(t, run.Append(r))
	}
	require.NoError(t, run.Close())
	require.NoError(t, run.Close(), "a second close does nothing")
	text, err := os.ReadFile(filepath.Join(dir, JUnitFile))
	require.NoError(t, err)
	var doc struct {
		Suite struct {
			Tests    int         `xml:"tests,attr"`
			Failures int         `xml:"failures,attr"`
			Errors   int         `xml:"errors,attr"`
			Skipped  int         `xml:"skipped,attr"`
			Cases    []junitCase `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal(text, &doc))
	require.Equal(t, []int{5, 1, 1, 2, 5}, []int{
		doc.Suite.Tests, doc.Suite.Failures, doc.Suite.Errors, doc.Suite.Skipped, len(doc.Suite.Cases),
	})
	require.NotNil(t, doc.Suite.Cases[1].Failure)
	require.Contains(t, doc.Suite.Cases[1].Failure.Message, `]]> <a> & "`)
	require.Contains(t, doc.Suite.Cases[1].Failure.Text, "attest replay --path naive "+failureFile(dir, doc.Suite.Cases[1].Name[2:14]))
	require.NotNil(t, doc.Suite.Cases[2].Error)
	require.NotNil(t, doc.Suite.Cases[3].Skipped)
}

func TestWriteFileLeavesTheOldFileOrTheNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	require.NoError(t, atomicfile.WriteBytes(path, []byte("one")))
	require.NoError(t, atomicfile.WriteBytes(path, []byte("two")))
	err := atomicfile.Write(path, func(w io.Writer) error {
		_, _ = w.Write([]byte("three, in part"))
		return errors.New("the disk is full")
	})
	require.ErrorContains(t, err, "the disk is full")
	require.ErrorContains(t, err, path)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "two", string(text))
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file stays")
}

func TestLogIsKeyValueText(t *testing.T) {
	run, dir := open(t)
	run.Logger().Info("case done", "verdict", "pass")
	text, err := os.ReadFile(filepath.Join(dir, LogFile))
	require.NoError(t, err)
	require.Contains(t, string(text), `msg="case done" verdict=pass`)
}
