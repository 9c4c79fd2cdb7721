// Package ci tells a GitHub Actions job what a run came to: annotations on the log, and a job summary in Markdown. Where
// no such job runs it does nothing.
package ci

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
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

// told is one thing that is wrong: a finding, or a failure that none explains.
type told struct{ kind, when, reason, replay string }

// wrong lists the findings, and then the failures that none of them explains: a bug that strikes in half of all cases must
// not push the others out of a short list.
func wrong(s *record.Summary) (list []told) {
	for i := range s.Findings {
		f := &s.Findings[i]
		var worn []string
		for _, v := range f.Verdicts {
			worn = append(worn, fmt.Sprintf("%d %s", v.Count, v.Verdict))
		}
		list = append(list, told{strings.Join(worn, ", "), f.Summary, cmp.Or(f.ReducedReason, f.Reason), f.Replay})
	}
	for i := range s.Failures {
		f := &s.Failures[i]
		if f.Finding != 0 && len(s.Findings) > 0 {
			continue
		}
		kind := string(f.Verdict)
		if f.Law != "" {
			kind += ", law " + f.Law
		}
		list = append(list, told{kind, "", cmp.Or(f.ReducedReason, f.Reason), f.Replay})
	}
	return list
}

func annotate(s *record.Summary, log io.Writer) error {
	var b strings.Builder
	list := wrong(s)
	for i, w := range list {
		if i == maxAnnotations-1 && len(list) > maxAnnotations {
			fmt.Fprintf(&b, "::error title=attest::%d more: the summary and the page list them\n", len(list)-i)
			break
		}
		reason := w.reason
		if w.when != "" {
			reason = w.when + ": " + reason
		}
		fmt.Fprintf(&b, "::error title=%s::%s\n", property.Replace("attest: "+w.kind), message.Replace(reason+"\n"+w.replay))
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
	worst := fmt.Sprintf("%.3g", s.WorstRatio)
	if math.IsInf(s.WorstRatio, 0) {
		worst = "none: NaN, Inf or never written"
	}
	fmt.Fprintf(&b, "| %d | %d | %d | %d | %d | %s | %d |\n\n", s.Cases, s.Passed, s.Failed, s.Inconclusive, s.Unsupported, worst, s.Seed)
	list := wrong(s)
	if len(list) > 0 {
		b.WriteString("| verdict | strikes where | reason | replay |\n|---|---|---|---|\n")
	}
	for i, w := range list {
		if i == 3*maxAnnotations {
			fmt.Fprintf(&b, "| | | and %d more | |\n", len(list)-i)
			break
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", cell.Replace(w.kind), cell.Replace(w.when), cell.Replace(w.reason), cell.Replace(w.replay))
	}
	b.WriteString("\n")
	return b.String()
}
