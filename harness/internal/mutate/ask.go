package mutate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/compiling"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/reference"
)

// rulesOrder asks a child for the verdicts of the peers' rules.
type rulesOrder struct {
	// Alarms are, for each rule, the cases where it rejects the unmutated kernel: there it tells nothing. With nil the
	// child runs the unmutated kernel itself, and every rejection is reported.
	Alarms map[string]alarms
}

// alarms are numbers of cases, in the harness's stream and in the rule's own list.
type alarms struct{ Ours, Own []int }

// ruleReport is sent for a rule that rejected an output.
type ruleReport struct {
	Rule string `json:"rule"`
	Own  bool   `json:"own,omitempty"` // of the rule's own list of problems
	Case int    `json:"case"`
}

// ask runs a child for the rules' verdicts. controls is nil for the unmutated kernel.
func (r *runner) ask(ctx context.Context, built Build, preset gen.Preset, n int, controls []Control) ([]ruleReport, error) {
	o := r.order(built.Path, preset, n)
	o.Rules = &rulesOrder{}
	if controls != nil {
		o.Rules.Alarms = map[string]alarms{}
	}
	for _, c := range controls {
		if c.Preset == preset && !c.Check && !c.Plain {
			o.Rules.Alarms = alarmsOf(c.rules)
		}
	}
	h, err := speak(ctx, built.Program, o)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return h.rules, nil
}

func alarmsOf(reports []ruleReport) map[string]alarms {
	all := map[string]alarms{}
	for _, r := range reports {
		a := all[r.Rule]
		if r.Own {
			a.Own = append(a.Own, r.Case)
		} else {
			a.Ours = append(a.Ours, r.Case)
		}
		all[r.Rule] = a
	}
	return all
}

// rules runs in the child: the harness's cases before all rules, then each rule's own before that rule. A rule that has
// rejected a mutant is not asked again. The projects' own problems do not depend on the preset.
func (c *child) rules(ctx context.Context, stream *gen.Stream) error {
	p, err := c.open(ctx)
	if err != nil {
		return err
	}
	a := asker{child: c, path: p}
	open := Rules()
	for i := 0; i < c.order.Cases && len(open) > 0; i++ {
		one, err := stream.Case(i)
		if err != nil {
			return err
		}
		if open, err = a.one(ctx, i, one, open, false); err != nil {
			return err
		}
	}
	for _, rule := range Rules() {
		if c.order.Preset != gen.Default {
			break
		}
		open := []Rule{rule}
		for i, one := range rule.Own() {
			if len(open) == 0 {
				break
			}
			var err error
			if open, err = a.one(ctx, i, one, open, true); err != nil {
				return err
			}
		}
	}
	return nil
}

type asker struct {
	*child
	path paths.Path
}

// one puts a case before rules and returns those that are still of use.
func (a *asker) one(ctx context.Context, index int, c cases.Case, rules []Rule, own bool) ([]Rule, error) {
	if err := a.encoder.Encode(report{At: &index}); err != nil {
		return nil, err
	}
	if index%engine.SequenceLength == 0 || len(c.After) > 0 {
		if err := paths.Reset(ctx, a.path); err != nil {
			return nil, err
		}
	}
	if paths.Supports(a.path, c) != nil {
		return rules, nil
	}
	s, failed, err := a.sample(ctx, c)
	if err != nil {
		return nil, err
	}
	var open []Rule
	for _, rule := range rules {
		if !failed && rule.Accepts(s) {
			open = append(open, rule)
			continue
		}
		if a.order.Rules.Alarms != nil && a.isAlarm(rule.Name, index, own) {
			open = append(open, rule)
			continue
		}
		if a.order.Rules.Alarms == nil {
			open = append(open, rule)
		}
		if err := a.encoder.Encode(report{Rule: &ruleReport{rule.Name, own, index}}); err != nil {
			return nil, err
		}
	}
	return open, nil
}

func (a *asker) isAlarm(rule string, index int, own bool) bool {
	list := a.order.Rules.Alarms[rule].Ours
	if own {
		list = a.order.Rules.Alarms[rule].Own
	}
	return slices.Contains(list, index)
}

// sample runs the case, those before it first. A call that returns an error or does not return fails under any rule.
func (a *asker) sample(ctx context.Context, c cases.Case) (*sample, bool, error) {
	for _, before := range c.After {
		if paths.Supports(a.path, before) == nil {
			a.attend(ctx, before, cases.Materialize(before))
		}
	}
	t := cases.Materialize(c)
	if err := a.attend(ctx, c, t); err != nil {
		return nil, true, ctx.Err()
	}
	truth, err := oracle.Truth(ctx, c, t, a.path.Arithmetic(c), reference.Options{})
	if err != nil {
		return nil, false, err
	}
	s := &sample{output: c.Output}
	var kept []int
	for i, got := range t.Out.Dense() {
		if accepted(truth.OutputDemand[i], got) {
			continue
		}
		kept = append(kept, i)
		s.got = append(s.got, got)
		s.want = append(s.want, c.Output.Round(truth.Output[i]))
	}
	var same []float64
	s.same = func() []float64 {
		if same == nil {
			all := samePrecision(c, t)
			for n, i := range kept {
				if e := math.Abs(all[i] - s.want[n]); !math.IsNaN(e) && !math.IsInf(e, 0) {
					same = append(same, e)
				} else {
					same = append(same, 0)
				}
			}
		}
		return same
	}
	return s, false, nil
}

func (a *asker) attend(ctx context.Context, c cases.Case, t *cases.Tensors) error {
	ctx, cancel := compiling.WithTimeout(ctx, a.order.Deadline, compiling.Of(a.path))
	defer cancel()
	_, err := a.path.Attend(ctx, c, t)
	return err
}

// accepted reports whether the reference asks for something else than a number here, or cannot judge one, and the
// element is as it should be.
func accepted(d reference.Demand, got float64) bool {
	switch {
	case d == reference.Value:
		return false
	case math.IsNaN(got):
		return d&(reference.NaN|reference.AnyNonFinite) != 0
	case math.IsInf(got, 1):
		return d&(reference.PosInf|reference.AnyNonFinite) != 0
	case math.IsInf(got, -1):
		return d&(reference.NegInf|reference.AnyNonFinite) != 0
	}
	return d&reference.AnyFinite != 0
}
