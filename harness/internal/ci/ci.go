// Package ci tells a GitHub Actions job what a run came to: annotations on the log, and a job summary in Markdown. Where
// no such job runs it does nothing.
package ci

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"attest.example/attest/harness/internal/record"
)

// maxAnnotations is how many a job shows of one step; of more the rest is counted.
const maxAnnotations = 10

// Tell writes what a GitHub Actions job wants to know of a run. log is the job's log, env reads its environment.
func Tell(s *record.Summary, log io.Writer, env func(string) string) error {
	if env("GITHUB_ACTIONS") != "true" {
		return nil
	}
	err := annotate(s, log)
	if file := env("GITHUB_STEP_SUMMARY"); file != "" {
		err = errors.Join(err, appendTo(file, markdown(s)))
	}
	return err
}

func appendTo(file, text string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("job summary: %w", err)
	}
	_, err = io.WriteString(f, text)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("job summary: %w", err)
	}
	return nil
}

// The log's commands end with their line; what stands in them is escaped as GitHub's toolkit does it.
var (
	message  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func annotate(s *record.Summary, log io.Writer) error {
	var b strings.Builder
	for i, f := range s.Failures {
		if i == maxAnnotations-1 && len(s.Failures) > maxAnnotations {
			fmt.Fprintf(&b, "::error title=attest::%d more cases failed\n", len(s.Failures)-i)
			break
		}
		title := "attest: " + string(f.Verdict)
		if f.Law != "" {
			title += ", law " + f.Law
		}
		reason := f.Reason
		if f.ReducedReason != "" {
			reason = f.ReducedReason
		}
		fmt.Fprintf(&b, "::error title=%s::%s\n", property.Replace(title), message.Replace(reason+"\n"+f.Replay))
	}
	if s.Failed == 0 && s.Passed == 0 {
		fmt.Fprintf(&b, "::error title=attest::nothing shown: no case could be judged\n")
	}
	_, err := io.WriteString(log, b.String())
	return err
}

// cell makes text safe in a Markdown table.
var cell = strings.NewReplacer("|", "\\|", "\r", " ", "\n", " ", "<", "&lt;", "`", "'")

func markdown(s *record.Summary) string {
	var b strings.Builder
	verdict := "conforms"
	switch {
	case s.Failed > 0:
		verdict = "does not conform"
	case s.Passed == 0:
		verdict = "nothing shown"
	}
	fmt.Fprintf(&b, "### attest: %s %s\n\n", cell.Replace(s.Path), verdict)
	fmt.Fprintf(&b, "| cases | passed | failed | inconclusive | unsupported | worst ratio | seed |\n|---|---|---|---|---|---|---|\n")
	fmt.Fprintf(&b, "| %d | %d | %d | %d | %d | %.3g | %d |\n\n", s.Cases, s.Passed, s.Failed, s.Inconclusive, s.Unsupported, s.WorstRatio, s.Seed)
	if len(s.Failures) > 0 {
		b.WriteString("| verdict | reason | replay |\n|---|---|---|\n")
	}
	for i, f := range s.Failures {
		if i == 3*maxAnnotations {
			fmt.Fprintf(&b, "| | and %d more | |\n", len(s.Failures)-i)
			break
		}
		kind := string(f.Verdict)
		if f.Law != "" {
			kind += ", law " + f.Law
		}
		reason := f.Reason
		if f.ReducedReason != "" {
			reason = f.ReducedReason
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` |\n", cell.Replace(kind), cell.Replace(reason), cell.Replace(f.Replay))
	}
	b.WriteString("\n")
	return b.String()
}
