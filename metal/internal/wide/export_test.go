package wide

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Reprint reads the entry points of a text and writes them again.
func Reprint(text string) (string, error) {
	m, failed := readModule(text, entryName.MatchString)
	var b strings.Builder
	for _, f := range m.functions {
		b.WriteString(f.String())
	}
	var all []error
	for name, err := range failed {
		all = append(all, fmt.Errorf("%s: %w", name, err))
	}
	return b.String(), errors.Join(all...)
}

// Findings is what the analysis finds of the one entry point of a text, in words: what differs, which blocks run under
// masks, which values each lane keeps behind a loop, which blocks belong to each loop's turns.
func Findings(text string) (differ, masked, kept []string, turns [][]string, straights map[string]int64, err error) {
	m, failed := readModule(text, entryName.MatchString)
	for _, err := range failed {
		return nil, nil, nil, nil, nil, err
	}
	f := m.functions[0]
	if err := shape(f); err != nil {
		return nil, nil, nil, nil, nil, err
	}
	w, err := flowOf(f)
	if err != nil {
		return nil, nil, nil, nil, nil, err
	}
	d, err := diverge(m, f, w)
	if err != nil {
		return nil, nil, nil, nil, nil, err
	}
	e := &emitter{m: m, f: f, flow: w, d: d, straights: map[string]*straight{}, flat: map[string]bool{}, steps: map[string]int64{}, self: f.params[0]}
	straights = map[string]int64{}
	for name := range d.differs {
		differ = append(differ, name)
		if s, ok := e.straightOf(value{d.defs[name].inst.typ, name}, d.defs[name].block); ok && s.known {
			straights[name] = s.each
		}
	}
	for b := range d.regions {
		masked = append(masked, b.name)
	}
	for name := range d.outlive {
		kept = append(kept, name)
	}
	for _, l := range w.loops {
		var names []string
		for b := range l.turn {
			names = append(names, b.name)
		}
		slices.Sort(names)
		turns = append(turns, names)
	}
	slices.Sort(differ)
	slices.Sort(masked)
	slices.Sort(kept)
	return differ, masked, kept, turns, straights, nil
}
