package record

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// Summary is a run in numbers: the object that --json prints.
type Summary struct {
	Path           string    `json:"path"`
	Device         string    `json:"device"`
	Seed           uint64    `json:"seed"`
	Cases          int       `json:"cases"`
	Passed         int       `json:"passed"`
	Failed         int       `json:"failed"`
	Inconclusive   int       `json:"inconclusive"`
	Unsupported    int       `json:"unsupported"` // cases and draws that the path refused
	Seconds        float64   `json:"seconds"`
	CasesPerSecond float64   `json:"cases_per_second"`
	WorstRatio     float64   `json:"worst_ratio"` // of all cases; NaN where an error could not even be measured
	Failures       []Failure `json:"failures"`
	Lean           *Lean     `json:"lean,omitzero"` // of the outputs of all cases together; nil where no case could tell

	// Refusals are the reasons of what is unsupported. Laws is how many relations held, NotJudged why others, and repeats
	// and variants of judged cases, were left out.
	Refusals  verdict.Tally `json:"unsupported_reasons"`
	Laws      int           `json:"laws_held"`
	NotJudged verdict.Tally `json:"not_judged_reasons"`

	// What the run was to do, and what did it.
	Requested   int    `json:"requested,omitzero"` // cases asked for; 0: as many as the time allows
	Interrupted bool   `json:"interrupted"`        // ended before all of them were judged
	Directory   string `json:"directory,omitzero"` // of the run
	Shard       string `json:"shard,omitzero"`     // which part of the cases the run does, as 3/16; empty: all
	// Missing names, of a run that was merged, the parts that are not there, and of a replay the files that could not be
	// read; then Interrupted holds too.
	Missing []string `json:"missing,omitzero"`
	Version string   `json:"version,omitzero"` // of attest
	Commit  string   `json:"commit,omitzero"`  // likewise

	// Findings are the failures by what explains them, in the order in which they were found.
	Findings []Finding `json:"findings,omitzero"`
	// Known counts failures that the ledger knows; Failed leaves them out. Ledger is its entries.
	Known  int           `json:"known,omitzero"`
	Ledger []LedgerEntry `json:"known_entries,omitzero"`
	// Peeled means that cases which a finding explains were not drawn any more; Outside is how many further cases passed.
	Peeled  bool `json:"peeled,omitzero"`
	Outside int  `json:"outside,omitzero"`
	// Ended is why a run that peels ended before enough cases had passed.
	Ended string `json:"ended,omitzero"`

	Impossible int `json:"impossible_times,omitzero"` // cases whose times cannot be true

	// OnFibers counts, by the reason, the kernels that vectors were to run and fibers did.
	OnFibers map[string]int `json:"kernels_on_fibers,omitempty"`
	// Engines counts cases by the engine that ran them, where the path chooses.
	Engines map[string]int `json:"engines,omitempty"`

	// Of a replay: kept failures that fail and pass on the same path, which Failed counts, and those that no longer fail.
	Flaky    int `json:"flaky,omitzero"`
	NoLonger int `json:"no_longer_failing,omitzero"`

	fibers map[string]bool // which kernels OnFibers has counted, with their reasons

	errored int // of Failed: those without an output
}

// Failure is a nonconforming case and how to see it again.
type Failure struct {
	Case    string       `json:"case"` // its id
	Verdict verdict.Kind `json:"verdict"`
	Reason  string       `json:"reason"`
	Reduced string       `json:"reduced"` // the file of the smallest case that still fails; empty: none yet
	Replay  string       `json:"replay"`  // the command that runs it again
	Law     string       `json:"law,omitzero"`
	// ReducedReason is how the reduced case fails, in its own words and numbers.
	ReducedReason string `json:"reduced_reason,omitzero"`
	// Wrote is the end of what the path's process wrote during the call, where it wrote anything.
	Wrote string `json:"wrote,omitzero"`
	// Finding is the number of the finding that explains the failure; 0: none does.
	Finding int    `json:"finding,omitzero"`
	Note    string `json:"note,omitzero"` // of a kept failure that fails in another way now: how it failed then
	File    string `json:"-"`             // the file of the case as it was found

	path string
}

// Judged is how many cases were held against what is right.
func (s *Summary) Judged() int { return s.Passed + s.Failed + s.Known + s.Inconclusive }

// Unjudged is how many were asked for and refused, all draws of them.
func (s *Summary) Unjudged() int { return s.Cases - s.Judged() }

// Conforms reports whether no case failed in a way that the ledger does not know, of all that were asked for.
func (s *Summary) Conforms() bool { return s.Failed == 0 && !s.Interrupted }

// JSON is the summary on one line. NaN and Inf are strings, as in results.jsonl.
func (s Summary) JSON() ([]byte, error) {
	if s.Failures == nil {
		s.Failures = []Failure{}
	}
	return json.Marshal(s, writing, json.Deterministic(true), jsontext.SpaceAfterColon(true), jsontext.SpaceAfterComma(true))
}

