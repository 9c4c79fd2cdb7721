package main

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

	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal/atomicfile"
)

// result is what was found for one mutant.
type result struct {
	Mutant string `json:"mutant"`
	Own    string `json:"own"` // its condition, or its words
	// Beside is what decides beside the fields of a case, so that to find no condition is right; empty: nothing does.
	Beside string `json:"beside,omitzero"`
	Found  []seen `json:"found"`
	// Precision and Recall are of all triggers together.
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	By        string  `json:"by"` // what told which cases fail
	// OwnPrecision and OwnRecall are of the mutant's own condition, on the verdicts of the run.
	OwnPrecision float64 `json:"own_precision"`
	OwnRecall    float64 `json:"own_recall"`
	Cases        int     `json:"cases"` // of the run
	Seconds      float64 `json:"seconds"`
	// Processor is the processor time, in seconds, of the run that found the triggers, with its cases and with what it
	// compiled.
	Processor float64 `json:"processor"`
	Error     string  `json:"error,omitzero"`
}

// seen is a finding of the run, as far as the table is about it.
type seen struct {
	Trigger string  `json:"trigger"` // empty: no simple condition
	Probes  int     `json:"probes"`
	Seconds float64 `json:"seconds"`
	// Law is set where only laws show it: its trigger says for which cases a law breaks, and not which of them are wrong.
	Law bool `json:"law,omitzero"`
}

func seenOf(list []record.Finding) (found []seen) {
	for _, f := range list {
		other := slices.ContainsFunc(f.Verdicts, func(w record.Worn) bool { return w.Verdict != verdict.Relation })
		found = append(found, seen{f.Trigger, f.Probes, f.Seconds, !other})
	}
	return found
}

// triggers are the expressions that were found; where cases are wrong by themselves, without those of which only a law breaks.
func (r *result) triggers() (list []string) {
	wrong := slices.ContainsFunc(r.Found, func(f seen) bool { return !f.Law })
	for _, f := range r.Found {
		if f.Trigger != "" && !(wrong && f.Law) {
			list = append(list, f.Trigger)
		}
	}
	return list
}

func (r *result) held(a agreement, by string) {
	r.Precision, r.Recall, r.By = a.precision(), a.recall(), by
}

// agrees reports whether what was found is right: a condition that agrees with what fails. Where something else than the
// fields of a case decides, findings without a condition are right, and one with a condition must match what fails; it need not
// match all that does.
func (r *result) agrees() bool {
	triggers := r.triggers()
	if len(triggers) == 0 {
		return r.Beside != "" && len(r.Found) > 0
	}
	if r.Beside != "" && len(triggers) < len(r.Found) {
		return r.Precision >= 0.9
	}
	return r.Precision >= 0.9 && r.Recall >= 0.9
}

func (r *result) line() string {
	switch {
	case r.Error != "":
		return fmt.Sprintf("| %s | %s | not judged: %s | | | | | | |", r.Mutant, r.Own, r.Error)
	case len(r.Found) == 0:
		return fmt.Sprintf("| %s | %s | no failure in %d cases | | | | 0 | | |", r.Mutant, r.Own, r.Cases)
	}
	found := "no simple condition"
	if list := r.triggers(); len(list) > 0 {
		found = "`" + strings.Join(list, "` or `") + "`"
	}
	if r.Beside != "" && len(r.triggers()) < len(r.Found) {
		if len(r.triggers()) > 0 {
			found += " and no simple condition"
		}
		found += ", which is right: " + r.Beside + " decides"
	}
	probes := 0
	for _, f := range r.Found {
		probes += f.Probes
	}
	return fmt.Sprintf("| %s | %s | %s | %.2f | %.2f | %s | %d | %d | %.0f |", r.Mutant, r.Own, found, r.Precision, r.Recall, r.By, len(r.Found), probes, r.Processor)
}

func (o *options) file(mutant string) string { return filepath.Join(o.results, mutant+".json") }

// recall is the result of a mutant that an earlier call has kept.
func (o *options) recall(mutant string) (r result, known bool, err error) {
	if o.results == "" {
		return r, false, nil
	}
	text, err := os.ReadFile(o.file(mutant))
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return r, false, fmt.Errorf("result %s: %w; remove it to have the mutant run again", o.file(mutant), err)
	}
	return r, true, nil
}

func (o *options) save(r result) error {
	if o.results == "" {
		return nil
	}
	if err := os.MkdirAll(o.results, 0o755); err != nil {
		return err
	}
	text, err := json.Marshal(r, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(o.file(r.Mutant), append(text, '\n'))
}
