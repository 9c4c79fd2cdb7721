package campaign

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/report"
	"attest.example/attest/harness/internal/verdict"
)

// MergeOptions name the directories to make one run of.
type MergeOptions struct {
	Dirs []string
	// Search asks the path again, over all failures together, as a run in one piece does. Else nothing runs, and the
	// findings are those of the parts.
	Search bool
	// Reduce is how many findings are looked for by Search; negative: as many as the parts looked for.
	Reduce int
	// Ledger is the file of known failures, where it does not lie where the parts found it; empty: it does.
	Ledger string
}

// Merge makes one run directory of several, each of which has done a part of the cases: what a run in one piece would
// have left, apart from times. A case that two of them have counts once; where they disagree about it, that is a failure.
// What is missing is named in the summary, which then does not conform.
func Merge(ctx context.Context, o MergeOptions, dir string, w Watch) (Report, error) {
	parts, err := openParts(o.Dirs)
	if err != nil {
		return Report{}, err
	}
	defer closeParts(parts)
	if err := alike(parts); err != nil {
		return Report{}, err
	}
	first := parts[0]
	options, header := first.options, first.header
	options.Shard = Shard{}
	if o.Ledger != "" {
		options.Ledger = o.Ledger
	}
	if o.Search && o.Reduce >= 0 {
		options.Reduce = o.Reduce
	}
	for _, p := range parts[1:] {
		header.Peak = max(header.Peak, p.header.Peak)
		header.Device, header.Toolchain = both(header.Device, p.header.Device), both(header.Toolchain, p.header.Toolchain)
		options.Time = max(options.Time, p.options.Time)
	}
	stream, err := gen.NewStream(options.Preset, options.Seed, options.Filter)
	if err != nil {
		return Report{}, err
	}
	if own := stream.Fingerprint(); o.Search && header.Generator != "" && header.Generator != own {
		return Report{}, fmt.Errorf("%s: made with generator %s, and this is %s: the search would ask about other cases", first.dir, header.Generator, own)
	}
	known, err := openLedger(options.Ledger)
	if err != nil {
		return Report{}, err
	}
	if known.sum != header.Ledger && header.Ledger != "" {
		return Report{}, fmt.Errorf("%s: its file of known failures was another than %s is now", first.dir, options.Ledger)
	}
	run, err := record.Open(dir, options, header)
	if err != nil {
		return Report{}, err
	}
	r := &runner{options: options, watch: w, run: run, log: run.Logger(), known: known}
	m := &merger{runner: r, parts: parts, from: map[int]*part{}}
	err = m.all(ctx)
	if err == nil && o.Search {
		if options.Triggers {
			r.search = newFindings(r, stream)
		}
		err = r.explainFailures(ctx)
		if r.search != nil {
			err = errors.Join(err, r.search.close())
		}
		r.draw(ctx)
	} else if err == nil {
		err = m.joinFindings()
	}
	if err == nil && len(m.disputed) > 0 {
		err = m.tellDisputed()
	}
	r.report.Summary = r.run.Summary()
	r.report.Summary.Ledger = r.known.entries()
	r.report.Summary.Requested, r.report.Summary.Missing = options.Cases, m.missing()
	r.report.Interrupted = ctx.Err() != nil
	r.report.Summary.Interrupted = r.report.Interrupted || len(r.report.Summary.Missing) > 0
	r.report.Summary.Directory, r.report.Summary.Version = run.Dir(), record.BuildVersion()
	for _, text := range r.report.Summary.Missing {
		r.log.Warn("missing", "part", text)
	}
	err = errors.Join(err, run.SaveEnd(endOf(&r.report.Summary)), run.Close())
	if err == nil {
		_, err = report.Save(dir)
	}
	return r.report, err
}

// both names two devices where they are not the same.
func both(a, b string) string {
	if a == b || b == "" {
		return a
	}
	return a + "; " + b
}

// dispute turns a result about which two runs disagree into a failure.
func (m *merger) dispute(result *record.Result, reason string) {
	result.Kind, result.Reason = verdict.Nondeterministic, reason
	result.Law, result.LawSeed, result.Known = "", 0, ""
	m.disputed = append(m.disputed, dispute{result.Index, result.ID, reason})
}

// merger puts the parts' cases into one run.
type merger struct {
	*runner
	parts    []*part
	from     map[int]*part // of the failures, by their numbers
	disputed []dispute
}

// dispute is a case about which two parts disagree.
type dispute struct {
	index  int
	id     string
	reason string
}

