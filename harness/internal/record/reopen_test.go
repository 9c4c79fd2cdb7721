package record

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

func TestAnInterruptedRunGoesOnAsIfNothingHappened(t *testing.T) {
	straight, straightDir := open(t)
	for i := range 4 {
		require.NoError(t, straight.Append(result(t, i, verdict.Verdict{Kind: verdict.Pass, WorstRatio: float64(i)})))
	}
	cut, dir := open(t)
	for i := range 2 {
		require.NoError(t, cut.Append(result(t, i, verdict.Verdict{Kind: verdict.Pass, WorstRatio: float64(i)})))
	}
	require.NoError(t, cut.closeFiles()) // as a killed process: no Close
	tear(t, filepath.Join(dir, ResultsFile), `{"index":2,"id":"0`)
	tear(t, filepath.Join(dir, BenchFile), "BenchmarkAttend/mask=caus")

	second, err := Reopen(dir)
	require.NoError(t, err)
	require.Empty(t, second.Damage(), "a torn line is expected")
	require.Equal(t, []bool{true, true, false}, []bool{second.Finished(0), second.Finished(1), second.Finished(2)})
	var options map[string]int
	require.NoError(t, second.DecodeOptions(&options))
	require.Equal(t, map[string]int{"cases": 3}, options)
	require.Equal(t, testHeader, second.Header())
	steadyClock(second)
	for i := 2; i < 4; i++ {
		require.NoError(t, second.Append(result(t, i, verdict.Verdict{Kind: verdict.Pass, WorstRatio: float64(i)})))
	}
	require.Equal(t, straight.Summary(), second.Summary())
	require.NoError(t, straight.Close())
	require.NoError(t, second.Close())
	for _, name := range []string{ResultsFile, BenchFile, OptionsFile, JUnitFile} {
		require.Equal(t, contents(t, straightDir, name), contents(t, dir, name), name)
	}
}

func TestReopenKeepsWhatItCannotRead(t *testing.T) {
	run, dir := open(t)
	require.NoError(t, run.Append(result(t, 0, verdict.Verdict{Kind: verdict.Pass})))
	require.NoError(t, run.Append(result(t, 1, verdict.Verdict{Kind: verdict.Pass})))
	require.NoError(t, run.closeFiles())
	whole := contents(t, dir, ResultsFile)
	lines := strings.SplitAfter(whole, "\n")
	damaged := lines[0] + "garbage\n" + lines[0] + lines[1]
	require.NoError(t, os.WriteFile(filepath.Join(dir, ResultsFile), []byte(strings.TrimSuffix(damaged, "\n")), 0o644))

	second, err := Reopen(dir)
	require.NoError(t, err)
	defer second.Close()
	require.Len(t, second.Damage(), 2)
	require.ErrorContains(t, second.Damage()[0], ResultsFile+":2: ")
	require.ErrorContains(t, second.Damage()[1], "case index 0 is recorded twice")
	require.Equal(t, damaged, contents(t, dir, ResultsFile), "only the missing newline is added")
	require.Equal(t, 2, second.Summary().Cases)
}

func TestTheTailIsMendedAcrossReadBlocks(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, tail := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 200 << 10} {
		keep := line(t, 0)
		require.NoError(t, os.WriteFile(path, []byte(keep+strings.Repeat("x", tail)), 0o644))
		a, err := openAppender(path, 0)
		require.NoError(t, err)
		require.NoError(t, a.mendTail())
		_, err = a.Write([]byte("next\n"))
		require.NoError(t, err)
		require.NoError(t, a.Close())
		require.Equal(t, keep+"next\n", contents(t, dir, "f"), tail)
	}
	require.NoError(t, os.WriteFile(path, []byte("no newline at all"), 0o644))
	a, err := openAppender(path, 0)
	require.NoError(t, err)
	require.NoError(t, a.mendTail())
	require.NoError(t, a.Close())
	require.Empty(t, contents(t, dir, "f"))
}

func TestReopenRefusesWhatIsNoRunOrStillGoing(t *testing.T) {
	_, err := Reopen(t.TempDir())
	require.ErrorContains(t, err, "not a run directory")

	run, dir := open(t)
	_, err = Reopen(dir)
	require.ErrorContains(t, err, "in use by a run that is still going")
	require.NoError(t, run.Close())
	second, err := Reopen(dir)
	require.NoError(t, err)
	require.NoError(t, second.Close())

	require.NoError(t, os.WriteFile(filepath.Join(dir, OptionsFile), []byte(`{"version":9}`), 0o644))
	_, err = Reopen(dir)
	require.ErrorContains(t, err, "version: 9; want 1")
}

// TestEveryFinishedCaseSurvivesAKill lets another process append until it is killed, with no chance to clean up.
func TestEveryFinishedCaseSurvivesAKill(t *testing.T) {
	if dir := os.Getenv("ATTEST_RECORD_FOREVER"); dir != "" {
		run, err := Open(dir, nil, testHeader)
		require.NoError(t, err)
		for i := 0; ; i++ {
			require.NoError(t, run.Append(result(t, i, verdict.Verdict{Kind: verdict.Pass})))
			fmt.Println("finished", i)
		}
	}
	dir := filepath.Join(t.TempDir(), "run")
	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(self, "-test.run=^TestEveryFinishedCaseSurvivesAKill$")
	child.Env = append(os.Environ(), "ATTEST_RECORD_FOREVER="+dir)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	last := -1
	for last < 200 {
		_, err := fmt.Fscanf(out, "finished %d\n", &last)
		require.NoError(t, err)
	}
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()

	run, err := Reopen(dir)
	require.NoError(t, err)
	defer run.Close()
	require.Empty(t, run.Damage())
	for i := range last + 1 {
		require.True(t, run.Finished(i), i)
	}
}

func TestFailuresAreCaseFilesThatReplay(t *testing.T) {
	run, dir := open(t)
	v := verdict.Verdict{Kind: verdict.Numeric, Reason: "off by \xff2", WorstRatio: 3}
	r := result(t, 0, v)
	r.Case.Notes = "from the corpus"
	require.NoError(t, run.Append(r))
	kept := &cases.Evidence{Verdict: v.Kind, Reason: v.Reason, WorstRatio: v.WorstRatio, Path: "naive"}
	file, err := run.SaveFailure(r.Case, kept)
	require.NoError(t, err)
	smaller := problem(t, 9)
	reduced, err := run.SaveReduced(r.ID, smaller, kept)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, FailuresDir, r.ID+".reduced.json"), reduced)
	require.Equal(t, reduced, run.Summary().Failures[0].Reduced)

	c, e, err := cases.DecodeFile([]byte(contents(t, "", file)))
	require.NoError(t, err)
	require.Equal(t, &cases.Evidence{Verdict: verdict.Numeric, Reason: "off by \uFFFD2", WorstRatio: 3, Path: "naive"}, e)
	require.Equal(t, r.ID, cases.Name(c))
	require.Equal(t, "from the corpus; numeric: off by \uFFFD2", c.Notes)

	for _, id := range []string{"", "../../etc/x", "0123456789AB", r.ID + "0"} {
		_, err := run.SaveReduced(id, smaller, kept)
		require.ErrorContains(t, err, "12 hex digits", id)
	}
	require.NoError(t, run.Close())
	second, err := Reopen(dir)
	require.NoError(t, err)
	defer second.Close()
	require.Equal(t, reduced, second.Summary().Failures[0].Reduced, "found again")
}

func tear(t *testing.T, path, fragment string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(fragment)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func contents(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return string(text)
}
