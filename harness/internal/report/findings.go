package report

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// finding is one thing that is wrong: failures that belong together, with one reduced case that stands for them.
type finding struct {
	ID      string
	Title   string
	Trigger string // the condition under which it strikes; empty: none is known
	Sure    string // what the trigger rests on
	Count   int
	First   int
	Last    int
	Reason  string
	Summary string // the reduced case
	JSON    string
	Lines   []string // to paste
	Wrote   string   // the library's last words

	Diagnosis string
	Family    string   // of real bugs that it resembles
	Also      []string // other explanations
	Picture   *drawing
}

// group is failures that the page shows as one.
type group struct {
	finding
	shown record.Failure
}

// findings is the one place where failures become what the page lists: those that a finding of the run explains under
// it, the others by kind and law, each group with its first reduced failure.
func findings(prefix, dir string, s *record.Summary, results []record.Result) ([]finding, error) {
	found, err := explained(dir)
	errs := []error{err}
	groups, rest := byFinding(found, s.Failures)
	groups = append(groups, byKind(rest, results)...)
	var list []finding
	for i, g := range groups {
		g.ID = fmt.Sprintf("%s-finding-%d", prefix, i+1)
		if err := g.show(dir, g.shown); err != nil {
			errs = append(errs, err)
		}
		list = append(list, g.finding)
	}
	return list, errors.Join(errs...)
}

// stored is what the page reads of a finding's file, which package record writes.
type stored struct {
	Number     int           `json:"finding"`
	Trigger    string        `json:"trigger"`
	Sure       string        `json:"sure"`
	Summary    string        `json:"words"`
	Note       string        `json:"note"`
	Probes     int           `json:"probes"`
	Explained  int           `json:"explained"`
	Exceptions int           `json:"exceptions"`
	Cases      int           `json:"cases"`
	First      int           `json:"first"`
	Last       int           `json:"last"`
	IDs        []string      `json:"ids"`
	Case       string        `json:"case"`
	Verdicts   []record.Worn `json:"verdicts"`
}

// explained reads the findings of a run directory, in the order of their numbers; none where there are none.
func explained(dir string) ([]stored, error) {
	names, err := filepath.Glob(filepath.Join(dir, "findings", "*.json"))
	if err != nil {
		return nil, err
	}
	var list []stored
	var errs []error
	for _, name := range names {
		text, err := os.ReadFile(name)
		var f stored
		if err == nil {
			err = json.Unmarshal(text, &f)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b stored) int { return cmp.Compare(a.Number, b.Number) })
	return list, errors.Join(errs...)
}

// byFinding returns a group for each finding, and the failures that none explains.
func byFinding(found []stored, failures []record.Failure) (groups []group, rest []record.Failure) {
	taken := map[string]bool{}
	for _, f := range found {
		g := group{finding: finding{Title: f.Summary, Trigger: f.Trigger, Count: f.Cases, First: f.First, Last: f.Last}}
		if g.Title == "" {
			g.Title = fmt.Sprintf("finding %d", f.Number)
		}
		var worn []string
		for _, v := range f.Verdicts {
			worn = append(worn, fmt.Sprintf("%d %s", v.Count, v.Verdict))
		}
		g.Sure = strings.Join(worn, ", ")
		if f.Trigger != "" {
			g.Sure += fmt.Sprintf("; the condition rests on %s, %s explained, %s", plural(f.Probes, "probe"), plural(f.Explained, "failing case"),
				plural(f.Exceptions, "exception"))
		}
		if f.Sure != "" && f.Sure != f.Trigger {
			g.Sure += "; for sure where " + f.Sure
		}
		if f.Note != "" {
			g.Sure += "; but " + f.Note
		}
		for _, failure := range failures {
			if slices.Contains(f.IDs, failure.Case) || failure.Case == f.Case {
				taken[failure.Case] = true
				if g.shown.Case == "" || failure.Case == f.Case {
					g.shown = failure
				}
			}
		}
		groups = append(groups, g)
	}
	for _, failure := range failures {
		if !taken[failure.Case] {
			rest = append(rest, failure)
		}
	}
	return groups, rest
}

// byKind groups failures by verdict and law.
func byKind(failures []record.Failure, results []record.Result) []group {
	index := map[string]int{}
	for _, r := range results {
		if _, known := index[r.ID]; !known {
			index[r.ID] = r.Index
		}
	}
	type key struct {
		kind verdict.Kind
		law  string
	}
	at := map[key]int{}
	var groups []group
	for _, f := range failures {
		k := key{f.Verdict, f.Law}
		i, known := at[k]
		if !known {
			i = len(groups)
			at[k] = i
			title := string(k.kind)
			if k.law != "" {
				title += ", law " + k.law
			}
			groups = append(groups, group{finding: finding{Title: title, First: math.MaxInt}, shown: f})
		}
		g := &groups[i]
		g.Count++
		g.First, g.Last = min(g.First, index[f.Case]), max(g.Last, index[f.Case])
		if g.shown.Reduced == "" && f.Reduced != "" {
			g.shown = f
		}
	}
	return groups
}
