package record

import (
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/metal/atomicfile"
)

// SaveFailure writes failures/ID.json, a case file that replays as it is, with what the verdict depended on. How
// the case ended stands in its notes, behind the case's own.
func (r *Run) SaveFailure(c cases.Case, e *cases.Evidence) (file string, err error) {
	file = failureFile(r.dir, cases.Name(c))
	return file, saveCase(file, c, e)
}

// SaveReduced writes failures/ID.reduced.json, the smallest case known that fails as the case with this id does. A
// reducer calls it again for every better one.
func (r *Run) SaveReduced(id string, reduced cases.Case, e *cases.Evidence) (file string, err error) {
	if !isName(id) {
		return "", fmt.Errorf("id %q; want the name of a case, 12 hex digits", id)
	}
	file = reducedFile(r.dir, id)
	if err := saveCase(file, reduced, e); err != nil {
		return "", err
	}
	r.tellReduced(id, file, e)
	return file, nil
}

// KeepFailure writes failures/ID.json as another run has it, and KeepReduced failures/ID.reduced.json: with the notes that
// are in it.
func (r *Run) KeepFailure(c cases.Case, e *cases.Evidence) error {
	return atomicfile.WriteBytes(failureFile(r.dir, cases.Name(c)), cases.EncodeFile(c, e))
}

// KeepReduced is KeepFailure's.
func (r *Run) KeepReduced(id string, reduced cases.Case, e *cases.Evidence) (file string, err error) {
	if !isName(id) {
		return "", fmt.Errorf("id %q; want the name of a case, 12 hex digits", id)
	}
	file = reducedFile(r.dir, id)
	if err := atomicfile.WriteBytes(file, cases.EncodeFile(reduced, e)); err != nil {
		return "", err
	}
	r.tellReduced(id, file, e)
	return file, nil
}

func (r *Run) tellReduced(id, file string, e *cases.Evidence) {
	for i := range r.summary.Failures {
		if r.summary.Failures[i].Case == id {
			r.summary.Failures[i].Reduced, r.summary.Failures[i].ReducedReason = file, e.Reason
		}
	}
}

func saveCase(file string, c cases.Case, e *cases.Evidence) error {
	reason := string(e.Verdict)
	if e.Reason != "" {
		reason += ": " + e.Reason
	}
	if c.Notes != "" {
		reason = c.Notes + "; " + reason
	}
	c.Notes = strings.ToValidUTF8(reason, "\uFFFD")
	return atomicfile.WriteBytes(file, cases.EncodeFile(c, e))
}

func isName(id string) bool {
	return len(id) == 12 && strings.Trim(id, "0123456789abcdef") == ""
}

// shellWord quotes a word for a POSIX shell where it needs quoting.
func shellWord(word string) string {
	plain := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:@%,"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
