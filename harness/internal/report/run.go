package report

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// run is one run directory as the page shows it.
type run struct {
	ID      string // unique on the page
	Dir     string
	Header  record.Header
	Summary record.Summary
	Damage  []string

	Headline string
	Class    string // of the headline: good, bad, doubt
	Ended    string // what is to know of its end; empty: it did all that was asked for

	Findings []finding
	Coverage []table
	Plots    []figure
	Slowest  []slow
	Skipped  []verdict.Refusal // what was not supported
	NotAsked []verdict.Refusal // relations and repeats that were not judged
}

// table counts cases by one property.
type table struct {
	Name string
	Rows []countRow
}

type countRow struct {
	Name                         string
	Passed, Failed, Inconclusive int
	Share                        int // of the most frequent row, in percent
}

// Total is all of the row.
func (r countRow) Total() int { return r.Passed + r.Failed + r.Inconclusive }

type slow struct {
	Index                int
	Summary, ID, Verdict string
	Seconds, GFLOP       float64
	Dispatches           int
	ShareOfPeak          float64
	CompileMilliseconds  float64
}

const shownSlowest = 12

func load(dir string, number int) (*run, error) {
	header, _, err := record.ReadOptions(dir)
	if err != nil {
		return nil, err
	}
	r := &run{ID: "r" + strconv.Itoa(number), Dir: dir, Header: header}
	var results []record.Result
	lost := 0
	for result, err := range record.Read(dir) {
		var damaged *record.LineError
		switch {
		case errors.As(err, &damaged):
			lost++
			r.Damage = append(r.Damage, err.Error())
			continue
		case err != nil:
			return nil, err
		}
		results = append(results, result)
	}
	slices.SortStableFunc(results, func(a, b record.Result) int { return cmp.Compare(a.Index, b.Index) })
	r.Summary, _ = record.Summarize(dir) // what it cannot read is in Damage
	end, err := record.ReadEnd(dir)
	if err != nil {
		r.Damage = append(r.Damage, err.Error())
	}
	r.judge(end, lost)
	if r.Findings, err = findings(r.ID, dir, &r.Summary, results); err != nil {
		r.Damage = append(r.Damage, err.Error())
	}
	r.Coverage = coverage(results)
	r.Skipped, r.NotAsked = r.Summary.Refusals.List(), r.Summary.NotJudged.List()
	if r.Plots, err = figures(header, results); err != nil {
		return nil, err
	}
	r.Slowest = slowest(header, results)
	return r, nil
}

// judge says what the run shows. lost are lines of its results that cannot be read: each may be a case that failed.
func (r *run) judge(end *record.End, lost int) {
	s := &r.Summary
	switch {
	case s.Failed > 0:
		r.Class, r.Headline = "bad", fmt.Sprintf("does not conform: %d of %s failed", s.Failed, plural(s.Cases, "case"))
	case s.Passed == 0:
		r.Class, r.Headline = "doubt", "nothing shown: no case could be judged"
	case lost > 0:
		r.Class, r.Headline = "doubt", fmt.Sprintf("damaged: %s passed, %s of the results cannot be read", plural(s.Passed, "case"), plural(lost, "line"))
	default:
		r.Class, r.Headline = "good", fmt.Sprintf("conforms: %s passed", plural(s.Passed, "case"))
	}
	switch {
	case end == nil:
		r.Ended = "How this run ended is not recorded: it was killed, or it still goes on. Nothing is shown for cases that are missing."
	case end.Interrupted:
		of := ""
		if end.Requested > 0 && !end.Peeled { // of a run that peels, what was asked for are cases outside the conditions
			of = fmt.Sprintf(" of %d", end.Requested)
		}
		r.Ended = fmt.Sprintf("Interrupted after %d%s cases: nothing is shown for the rest.", s.Cases, of)
	case end.Peeled && end.Why != "":
		r.Ended = fmt.Sprintf("%s passed outside the conditions of what was found; %s.", plural(end.Outside, "further case"), end.Why)
		return
	case end.Peeled:
		r.Ended = fmt.Sprintf("%s outside the conditions of what was found conform.", plural(end.Outside, "further case"))
		return
	case s.Cases < end.Requested:
		r.Ended = fmt.Sprintf("The results of only %d of %d cases are here: nothing is shown for the rest.", s.Cases, end.Requested)
	default:
		return
	}
	if r.Class == "good" { // what did not end shows nothing for the whole
		r.Class, r.Headline = "doubt", fmt.Sprintf("not finished: %s passed so far", plural(s.Passed, "case"))
	}
}

