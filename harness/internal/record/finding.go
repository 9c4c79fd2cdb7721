package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal/atomicfile"
)

// Finding is failures that one condition explains, whatever their verdicts: one bug, as far as could be told.
type Finding struct {
	Number  int    `json:"finding"`
	Trigger string `json:"trigger,omitzero"` // the condition, wide: no failure of this kind lies outside; empty: none explains it
	Sure    string `json:"sure,omitzero"`    // the narrow condition, inside which nearly everything fails
	Summary string `json:"words"`            // the trigger for people
	Note    string `json:"note,omitzero"`    // what is not sure about it

	Probes     int `json:"probes"`     // cases that were run to find out
	Explained  int `json:"explained"`  // failing cases, of the run and of the probes, that the trigger matches
	Exceptions int `json:"exceptions"` // cases that it matches and that pass
	// Seconds is how long it took to reduce the failure and to ask, on this machine as busy as it was.
	Seconds float64 `json:"seconds,omitzero"`

	Cases         int      `json:"cases"` // failures of the run
	First         int      `json:"first"` // the lowest number of one
	Last          int      `json:"last"`
	Verdicts      []Worn   `json:"verdicts"`                // each kind with its count
	IDs           []string `json:"ids"`                     // of the failing cases
	Case          string   `json:"case"`                    // the id of the failure that it was found from
	Reduced       string   `json:"reduced"`                 // the file of the reduced case; empty: none
	Reason        string   `json:"reason,omitzero"`         // how that failure fails
	ReducedReason string   `json:"reduced_reason,omitzero"` // how its reduced case does
	Replay        string   `json:"replay"`
	Reduce        string   `json:"reduce"`
}

// Add puts a failure of the run under the finding; they come in the order of their numbers.
func (f *Finding) Add(index int, id string, kind verdict.Kind) {
	if f.Cases == 0 {
		f.First = index
	}
	f.Cases, f.Last = f.Cases+1, index
	f.IDs = append(f.IDs, id)
	at := slices.IndexFunc(f.Verdicts, func(w Worn) bool { return w.Verdict == kind })
	if at < 0 {
		at = len(f.Verdicts)
		f.Verdicts = append(f.Verdicts, Worn{Verdict: kind})
	}
	f.Verdicts[at].Count++
}

// Worn is a kind of verdict that a finding's failures have.
type Worn struct {
	Verdict verdict.Kind `json:"verdict"`
	Count   int          `json:"count"`
}

// LedgerEntry is how a known bug fared in a run.
type LedgerEntry struct {
	When    string `json:"when"`
	Reason  string `json:"reason"`
	Link    string `json:"link"`
	Failed  int    `json:"failed"` // failures that it explains
	Passed  int    `json:"passed"` // cases that it matches and that passed
	Expired bool   `json:"expired,omitzero"`
}

// NoLonger reports whether cases that the entry is about ran and none of them failed.
func (e *LedgerEntry) NoLonger() bool { return e.Failed == 0 && e.Passed > 0 && !e.Expired }

