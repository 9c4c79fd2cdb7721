package mutate

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/cases"
)

// Line is what became of a mutant, in one line.
func (o *Outcome) Line() string {
	state := "survived"
	switch {
	case o.Broken != nil:
		state = "broken"
	case o.Killed:
		state = "killed"
	case o.Mutant.Equivalent != "":
		state = "equivalent"
	}
	line := fmt.Sprintf("%-10s %-36s", state, o.Mutant.Name)
	if o.Killed {
		line += fmt.Sprintf(" by %-22s case %-4d", o.By(), o.Tried)
		if o.Reduced != nil {
			line += " " + o.Reduced.Summary
		}
	} else {
		line += fmt.Sprintf(" %d cases", o.Tried)
	}
	if o.Unexpected() {
		line += fmt.Sprintf(" (its header says %v)", o.Mutant.Expect)
	}
	if wrong := o.Wrong(); wrong != "" {
		line += "  <== " + wrong
	}
	return strings.TrimRight(line, " ")
}

// By is what killed the mutant: a kind of verdict, with the law where that is a relation, or "checker".
func (o *Outcome) By() string {
	switch {
	case o.Failure == nil:
		return ""
	case o.Mutant.Check:
		return "checker"
	case o.Failure.Law != "":
		return fmt.Sprintf("%s (%s)", o.Failure.Kind, o.Failure.Law)
	}
	return string(o.Failure.Kind)
}

// Counts returns the mutants that must die, those that did, and the equivalent ones.
func (r *Result) Counts() (total, killed, equivalent int) {
	for _, o := range r.Outcomes {
		if o.Mutant.Equivalent != "" {
			equivalent++
			continue
		}
		total++
		killed += count(o.Killed)
	}
	return total, killed, equivalent
}

// WriteText prints the controls, the sum and, where rules were asked, the table.
func (r *Result) WriteText(w io.Writer) error {
	for _, c := range r.Controls {
		words := fmt.Sprintf("unmutated      %d cases of preset %s", c.Cases, c.Preset)
		if c.Check {
			words += " with the checkers"
		}
		if c.Plain {
			words += " without descriptors"
		}
		if c.Failure != nil {
			words += fmt.Sprintf(": FALSE ALARM, %s at case %d: %s", c.Failure.Kind, c.Failure.Index, c.Failure.Reason)
		} else {
			words += ": no alarm"
		}
		fmt.Fprintln(w, words)
	}
	total, killed, equivalent := r.Counts()
	_, err := fmt.Fprintf(w, "mutants        %d of %d killed, %d proven equivalent\n", killed, total, equivalent)
	if err != nil || r.Rules == nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nrule\tkilled\tfalse alarms\tkilled, own problems\tfalse alarms\t")
	for _, row := range r.table() {
		fmt.Fprintln(t, strings.Join(row, "\t")+"\t")
	}
	return t.Flush()
}

// WriteMarkdown prints the table for a README.
func (r *Result) WriteMarkdown(w io.Writer) error {
	fmt.Fprintln(w, "| rule | killed | false alarms | killed, on its project's own problems | false alarms |")
	fmt.Fprintln(w, "|---|---|---|---|---|")
	for _, row := range r.table() {
		for i, cell := range row {
			row[i] = strings.ReplaceAll(cell, "|", `\|`) // as in |want|: else it would end the cell
		}
		if _, err := fmt.Fprintln(w, "| "+strings.Join(row, " | ")+" |"); err != nil {
			return err
		}
	}
	return nil
}

func (r *Result) table() [][]string {
	total, killed, _ := r.Counts()
	alarms, tried := 0, 0
	for _, c := range r.Controls {
		alarms += count(c.Failure != nil)
		tried += c.Cases
	}
	share := func(n, of int) string { return fmt.Sprintf("%d of %d", n, of) }
	rows := [][]string{{"attest", share(killed, total), share(alarms, tried), "", ""}}
	for _, s := range r.Rules {
		rows = append(rows, []string{
			s.Rule + ": " + s.Summary, share(s.Killed, total), share(s.FalseAlarms, s.Cases), share(s.OwnKilled, total), share(s.OwnAlarms, s.OwnCases),
		})
	}
	return rows
}

type jsonMutant struct {
	Name       string      `json:"name"`
	Family     string      `json:"family"`
	Target     Target      `json:"target"`
	Bugs       []int       `json:"bugs,omitempty"`
	Killed     bool        `json:"killed"`
	Equivalent bool        `json:"equivalent,omitempty"`
	By         string      `json:"by,omitempty"`
	Cases      int         `json:"cases"`
	Reason     string      `json:"reason,omitempty"`
	Case       *cases.Case `json:"case,omitempty"`
	Reduced    *Reduced    `json:"reduced,omitempty"`
	Rules      []string    `json:"rules,omitempty"` // those that reject it on the harness's cases
	Seconds    float64     `json:"seconds"`
}

type jsonControl struct {
	Preset string   `json:"preset"`
	Check  bool     `json:"check,omitempty"`
	Plain  bool     `json:"plain,omitempty"`
	Cases  int      `json:"cases"`
	Alarm  *Failure `json:"alarm,omitempty"`
}

type jsonRule struct {
	Rule           string `json:"rule"`
	Summary        string `json:"words"`
	Killed         int    `json:"killed"`
	FalseAlarms    int    `json:"false_alarms"`
	Cases          int    `json:"cases"`
	OwnKilled      int    `json:"own_killed"`
	OwnFalseAlarms int    `json:"own_false_alarms"`
	OwnCases       int    `json:"own_cases"`
}

// JSON returns everything as one object.
func (r *Result) JSON() ([]byte, error) {
	total, killed, equivalent := r.Counts()
	out := struct {
		Total      int           `json:"total"`
		Killed     int           `json:"killed"`
		Equivalent int           `json:"equivalent"`
		Unmutated  []jsonControl `json:"unmutated"`
		Mutants    []jsonMutant  `json:"mutants"`
		Peers      []jsonRule    `json:"peers,omitempty"`
	}{Total: total, Killed: killed, Equivalent: equivalent}
	for _, c := range r.Controls {
		out.Unmutated = append(out.Unmutated, jsonControl{string(c.Preset), c.Check, c.Plain, c.Cases, c.Failure})
	}
	for i := range r.Outcomes {
		out.Mutants = append(out.Mutants, r.Outcomes[i].json())
	}
	for _, s := range r.Rules {
		out.Peers = append(out.Peers, jsonRule{
			s.Rule, s.Summary, s.Killed, s.FalseAlarms, s.Cases, s.OwnKilled, s.OwnAlarms, s.OwnCases,
		})
	}
	return json.Marshal(out)
}

func (o *Outcome) json() jsonMutant {
	m := jsonMutant{
		Name: o.Mutant.Name, Family: o.Mutant.Family, Target: o.Mutant.Target(), Bugs: o.Mutant.Bugs, Killed: o.Killed,
		Equivalent: o.Mutant.Equivalent != "", By: o.By(), Cases: o.Tried, Reduced: o.Reduced, Seconds: o.Seconds.Seconds(),
	}
	if o.Broken != nil {
		m.Reason = o.Broken.Error()
	}
	if o.Failure != nil {
		m.Reason = o.Failure.Reason
		if o.Failure.Case.Version != 0 {
			m.Case = &o.Failure.Case
		}
	}
	for _, report := range o.rules {
		if !report.Own {
			m.Rules = append(m.Rules, report.Rule)
		}
	}
	return m
}
