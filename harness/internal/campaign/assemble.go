package campaign

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/report"
)

// Assembly is a run of which others computed the cases.
type Assembly struct {
	Options Options
	Header  record.Header
	// Each goes through the results in the order of their numbers, with what is kept of failures.
	Each func(each func(record.Result, *cases.Evidence) error) error
	// Final is nil while the run goes on, or where it was cancelled; then Missing lists what is not there.
	Final   *Final
	Missing []string
	// Disputed are numbers of cases that ended differently in two runs, with both ends.
	Disputed map[int]string
}

// Assemble makes a run directory of it. Nothing runs.
func Assemble(ctx context.Context, a Assembly, dir string, w Watch) (Report, error) {
	known, err := openLedger(a.Options.Ledger)
	if err != nil {
		return Report{}, err
	}
	run, err := record.Open(dir, a.Options, a.Header)
	if err != nil {
		return Report{}, err
	}
	r := &runner{options: a.Options, watch: w, run: run, log: run.Logger(), known: known}
	m := &merger{runner: r}
	err = a.Each(func(result record.Result, e *cases.Evidence) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return m.assembled(result, e, a.Disputed[result.Index])
	})
	if err == nil && a.Final != nil {
		err = m.finalize(a.Final)
	}
	if err == nil && len(m.disputed) > 0 {
		err = m.tellDisputed()
	}
	s := run.Summary()
	s.Ledger = known.entries()
	if a.Options.Peel {
		s.Peeled = true
		if a.Final != nil {
			s.Outside, s.Ended = a.Final.Outside, a.Final.Ended
		}
	}
	s.Requested, s.Missing = a.Options.Cases, a.Missing
	s.Interrupted = a.Final == nil || len(a.Missing) > 0
	s.Directory, s.Version = dir, record.BuildVersion()
	r.report.Summary, r.report.Interrupted = s, s.Interrupted
	err = errors.Join(err, run.SaveEnd(endOf(&s)), run.Close())
	if err == nil {
		_, err = report.Save(dir)
	}
	return r.report, err
}

func (m *merger) assembled(result record.Result, e *cases.Evidence, dispute string) error {
	if result.Kind.Fails() {
		if e == nil {
			return fmt.Errorf("case number %d: no evidence of its failure", result.Index)
		}
		if _, err := m.run.SaveFailure(result.Case, e); err != nil {
			return err
		}
	}
	if dispute != "" {
		m.dispute(&result, dispute)
		e := &cases.Evidence{Verdict: result.Kind, Reason: result.Reason, Path: result.Path, Device: result.Device, Toolchain: result.Toolchain, Deadline: m.options.Deadline.Seconds()}
		if _, err := m.run.SaveFailure(result.Case, e); err != nil {
			return err
		}
	}
	if _, err := m.known.judgeAgain(&result); err != nil {
		return err
	}
	if err := m.run.TakeOver(result); err != nil {
		return err
	}
	m.count(result.Verdict)
	m.reached(result.Kind, result.Case)
	return nil
}

// finalize keeps the reduced cases, their pictures and the findings.
func (m *merger) finalize(f *Final) error {
	dir := m.run.Dir()
	for id, text := range f.Reduced {
		c, e, err := cases.DecodeFile([]byte(text))
		if err != nil || e == nil {
			return fmt.Errorf("the reduced case of %s: %w", id, errors.Join(err, missingEvidence(e)))
		}
		if _, err := m.run.KeepReduced(id, c, e); err != nil {
			return err
		}
		if text, ok := f.Pictures[id]; ok {
			p, err := record.DecodePicture([]byte(text))
			if err != nil {
				return fmt.Errorf("the picture of %s: %w", id, err)
			}
			if err := m.run.SavePicture(id, p); err != nil {
				return err
			}
		}
	}
	found := append([]record.Finding(nil), f.Findings...)
	for i := range found {
		file := record.FailureFile(dir, found[i].Case)
		found[i].Replay, found[i].Reduce = record.Command("replay", m.options.Path, file), record.Command("reduce", m.options.Path, file)
		if found[i].Reduced == "" {
			continue
		}
		found[i].Reduced = record.ReducedFile(dir, found[i].Case)
		found[i].Replay = record.Command("replay", m.options.Path, found[i].Reduced)
	}
	return m.run.SaveFindings(found)
}

func missingEvidence(e *cases.Evidence) error {
	if e == nil {
		return errors.New("it says nothing of a failure")
	}
	return nil
}

// checkID refuses what is no case's name: it becomes a file's.
func checkID(id string) error {
	if len(id) != 12 || strings.Trim(id, "0123456789abcdef") != "" {
		return fmt.Errorf("id %q; want the name of a case, 12 hex digits", id)
	}
	return nil
}

// Check refuses what no step ends with.
func (f *Final) Check() error {
	for i, found := range f.Findings {
		if found.Number != i+1 {
			return fmt.Errorf("finding %d has the number %d", i+1, found.Number)
		}
		if err := checkID(found.Case); err != nil {
			return fmt.Errorf("finding %d: %w", i+1, err)
		}
	}
	for id := range f.Reduced {
		if err := checkID(id); err != nil {
			return fmt.Errorf("reduced: %w", err)
		}
	}
	return nil
}
