package ci_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/ci"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

func TestAnnotationsAndSummary(t *testing.T) {
	s := &record.Summary{Path: "mine|yours", Cases: 20, Passed: 5, Failed: 15}
	for range 15 {
		s.Failures = append(s.Failures, record.Failure{Verdict: verdict.Relation, Law: "a,b", Reason: "100 % off\n::warning::x", Replay: "attest replay F"})
	}
	file := filepath.Join(t.TempDir(), "summary.md")
	env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": file}
	var log strings.Builder
	require.NoError(t, ci.Tell(s, &log, func(k string) string { return env[k] }))
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	require.Len(t, lines, 10)
	require.Equal(t, "::error title=attest%3A relation%2C law a%2Cb::100 %25 off%0A::warning::x%0Aattest replay F", lines[0])
	require.Equal(t, "::error title=attest::6 more cases failed", lines[9])
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), "### attest: mine\\|yours does not conform")
	require.Contains(t, string(text), "| 20 | 5 | 15 |")
	require.Equal(t, 15, strings.Count(string(text), "`attest replay F`"))

	// Steps of a job share the file.
	require.NoError(t, ci.Tell(&record.Summary{Path: "b", Passed: 1, Cases: 1}, &log, func(k string) string { return env[k] }))
	second, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(second), string(text)))
	require.Contains(t, string(second), "b conforms")
}

func TestNothingElsewhere(t *testing.T) {
	var log strings.Builder
	require.NoError(t, ci.Tell(&record.Summary{Failed: 1}, &log, func(string) string { return "" }))
	require.Empty(t, log.String())
}