// show fills in what one failure tells.
func (f *finding) show(dir string, failure record.Failure) error {
	f.Reason, f.Wrote = failure.Reason, strings.TrimRight(failure.Wrote, "\n")
	file := failure.File
	if failure.Reduced != "" {
		file = failure.Reduced
		if failure.ReducedReason != "" {
			f.Reason = failure.ReducedReason
		}
	}
	path := ""
	if text, err := os.ReadFile(file); err == nil {
		c, e, err := cases.DecodeFile(text)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		f.Summary = cases.Describe(c)
		f.JSON = strings.TrimSpace(string(text))
		if e != nil {
			path = e.Path
		}
	}
	if path != "" {
		f.Lines = []string{record.Command("show", path, file), record.Command("replay", path, file), record.Command("reduce", path, failure.File)}
	} else {
		f.Lines = []string{failure.Replay}
	}
	p, err := record.ReadPicture(dir, failure.Case)
	if err != nil || p == nil {
		return err
	}
	f.Diagnosis = p.Diagnosis.Sentence()
	if family := p.Diagnosis.Family(); family != nil {
		f.Family = family.Sentence()
	}
	for _, w := range p.Diagnosis.What[min(1, len(p.Diagnosis.What)):] {
		f.Also = append(f.Also, fmt.Sprintf("%s (%s, %d of %d)", w.Summary, w.Sure, w.Agree, w.Wrong))
	}
	f.Picture = drawn(p, f.ID)
	return nil
}

func coverage(results []record.Result) []table {
	properties := []struct {
		name string
		of   func(cases.Case) string
	}{
		{"head_dim", func(c cases.Case) string { return bucket(c.HeadDim) }},
		{"precision", func(c cases.Case) string {
			if c.Output != c.Input {
				return c.Input.String() + " to " + c.Output.String()
			}
			return c.Input.String()
		}},
		{"mask", func(c cases.Case) string {
			if c.Mask.Kind == "" {
				return "none"
			}
			return string(c.Mask.Kind)
		}},
		{"heads", func(c cases.Case) string {
			switch {
			case c.KVHeads == c.Heads:
				return "a kv head each"
			case c.KVHeads == 1:
				return "one kv head for all"
			}
			return "grouped"
		}},
	}
	var list []table
	for _, p := range properties {
		t := table{Name: p.name}
		at := map[string]int{}
		for _, r := range results {
			if r.Kind == verdict.Unsupported {
				continue
			}
			name := p.of(r.Case)
			i, known := at[name]
			if !known {
				i = len(t.Rows)
				at[name] = i
				t.Rows = append(t.Rows, countRow{Name: name})
			}
			row := &t.Rows[i]
			switch {
			case r.Kind.Fails():
				row.Failed++
			case r.Kind == verdict.Inconclusive:
				row.Inconclusive++
			default:
				row.Passed++
			}
		}
		most := 1
		for _, row := range t.Rows {
			most = max(most, row.Total())
		}
		for i := range t.Rows {
			t.Rows[i].Share = 100 * t.Rows[i].Total() / most
		}
		slices.SortStableFunc(t.Rows, func(a, b countRow) int {
			x, errX := strconv.Atoi(strings.SplitN(a.Name, " ", 2)[0])
			y, errY := strconv.Atoi(strings.SplitN(b.Name, " ", 2)[0])
			if errX == nil && errY == nil {
				return cmp.Compare(x, y)
			}
			return cmp.Compare(b.Total(), a.Total())
		})
		if len(t.Rows) > 0 {
			list = append(list, t)
		}
	}
	return list
}

// bucket names the range of a head_dim; multiples of 8 are another thing than the rest.
func bucket(d int) string {
	low, high := 1, 16
	for d > high {
		low, high = high+1, high*2
	}
	kind := "ragged"
	if d%8 == 0 {
		kind = "multiple of 8"
	}
	return fmt.Sprintf("%d to %d, %s", low, high, kind)
}

func slowest(h record.Header, results []record.Result) []slow {
	// Results are large and there may be a million: what is sorted is where they stand.
	order := make([]int, len(results))
	took := make([]float64, len(results))
	for i := range results {
		order[i], took[i] = i, seconds(&results[i])
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(took[b], took[a]) })
	var list []slow
	for _, i := range order[:min(len(order), shownSlowest)] {
		r := &results[i]
		if took[i] <= 0 {
			break
		}
		s := slow{Index: r.Index, ID: r.ID, Summary: cases.Describe(r.Case), Verdict: string(r.Kind), Seconds: took[i], GFLOP: r.Needed,
			Dispatches: r.Dispatches, CompileMilliseconds: 1000 * r.CompileSeconds}
		if h.Peak > 0 {
			s.ShareOfPeak = 100 * r.Needed * 1e9 / h.Peak
		}
		list = append(list, s)
	}
	return list
}

// seconds is what a case took: on the device where its clock is known, else the call.
func seconds(r *record.Result) float64 {
	if s := r.GPUSeconds(); s > 0 {
		return s
	}
	return r.WallSeconds
}

func number(x float64) string {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 0):
		return fmt.Sprintf("%+g", x)[0:1] + "Inf"
	case x != 0 && (math.Abs(x) >= 1e6 || math.Abs(x) < 1e-3):
		return fmt.Sprintf("%.3g", x)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

func percent(x float64) string { return fmt.Sprintf("%.2g %%", x) }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Where is the directory's base name, for headings.
func (r *run) Where() string { return filepath.Base(r.Dir) }
