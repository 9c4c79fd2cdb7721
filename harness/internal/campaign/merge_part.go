package campaign

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/record"
)

// part is a run directory that is to become a part of another.
type part struct {
	dir     string
	header  record.Header
	options Options
	lines   *record.Lines
	found   []record.Finding
}

func openParts(dirs []string) (parts []*part, err error) {
	defer func() {
		if err != nil {
			closeParts(parts)
		}
	}()
	if len(dirs) == 0 {
		return nil, errors.New("no run directory")
	}
	for i, dir := range dirs {
		if slices.Contains(dirs[:i], dir) {
			return parts, fmt.Errorf("%s stands there twice", dir)
		}
		p := &part{dir: dir}
		if p.header, p.options, err = readRun(dir); err != nil {
			return parts, err
		}
		if p.found, err = record.ReadFindings(dir); err != nil {
			return parts, err
		}
		if p.lines, err = record.OpenLines(dir); err != nil {
			return parts, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func closeParts(parts []*part) {
	for _, p := range parts {
		p.lines.Close()
	}
}

// alike refuses runs that are not parts of one, and names what differs.
func alike(parts []*part) error {
	for _, p := range parts {
		if p.options.Peel {
			return fmt.Errorf("%s was made with --peel: what it draws depends on what it found; attest campaign peels across machines", p.dir)
		}
	}
	first := parts[0]
	for _, p := range parts[1:] {
		for i, a := range first.identity() {
			if b := p.identity()[i]; a.value != b.value {
				return fmt.Errorf("%s and %s are not parts of one run: %s is %s in the one and %s in the other", first.dir, p.dir, a.name, orNone(a.value), orNone(b.value))
			}
		}
	}
	return nil
}

func orNone(text string) string {
	if text == "" {
		return "not known"
	}
	return text
}

type named struct{ name, value string }

// identity is all on which a case and its verdict depend, but for the part of the cases that a run does.
func (p *part) identity() []named {
	o := &p.options
	return []named{
		{"path", o.Path}, {"preset", string(o.Preset)}, {"seed", fmt.Sprint(o.Seed)}, {"filter", text(o.Filter)},
		{"generator", p.header.Generator}, {"attest's commit", p.header.Commit},
		{"cases", fmt.Sprint(o.Cases)}, {"relations", fmt.Sprint(o.Relations)}, {"deadline", o.Deadline.String()},
		{"isolate", fmt.Sprint(o.Isolate)}, {"memory", fmt.Sprint(o.Memory)},
		{"triggers", fmt.Sprint(o.Triggers)}, {"exclude known", fmt.Sprint(o.ExcludeKnown)}, {"the file of known failures", p.header.Ledger},
	}
}

func text(x any) string {
	t, err := json.Marshal(x)
	if err != nil {
		return err.Error() // of what was read as JSON: never
	}
	return string(t)
}

// failure reads the file of a failure, which must be of the case with this id.
func (p *part) failure(id string) (cases.Case, *cases.Evidence, error) {
	return readFailure(record.FailureFile(p.dir, id), id)
}

// readFailure reads a case file; id, where not empty, is the name that the case must have.
func readFailure(file, id string) (cases.Case, *cases.Evidence, error) {
	t, err := os.ReadFile(file)
	if err != nil {
		return cases.Case{}, nil, fmt.Errorf("failure: %w", err)
	}
	c, e, err := cases.DecodeFile(bytes.TrimSpace(t))
	if err != nil {
		return c, e, fmt.Errorf("%s: %w", file, err)
	}
	if name := cases.Name(c); id != "" && name != id {
		return c, e, fmt.Errorf("%s: it holds case %s; want %s", file, name, id)
	}
	if e == nil {
		return c, e, fmt.Errorf("%s: failure: missing; want what the case failed under", file)
	}
	return c, e, nil
}

// missing names what no part has, of a run of a known number of cases; of one by time, the parts that are not there.
func (m *merger) missing() []string {
	of := 0
	for _, p := range m.parts {
		of = max(of, p.options.Shard.Of)
	}
	if m.options.Cases == 0 {
		var list []string
		for number := 1; number <= of; number++ {
			if m.dirOf(Shard{number, of}) == "" {
				list = append(list, fmt.Sprintf("shard %d/%d", number, of))
			}
		}
		return list
	}
	counts := make([]int, max(of, 1))
	for index := range m.options.Cases {
		if !m.run.Finished(index) {
			counts[index/engine.SequenceLength%max(of, 1)]++
		}
	}
	var list []string
	for i, n := range counts {
		if n == 0 {
			continue
		}
		if of == 0 {
			list = append(list, fmt.Sprintf("%d of %d cases", n, m.options.Cases))
			continue
		}
		s := Shard{i + 1, of}
		switch dir := m.dirOf(s); dir {
		case "":
			list = append(list, fmt.Sprintf("shard %s: %d of its %d cases", s, n, s.Cases(m.options.Cases)))
		default:
			why := "ended early"
			if m.unreadable(s) {
				why = "has lines that cannot be read"
			}
			list = append(list, fmt.Sprintf("shard %s, in %s, %s: %d of its %d cases", s, dir, why, n, s.Cases(m.options.Cases)))
		}
	}
	return list
}

// unreadable reports whether a part has a line that was not merely cut off.
func (m *merger) unreadable(s Shard) bool {
	return slices.ContainsFunc(m.parts, func(p *part) bool {
		return p.options.Shard == s && slices.ContainsFunc(p.lines.Damage, func(err error) bool { return !errors.Is(err, record.ErrTorn) })
	})
}

// dirOf is the directory of a part; empty: it is not there.
func (m *merger) dirOf(s Shard) string {
	var dirs []string
	for _, p := range m.parts {
		if p.options.Shard == s {
			dirs = append(dirs, filepath.Clean(p.dir))
		}
	}
	return strings.Join(dirs, ", ")
}
