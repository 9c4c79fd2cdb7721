package campaign

import (
	"os"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
)

// foundBefore is the findings of a run that was resumed after all its cases had ended: asking again would show the same.
// nil: they are missing, or a reduced case is, or there is more to explain now.
func (r *runner) foundBefore() []record.Finding {
	if r.recalled == 0 || r.recalled != len(r.judged) || r.options.Peel {
		return nil
	}
	found, err := record.ReadFindings(r.run.Dir())
	if err != nil || slices.ContainsFunc(found, func(f record.Finding) bool {
		_, err := os.Stat(f.Reduced)
		return err != nil
	}) {
		return nil
	}
	return found
}

// recorded is the findings with the failures of the run that each of them explains; the first that does has it.
func (s *findings) recorded() []record.Finding {
	dir := s.r.run.Dir()
	list := make([]record.Finding, len(s.of))
	for i, o := range s.of {
		id := cases.Name(o.failure.c)
		f := record.Finding{Number: i + 1, Case: id, Reason: o.failure.v.Reason, Seconds: o.took.Seconds()}
		file := record.FailureFile(dir, id)
		f.Replay, f.Reduce = record.Command("replay", s.r.options.Path, file), record.Command("reduce", s.r.options.Path, file)
		if o.reduced {
			f.Reduced, f.ReducedReason = record.ReducedFile(dir, id), o.reason
			f.Replay = record.Command("replay", s.r.options.Path, f.Reduced)
		}
		switch t := o.finding; {
		case t == nil && o.once:
			f.Summary, f.Note = "fails the first time that a process runs it, and passes after that", "what an earlier call leaves decides, such as a kernel that is compiled by then; no field of a case tells when"
		case t == nil:
			f.Summary, f.Note = "fails only now and then, or only after other calls", "it passes when it is tried alone: a race, or a state that is left in the process; nothing can be asked about it"
		default:
			f.Summary, f.Note = t.Summary, t.Note
			f.Probes, f.Explained, f.Exceptions = t.Probes, t.Inside, t.Exceptions
			if t.Explained() {
				f.Trigger, f.Sure = t.Trigger.String(), t.Sure.String()
			}
		}
		list[i] = f
	}
	for _, failed := range sortedByIndex(s.r.failed) {
		if i := s.findingOf(&failed.c); i >= 0 {
			list[i].Add(failed.index, cases.Name(failed.c), failed.v.Kind)
		}
	}
	return list
}

// findingOf is the number, from 0, of the finding that explains a failure: that which was found from it, or the first
// whose trigger matches it; -1: none.
func (s *findings) findingOf(c *cases.Case) int {
	id := cases.Name(*c)
	for i, o := range s.of {
		if cases.Name(o.failure.c) == id || o.finding != nil && s.joined[id] == o.finding || o.finding == nil && s.alone[id] {
			return i
		}
	}
	return slices.IndexFunc(s.of, func(o origin) bool {
		return o.finding != nil && (o.finding.Matches(c) || slices.ContainsFunc(c.After, func(p cases.Case) bool { return o.finding.Matches(&p) }))
	})
}