// all takes the cases over in the order of their numbers.
func (m *merger) all(ctx context.Context) error {
	type line struct {
		record.Place
		part *part
	}
	var lines []line
	for _, p := range m.parts {
		m.log.Info("merged", "from", p.dir, "shard", p.options.Shard.String(), "cases", len(p.lines.Places), "commit", p.header.Commit)
		for _, err := range p.lines.Damage {
			m.log.Warn("damaged", "from", p.dir, "error", err)
			if m.watch.Damaged != nil && !errors.Is(err, record.ErrTorn) {
				m.watch.Damaged(err)
			}
		}
		for _, at := range p.lines.Places {
			if m.options.Cases > 0 && at.Index >= m.options.Cases {
				return fmt.Errorf("%s: case number %d of a run of %d", p.dir, at.Index, m.options.Cases)
			}
			lines = append(lines, line{at, p})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.Index, b.Index) })
	for i := 0; i < len(lines); {
		if err := ctx.Err(); err != nil {
			return err
		}
		one := lines[i]
		result, err := one.part.lines.Read(one.Place)
		if err != nil {
			return err
		}
		disputed := false
		for i++; i < len(lines) && lines[i].Index == one.Index; i++ {
			second, err := lines[i].part.lines.Read(lines[i].Place)
			if err != nil {
				return err
			}
			if !disputed && !record.SameEnd(&result, &second) {
				disputed = true
				result = disputedResult(result, second, one.part.dir, lines[i].part.dir)
			}
		}
		if err := m.takeOver(result, one.part, disputed); err != nil {
			return err
		}
	}
	return nil
}

// disputedResult is a failure whatever the two results are: the same seed must lead to the same verdicts.
func disputedResult(a, b record.Result, in, and string) record.Result {
	failed := a
	if !a.Kind.Fails() && b.Kind.Fails() {
		failed = b
	}
	failed.Reason = fmt.Sprintf("the same case ended as %s in %s and as %s in %s", record.Ended(&a), in, record.Ended(&b), and)
	failed.Kind, failed.Law, failed.LawSeed, failed.Known = verdict.Nondeterministic, "", 0, ""
	return failed
}

func (m *merger) takeOver(result record.Result, from *part, disputed bool) error {
	if result.Kind.Fails() {
		m.from[result.Index] = from
		if err := m.keepFailure(&result, from, disputed); err != nil {
			return err
		}
	}
	if _, err := m.known.judgeAgain(&result); err != nil {
		return err
	}
	m.judged = append(m.judged, outcome{result.Index, result.Case, result.Kind, result.Known != "" || disputed})
	switch {
	case disputed:
		m.disputed = append(m.disputed, dispute{result.Index, result.ID, result.Reason})
		m.log.Error("disputed", "index", result.Index, "reason", result.Reason)
	case result.Kind.Fails() && result.Known == "":
		m.failed = append(m.failed, failure{index: result.Index, c: result.Case, v: result.Verdict, engine: result.Engine})
	}
	if err := m.run.TakeOver(result); err != nil {
		return err
	}
	m.count(result.Verdict)
	m.reached(result.Kind, result.Case)
	if m.watch.Case != nil {
		s := m.run.Summary()
		m.watch.Case(s.Cases, s.Failed)
	}
	return nil
}

// keepFailure keeps a failure's file as its part has it. What is disputed has none that tells both results, and is written.
func (m *merger) keepFailure(result *record.Result, from *part, disputed bool) error {
	c, e, err := from.failure(result.ID)
	if err != nil && !disputed {
		return err
	}
	if err != nil || disputed {
		keeping := m.setting().keeping()
		e = &cases.Evidence{Path: keeping.Path, Isolated: keeping.Isolated, Deadline: keeping.Deadline.Seconds(), Commit: from.header.Commit}
		if keeping.Isolated {
			e.Memory = keeping.Memory
		}
		e.Verdict, e.Reason, e.Device, e.Toolchain, c = result.Kind, result.Reason, result.Device, result.Toolchain, result.Case
		_, err := m.run.SaveFailure(c, e)
		return err
	}
	return m.run.KeepFailure(c, e)
}

// tellDisputed adds a finding of the cases about which the parts disagree.
func (m *merger) tellDisputed() error {
	s := m.run.Summary()
	f := record.Finding{
		Number: len(s.Findings) + 1, Summary: "the same case ended differently in two of the merged runs",
		Note: "a race, a state that is left in the process, or two builds under one name", Case: m.disputed[0].id, Reason: m.disputed[0].reason,
	}
	for _, d := range m.disputed {
		f.Add(d.index, d.id, verdict.Nondeterministic)
	}
	file := record.FailureFile(m.run.Dir(), f.Case)
	f.Replay, f.Reduce = record.Command("replay", m.options.Path, file), record.Command("reduce", m.options.Path, file)
	return m.run.SaveFindings(append(s.Findings, f))
}
