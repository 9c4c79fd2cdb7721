package compare

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// Side is one of the two runs.
type Side struct {
	Source  string // the directory or file
	Header  record.Header
	Cases   int     // or benchmarks
	Judged  bool    // it holds verdicts: a run directory
	Damaged []error // what could not be read

	entries map[key]*entry
}

// key is what makes two entries the same case. Its path is empty where the two sides ran different paths.
type key struct{ path, id string }

// entry is what one side knows of a case.
type entry struct {
	group  Group
	work   float64   // instructions of one dispatch; 0: not known
	device []float64 // seconds of dispatches on the device's clock
	wall   []float64 // seconds of calls
	// yardsticks are seconds by those of fixed work beside, see record.UnitYardstick
	yardsticks []float64

	kind   verdict.Kind // empty: no verdict
	reason string
	c      cases.Case
}

// readSide reads a run directory or a file in the Go benchmark format.
func readSide(source string) (*Side, error) {
	info, err := os.Stat(source)
	if err != nil {
		return nil, fmt.Errorf("%w; want a run directory or a benchmark file", err)
	}
	s := &Side{Source: source, entries: map[key]*entry{}}
	if info.IsDir() {
		err = s.readRun()
	} else {
		err = s.readBench()
	}
	if err != nil {
		return nil, err
	}
	s.Cases = len(s.entries)
	if s.Cases == 0 {
		return nil, errors.Join(append([]error{fmt.Errorf("%s: nothing to compare in it", source)}, s.Damaged...)...)
	}
	return s, nil
}

func (s *Side) readRun() (err error) {
	if s.Header, _, err = record.ReadOptions(s.Source); err != nil {
		return err
	}
	s.Judged = true
	for r, err := range record.Read(s.Source) {
		var damaged *record.LineError
		switch {
		case errors.As(err, &damaged):
			s.Damaged = append(s.Damaged, err)
		case err != nil:
			return err
		default:
			s.addResult(r)
		}
	}
	return nil
}

func (s *Side) addResult(r record.Result) {
	e := s.at(key{r.Path, r.ID}, func() *entry {
		return &entry{group: groupOf(r.Case, r.Path), work: record.Instructions(r.Case), c: r.Case}
	})
	if e.kind == "" || rank(r.Kind) > rank(e.kind) {
		e.kind, e.reason = r.Kind, r.Reason // of a case that ran twice, the worse verdict counts
	}
	if r.Kind != verdict.Pass && r.Kind != verdict.Inconclusive || r.Impossible != "" {
		return // a wrong result has no speed, and a time that cannot be true is none
	}
	for _, seconds := range r.DeviceSeconds {
		e.device = appendSeconds(e.device, seconds)
	}
	e.wall = appendSeconds(e.wall, r.WallSeconds)
}

func (s *Side) at(k key, fresh func() *entry) *entry {
	e := s.entries[k]
	if e == nil {
		e = fresh()
		s.entries[k] = e
	}
	return e
}

// appendSeconds drops what is not a duration: zero, negative, NaN, infinite.
func appendSeconds(list []float64, seconds float64) []float64 {
	if seconds > 0 && seconds < 1e9 {
		return append(list, seconds)
	}
	return list
}

// alignPaths lets runs of two different paths be compared case by case: where each side ran a single path and they
// differ, the path is taken out of the keys, and the groups name both.
func alignPaths(before, after *Side) {
	was, is := before.paths(), after.paths()
	if len(was) != 1 || len(is) != 1 || was[0] == is[0] {
		return
	}
	both := was[0] + " -> " + is[0]
	for _, s := range []*Side{before, after} {
		entries := map[key]*entry{}
		for k, e := range s.entries {
			e.group.Path = both
			entries[key{id: k.id}] = e
		}
		s.entries = entries
	}
}

func (s *Side) paths() []string {
	var list []string
	for k := range s.entries {
		list = append(list, k.path)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// keys returns the keys in a fixed order.
func (s *Side) keys() []key {
	var list []key
	for k := range s.entries {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b key) int { return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.id, b.id)) })
	return list
}