// SaveFindings writes findings/N.json, one file each, in place of those that are there.
func (r *Run) SaveFindings(found []Finding) error {
	dir := r.path(FindingsDir)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("findings: %w", err)
	}
	r.summary.SetFindings(found)
	if len(found) == 0 {
		return nil
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("findings: %w", err)
	}
	for _, f := range found {
		text, err := json.Marshal(f, writing, jsontext.WithIndent("  "))
		if err != nil {
			return fmt.Errorf("finding %d: %w", f.Number, err)
		}
		if err := atomicfile.WriteBytes(filepath.Join(dir, fmt.Sprintf("%d.json", f.Number)), append(text, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// ReadFinding reads the file of one finding.
func ReadFinding(file string) (Finding, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Finding{}, fmt.Errorf("finding: %w", err)
	}
	var f Finding
	if err := json.Unmarshal(text, &f, json.RejectUnknownMembers(true)); err != nil {
		return Finding{}, fmt.Errorf("finding %s: %w; want a file of a run directory's %s", file, err, FindingsDir)
	}
	return f, nil
}

// ReadFindings reads those of a run directory, in the order of their numbers; none where there are none.
func ReadFindings(dir string) ([]Finding, error) {
	var list []Finding
	for n := 1; ; n++ {
		f, err := ReadFinding(filepath.Join(dir, FindingsDir, fmt.Sprintf("%d.json", n)))
		if errors.Is(err, fs.ErrNotExist) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		list = append(list, f)
	}
}

// SetFindings puts each failure under the finding that explains it.
func (s *Summary) SetFindings(found []Finding) {
	s.Findings = found
	for i := range s.Failures {
		s.Failures[i].Finding = 0
		if f := s.findingOf(s.Failures[i].Case); f != nil {
			s.Failures[i].Finding = f.Number
		}
	}
}

func (s *Summary) findingOf(id string) *Finding {
	for i := range s.Findings {
		if slices.Contains(s.Findings[i].IDs, id) {
			return &s.Findings[i]
		}
	}
	return nil
}

// Confidence is what the trigger rests on, in one line.
func (f *Finding) Confidence() string {
	took := ""
	if f.Seconds > 0 {
		took = fmt.Sprintf(" in %.1f s", f.Seconds)
	}
	return fmt.Sprintf("%s%s, %s explained, %s", plural(f.Probes, "probe"), took, plural(f.Explained, "failing case"), plural(f.Exceptions, "exception"))
}

func (s *Summary) writeFindings(b *strings.Builder) {
	for _, f := range s.Findings {
		var worn []string
		for _, v := range f.Verdicts {
			worn = append(worn, fmt.Sprintf("%d %s", v.Count, v.Verdict))
		}
		fmt.Fprintf(b, "\nfinding %d: %s\n", f.Number, f.Summary)
		if f.Trigger != "" {
			fmt.Fprintf(b, "  trigger     %s\n", f.Trigger)
			if f.Sure != f.Trigger {
				fmt.Fprintf(b, "  for sure    %s\n", f.Sure)
			}
			fmt.Fprintf(b, "  rests on    %s\n", f.Confidence())
		}
		if f.Note != "" {
			fmt.Fprintf(b, "  but         %s\n", OneLine(f.Note))
		}
		fmt.Fprintf(b, "  cases       %d, the first number %d, the last %d: %s\n", f.Cases, f.First, f.Last, strings.Join(worn, ", "))
		if f.Reason != "" {
			fmt.Fprintf(b, "  such as     %s\n", OneLine(f.Reason))
		}
		if f.ReducedReason != "" {
			fmt.Fprintf(b, "  reduced     %s\n", OneLine(f.ReducedReason))
		}
		fmt.Fprintf(b, "%s\n%s\n", f.Replay, f.Reduce)
	}
}

func (s *Summary) writeLedger(b *strings.Builder) {
	for i := range s.Ledger {
		e := &s.Ledger[i]
		switch {
		case e.Expired:
			fmt.Fprintf(b, "EXPIRED        the known entry %s (%s): its failures count again\n", e.When, OneLine(e.Link))
		case e.NoLonger():
			fmt.Fprintf(b, "NO LONGER      the known entry %s (%s): all %d matching cases passed\n", e.When, OneLine(e.Link), e.Passed)
		case e.Failed > 0:
			fmt.Fprintf(b, "known          %d: %s: %s (%s)\n", e.Failed, e.When, OneLine(e.Reason), OneLine(e.Link))
		}
	}
}

func (s *Summary) writePeeled(b *strings.Builder) {
	if !s.Peeled {
		return
	}
	triggers := "their triggers"
	if len(s.Findings) == 1 {
		triggers = "its trigger"
	}
	if len(s.Findings) == 0 {
		triggers = "any trigger"
	}
	fmt.Fprintf(b, "\n%s; %s outside %s %s\n", plural(len(s.Findings), "finding"), plural(s.Outside, "further case"), triggers,
		map[bool]string{true: "conforms", false: "conform"}[s.Outside == 1])
	if s.Ended != "" {
		fmt.Fprintf(b, "ended early: %s\n", OneLine(s.Ended))
	}
}
