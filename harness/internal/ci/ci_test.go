package ci_test

import (
	"math"
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
	require.Equal(t, "::error title=attest::6 more: the summary and the page list them", lines[9])
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

// TestByFinding: one bug in 20 cases, then another in one, and a failure that neither explains.
func TestByFinding(t *testing.T) {
	s := &record.Summary{Path: "mine", Cases: 40, Passed: 18, Failed: 22, WorstRatio: math.Inf(1), Findings: []record.Finding{
		{Number: 1, Summary: "batch at least 2", Verdicts: []record.Worn{{Verdict: verdict.Guard, Count: 19}, {Verdict: verdict.Numeric, Count: 1}}, Reason: "left 7 of 14 unwritten", Replay: "attest replay A"},
		{Number: 2, Summary: "scale below 0", Verdicts: []record.Worn{{Verdict: verdict.Numeric, Count: 1}}, Reason: "off", ReducedReason: "off by 3 | 4", Replay: "attest replay B"},
	}}
	for i := range 22 {
		f := record.Failure{Verdict: verdict.Guard, Reason: "left 7 of 14 unwritten", Replay: "attest replay X", Finding: 1}
		switch i {
		case 20:
			f.Finding = 2
		case 21:
			f.Finding, f.Verdict, f.Replay = 0, verdict.Hang, "attest replay C"
		}
		s.Failures = append(s.Failures, f)
	}
	file := filepath.Join(t.TempDir(), "summary.md")
	env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": file}
	var log strings.Builder
	require.NoError(t, ci.Tell(s, &log, func(k string) string { return env[k] }))
	require.Equal(t, []string{
		"::error title=attest%3A 19 guard%2C 1 numeric::batch at least 2: left 7 of 14 unwritten%0Aattest replay A",
		"::error title=attest%3A 1 numeric::scale below 0: off by 3 | 4%0Aattest replay B",
		"::error title=attest%3A hang::left 7 of 14 unwritten%0Aattest replay C",
	}, strings.Split(strings.TrimSpace(log.String()), "\n"))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), "| 40 | 18 | 22 | 0 | 0 | none: NaN, Inf or never written | 0 |")
	require.Contains(t, string(text), "| 1 numeric | scale below 0 | off by 3 \\| 4 | `attest replay B` |")
	require.NotContains(t, string(text), "attest replay X")
}

func TestNothingElsewhere(t *testing.T) {
	var log strings.Builder
	require.NoError(t, ci.Tell(&record.Summary{Failed: 1}, &log, func(string) string { return "" }))
	require.Empty(t, log.String())
}
