package mutate

// RuleScore is what a rule makes of all mutants.
type RuleScore struct {
	Rule        string
	Summary     string
	Killed      int // mutants that it rejects on the harness's cases
	FalseAlarms int // of those cases, how many it rejects for the unmutated kernel
	Cases       int
	OwnKilled   int // the same over its project's own problems
	OwnAlarms   int
	OwnCases    int
}

// scores counts. Only mutants that can be told from the original count, and a rule kills one only on a case where it
// accepts the unmutated kernel.
func scores(r *Result) []RuleScore {
	var all []RuleScore
	for _, rule := range Rules() {
		s := RuleScore{Rule: rule.Name, Summary: rule.Summary, OwnCases: len(rule.Own())}
		for _, o := range r.Outcomes {
			if o.Mutant.Equivalent != "" {
				continue
			}
			ours, own := false, false
			for _, report := range o.rules {
				if report.Rule == rule.Name {
					ours, own = ours || !report.Own, own || report.Own
				}
			}
			s.Killed += count(ours)
			s.OwnKilled += count(own)
		}
		for _, c := range r.Controls {
			if c.Check || c.Plain {
				continue // rules are not asked about a checker's findings
			}
			a := alarmsOf(c.rules)[rule.Name]
			s.FalseAlarms += len(a.Ours)
			s.Cases += c.Cases
			s.OwnAlarms += len(a.Own)
		}
		all = append(all, s)
	}
	return all
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