// Add counts a result. dir is the run directory that keeps its failure; empty: none does.
func (s *Summary) Add(r Result, dir string) {
	s.Cases++
	switch {
	case r.Kind == verdict.Pass:
		s.Passed++
	case r.Kind == verdict.Inconclusive:
		s.Inconclusive++
	case r.Kind == verdict.Unsupported:
		s.Unsupported++
		s.Refusals.Add(r.Reason, 1)
	case r.Kind.Fails() && r.Known != "":
		s.Known++
	case r.Kind.Fails():
		s.Failed++
		if noOutput(r.Kind) {
			s.errored++
		}
		s.addFailure(r, dir)
	}
	for _, refused := range r.Refused {
		s.Unsupported += refused.Count
		s.Refusals.Add(refused.Reason, refused.Count)
	}
	for _, words := range r.OnFibers {
		s.countOnFibers(words)
	}
	s.countEngine(r.Engine)
	s.Laws += r.Laws
	for _, reason := range r.NotJudged {
		s.NotJudged.Add(reason, 1)
	}
	if r.Impossible != "" {
		s.Impossible++
	}
	s.lean(r.Lean)
	s.WorstRatio = math.Max(s.WorstRatio, r.WorstRatio) // NaN stays
}

// countOnFibers counts "KERNEL: WHY" once.
func (s *Summary) countOnFibers(words string) {
	if s.fibers[words] {
		return
	}
	if s.fibers == nil {
		s.fibers, s.OnFibers = map[string]bool{}, map[string]int{}
	}
	s.fibers[words] = true
	_, why, _ := strings.Cut(words, ": ")
	s.OnFibers[why]++
}

// AddFile counts the result of a case file; note tells how it failed when it was kept, where that was otherwise.
func (s *Summary) AddFile(r Result, file, note string) {
	known := len(s.Failures)
	s.Add(r, "")
	if len(s.Failures) > known {
		f := &s.Failures[known]
		f.File, f.Note, f.Replay = file, note, Command("replay", OnEngine(r.Path, r.Engine), file)
	}
}

func (s *Summary) addFailure(r Result, dir string) {
	if slices.ContainsFunc(s.Failures, func(f Failure) bool { return f.Case == r.ID }) {
		return // the same case again
	}
	path := OnEngine(r.Path, r.Engine)
	f := Failure{Case: r.ID, Verdict: r.Kind, Law: r.Law, Reason: r.Reason, File: failureFile(dir, r.ID), Wrote: r.Wrote, path: path}
	f.Replay = Command("replay", path, f.File)
	if reduced := reducedFile(dir, r.ID); exists(reduced) {
		f.Reduced, f.ReducedReason = reduced, reasonOf(reduced)
	}
	s.Failures = append(s.Failures, f)
}

// Command is the line that does something to a case file with a path: attest replay --path P FILE.
func Command(verb, path, file string) string {
	return fmt.Sprintf("%s %s --path %s %s", Program(), verb, shellWord(path), shellWord(file))
}

// Program is how a line that can be pasted calls this command: as it was called, where that names a file, as bin/attest,
// else attest.
func Program() string { return programName(os.Args[0]) }

func programName(called string) string {
	if name := filepath.Base(called); (name == "attest" || name == "attest.exe") && name != called {
		return shellWord(called)
	}
	return "attest"
}

// SetSeconds sets the duration of the run and the rate that follows.
func (s *Summary) SetSeconds(seconds float64) {
	s.Seconds = seconds
	s.CasesPerSecond = 0
	if seconds > 0 {
		s.CasesPerSecond = float64(s.Cases) / seconds
	}
}

// Summarize reads a run directory, finished or not. Damaged lines are left out of the numbers and told in the error,
// together with which the summary is still good.
func Summarize(dir string) (Summary, error) {
	h, _, err := ReadOptions(dir)
	if err != nil {
		return Summary{}, err
	}
	s := Summary{Path: h.Path, Device: h.Device, Seed: h.Seed, Directory: dir, Commit: h.Commit}
	var errs []error
	elapsed := 0.0
	for r, err := range Read(dir) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.Add(r, dir)
		elapsed = max(elapsed, r.Elapsed)
	}
	s.SetSeconds(elapsed)
	found, err := ReadFindings(dir)
	s.SetFindings(found)
	return s, errors.Join(append(errs, err)...)
}

// reasonOf is how a kept failure fails; empty: the file has no reason.
func reasonOf(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	_, e, err := cases.DecodeFile(text)
	if err != nil || e == nil {
		return ""
	}
	return e.Reason
}

func failureFile(dir, id string) string { return filepath.Join(dir, FailuresDir, id+".json") }
func reducedFile(dir, id string) string { return filepath.Join(dir, FailuresDir, id+".reduced.json") }

// FailureFile is where a run directory keeps a failure with this id, and ReducedFile the smallest case found from it.
func FailureFile(dir, id string) string { return failureFile(dir, id) }
func ReducedFile(dir, id string) string { return reducedFile(dir, id) }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
