package queue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
)

// Merged is a run of a campaign as a run directory.
type Merged struct {
	Run PlannedRun
	Dir string
	campaign.Report
}

// Merge makes a run directory of each run of a campaign, below dir where there are several, else dir itself. Nothing
// runs; a campaign that goes on, or was cancelled, ends with what is there, and the summary names what is missing.
func (b *Bus) Merge(ctx context.Context, name, dir string) ([]Merged, error) {
	p, err := b.Plan(ctx, name)
	if err != nil {
		return nil, err
	}
	var list []Merged
	for i, planned := range p.Runs {
		to := dir
		if len(p.Runs) > 1 {
			to = filepath.Join(dir, fmt.Sprintf("%d-%s", i+1, planned.Path))
		}
		report, err := b.mergeRun(ctx, p, run{name, i}, to)
		if err != nil {
			return list, fmt.Errorf("campaign %s, path %s: %w", name, planned, err)
		}
		list = append(list, Merged{planned, to, report})
	}
	return list, nil
}

func (b *Bus) mergeRun(ctx context.Context, p *Plan, r run, dir string) (campaign.Report, error) {
	steps, err := b.all(ctx, r)
	if err != nil {
		return campaign.Report{}, err
	}
	a := campaign.Assembly{Options: p.options, Disputed: map[int]string{}}
	a.Options.Path, a.Options.Workers = p.Runs[r.number].String(), 1
	if len(steps) == 0 {
		return campaign.Report{}, errors.New("no worker has begun with it")
	}
	a.Header, a.Options.Isolation, a.Final = *steps[0].Header, steps[0].Isolate, steps[len(steps)-1].Final
	a.Options.Path = a.Header.Path
	if p.Known != "" {
		if a.Options.Ledger, err = keepKnown(dir, p.Known); err != nil {
			return campaign.Report{}, err
		}
	}
	if err := b.disputed(ctx, r, a.Disputed); err != nil {
		return campaign.Report{}, err
	}
	for _, d := range steps { // the header names all devices before the first line is written
		if d.Header != nil {
			a.Header.Device, a.Header.Toolchain = alsoOn(a.Header.Device, d.Header.Device), alsoOn(a.Header.Toolchain, d.Header.Toolchain)
			a.Header.Peak = max(a.Header.Peak, d.Header.Peak)
		}
	}
	if a.Final == nil {
		n, err := b.outstanding(ctx, p, r, steps)
		if err != nil {
			return campaign.Report{}, err
		}
		if n > 0 {
			a.Missing = append(a.Missing, fmt.Sprintf("%d cases that were handed out", n))
		}
		a.Missing = append(a.Missing, "the end: steps that explain failures and decide what follows")
	}
	a.Each = func(take func(record.Result, *cases.Evidence) error) error { return b.eachLine(ctx, p, r, steps, take) }
	return campaign.Assemble(ctx, a, dir, campaign.Watch{})
}

// outstanding counts the cases that were handed out and have no result yet.
func (b *Bus) outstanding(ctx context.Context, p *Plan, r run, steps []*decision) (int, error) {
	missing := 0
	for batch, d := range steps {
		if d.Next == nil {
			continue
		}
		for i := range items(batch, *d.Next, p.Item) {
			there, err := b.has(ctx, r.resultSubject(batch, i.First))
			if err != nil {
				return 0, err
			}
			if !there {
				missing += i.End - i.First
			}
		}
	}
	return missing, nil
}

// eachLine calls take with every result of a run, batch after batch, up to the end of the run or of what is there.
func (b *Bus) eachLine(ctx context.Context, p *Plan, r run, steps []*decision, take func(record.Result, *cases.Evidence) error) error {
	each := func(s *stored, res *result) error {
		elapsed := max(s.time.Sub(p.created).Seconds(), 0)
		for _, l := range res.lines {
			l.Elapsed = elapsed
			if err := take(l.Result, l.evidence); err != nil {
				return err
			}
		}
		return nil
	}
	for batch, d := range steps {
		if d.Next == nil {
			break
		}
		ended, err := b.read(ctx, r, batch, *d.Next, p.Item, nil, func(item) {}, each)
		if err != nil || ended != "" {
			return err
		}
	}
	return nil
}

func alsoOn(a, b string) string {
	if a == b || b == "" {
		return a
	}
	return a + "; " + b
}

// keepKnown puts the known failures into the run directory, where the run's options find them again.
func keepKnown(dir, text string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "known.toml")
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	return file, errors.Join(err, f.Close())
}

// disputed gathers the cases about which two results of one item disagree.
func (b *Bus) disputed(ctx context.Context, r run, into map[int]string) error {
	info, err := b.results.Info(ctx, withSubjects(r.disputes()))
	if err != nil {
		return err
	}
	for subject := range info.State.Subjects {
		s, err := b.at(ctx, subject)
		if err != nil {
			return err
		}
		data, err := b.content(ctx, s)
		if err != nil {
			return err
		}
		var list map[string]string
		if err := json.Unmarshal(data, &list); err != nil {
			return fmt.Errorf("%s: %w", subject, err)
		}
		for index, reason := range list {
			n, err := strconv.Atoi(index)
			if err != nil {
				return fmt.Errorf("%s: %q is no number of a case", subject, index)
			}
			into[n] = reason
		}
	}
	return nil
}
