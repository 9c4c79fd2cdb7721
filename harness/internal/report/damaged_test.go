package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/report"
	"attest.example/attest/harness/internal/verdict"
)

// A line that cannot be read, or is not there, may have been of a case that failed.
func TestWhatIsLostIsNotShownToConform(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := record.Open(dir, map[string]string{"path": "right"}, record.Header{Path: "right", Seed: 7})
	require.NoError(t, err)
	c := cases.Case{Version: cases.Version, Batch: 1, Heads: 1, QLen: 1, KVLen: 1, HeadDim: 8, Input: precision.FP32}
	require.NoError(t, c.Normalize())
	pass := verdict.Verdict{Kind: verdict.Pass, Elements: 8}
	require.NoError(t, r.Append(record.NewResult(c, "right", paths.Description{}, pass, paths.Timing{}, 0.01)))
	require.NoError(t, r.SaveEnd(record.End{Requested: 1}))
	require.NoError(t, r.Close())
	results := filepath.Join(dir, "results.jsonl")
	whole, err := os.ReadFile(results)
	require.NoError(t, err)
	line := string(whole)
	for _, test := range []struct{ name, results, end, want string }{
		{"whole", line, `{"requested":1}`, "<h1>conforms: 1 case passed</h1>"},
		{"whole, of a run that had a time", line, `{}`, "<h1>conforms: 1 case passed</h1>"},
		{"broken line", "{\n" + line, `{"requested":2}`, "<h1>damaged: 1 case passed, 1 line of the results cannot be read</h1>"},
		{"broken lines, of a run that had a time", "{\n{\n" + line, `{}`, "<h1>damaged: 1 case passed, 2 lines of the results cannot be read</h1>"},
		{"cut off", line + line[:20], `{"requested":2}`, "<h1>damaged: 1 case passed, 1 line of the results cannot be read</h1>"},
		{"missing", line, `{"requested":2}`, "<h1>not finished: 1 case passed so far</h1>"},
		{"missing", line, `{"requested":2}`, "The results of only 1 of 2 cases are here: nothing is shown for the rest."},
		{"all missing", "", `{"requested":2}`, "<h1>nothing shown: no case could be judged</h1>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(results, []byte(test.results), 0o644))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "end.json"), []byte(test.end), 0o644))
			var page strings.Builder
			require.NoError(t, report.Write(&page, dir))
			require.Contains(t, page.String(), test.want)
		})
	}
}
