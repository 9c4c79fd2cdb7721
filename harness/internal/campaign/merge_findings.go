package campaign

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/record"
)

// joint is findings of several parts that are one.
type joint struct {
	record.Finding
	when predicate.Predicate // where the trigger explains anything
	part *part               // that has the reduced case
}

// joinFindings keeps what the parts found out about the failures: findings with one trigger are one, and a failure that
// its own part could not explain belongs to the first whose trigger matches it. Nothing runs.
func (m *merger) joinFindings() error {
	if !m.options.Triggers {
		return m.keepReduced()
	}
	var list []*joint
	for _, p := range m.parts {
		for _, f := range p.found {
			list = append(list, &joint{Finding: f, part: p})
		}
	}
	slices.SortStableFunc(list, func(a, b *joint) int { return cmp.Compare(a.First, b.First) })
	var kept []*joint
	for _, f := range list {
		if at := slices.IndexFunc(kept, func(k *joint) bool { return k.Trigger != "" && k.Trigger == f.Trigger }); at >= 0 {
			k := kept[at]
			k.Probes, k.Explained, k.Exceptions, k.Seconds = k.Probes+f.Probes, k.Explained+f.Explained, k.Exceptions+f.Exceptions, k.Seconds+f.Seconds
			if k.Sure != f.Sure {
				k.Sure = k.Trigger // what one part is sure of, another has not seen
			}
			k.IDs = append(k.IDs, f.IDs...)
			continue
		}
		if f.Trigger != "" {
			var err error
			if f.when, err = predicate.Compile(f.Trigger); err != nil {
				return err
			}
		}
		kept = append(kept, f)
	}
	return m.fill(kept)
}

// fill assigns each failure to a finding, keeps the reduced cases, and writes the findings.
func (m *merger) fill(kept []*joint) error {
	of := map[string]*joint{}
	for _, f := range kept {
		for _, id := range f.IDs {
			if of[id] == nil {
				of[id] = f
			}
		}
		f.Cases, f.First, f.Last, f.IDs, f.Verdicts = 0, 0, 0, nil, nil
	}
	for _, failed := range m.failed {
		id := cases.Name(failed.c)
		f := of[id]
		for _, k := range kept {
			if f != nil {
				break
			}
			if ok, err := m.matches(k, failed.c); err != nil {
				return err
			} else if ok {
				f = k
			}
		}
		if f != nil {
			f.Add(failed.index, id, failed.v.Kind)
		}
	}
	kept = slices.DeleteFunc(kept, func(f *joint) bool { return f.Cases == 0 }) // all of its failures are disputed
	found := make([]record.Finding, len(kept))
	for i, f := range kept {
		f.Number = i + 1
		file := record.FailureFile(m.run.Dir(), f.Case)
		f.Replay, f.Reduce = record.Command("replay", m.options.Path, file), record.Command("reduce", m.options.Path, file)
		if f.Reduced != "" {
			reduced, err := m.keepOneReduced(f.part, f.Case)
			if err != nil {
				return err
			}
			if f.Reduced = reduced; reduced != "" {
				f.Replay = record.Command("replay", m.options.Path, reduced)
			}
		}
		found[i] = f.Finding
	}
	return m.run.SaveFindings(found)
}

// matches reports whether a finding's trigger is about a case or one that runs before it.
func (m *merger) matches(f *joint, c cases.Case) (bool, error) {
	if f.Trigger == "" {
		return false, nil
	}
	for _, one := range append([]cases.Case{c}, c.After...) {
		if ok, err := f.when.Match(one); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

// keepReduced keeps the reduced case of the first failure of each kind, which are those that a run in one piece has.
func (m *merger) keepReduced() error {
	done := map[[2]string]bool{}
	for _, f := range m.failed {
		kind := [2]string{string(f.v.Kind), f.v.Law}
		if done[kind] || len(done) == m.options.Reduce {
			continue
		}
		done[kind] = true
		if _, err := m.keepOneReduced(m.from[f.index], cases.Name(f.c)); err != nil {
			return err
		}
	}
	return nil
}

// keepOneReduced keeps the reduced case of a failure and its picture, where the part has them.
func (m *merger) keepOneReduced(p *part, id string) (file string, err error) {
	c, e, err := readFailure(record.ReducedFile(p.dir, id), "")
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if file, err = m.run.KeepReduced(id, c, e); err != nil {
		return "", err
	}
	picture, err := record.ReadPicture(p.dir, id)
	if err != nil || picture == nil {
		return file, err
	}
	return file, m.run.SavePicture(id, picture)
}
