package cases

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"attest.example/attest/harness/internal/verdict"
)

// Evidence is what a case file keeps of a failure, in its object "failure": how the case failed, and everything beside
// the case that the verdict depended on. Whoever runs the file later runs it under the same conditions. It is no part
// of the case and changes nothing about its name.
type Evidence struct {
	Verdict    verdict.Kind   `json:"verdict"`
	Reason     string         `json:"reason,omitzero"`
	Where      *verdict.Place `json:"where,omitempty"`
	WorstRatio float64        `json:"worst_ratio,omitzero"` // to the bound; 0 also where it is no number

	// Law is the relation or the check that failed, LawSeed where its random choices began; 0: at the case's name.
	Law     string `json:"law,omitzero"`
	LawSeed uint64 `json:"law_seed,omitzero"`

	// Path is what --path takes, with its options: math mode, schedule, checkers.
	Path      string `json:"path,omitzero"`
	Device    string `json:"device,omitzero"`
	Toolchain string `json:"toolchain,omitzero"`
	// Build tells one build of the path from another: see package evidence.
	Build string `json:"build,omitzero"`
	// Commit is that of attest.
	Commit string `json:"commit,omitzero"`

	Isolated bool    `json:"isolated,omitzero"`         // in a process of its own
	Memory   int64   `json:"memory_bytes,omitzero"`     // limit of that process; 0: none
	Deadline float64 `json:"deadline_seconds,omitzero"` // of one call; 0: none

	// From is the name of the case that this one was reduced from.
	From string `json:"reduced_from,omitzero"`
}

// document is a case file: the case, and what is kept of its failure.
type document struct {
	plain
	Failure *Evidence `json:"failure,omitempty"`
}

// plain is a case without its methods.
type plain Case

// DecodeFile reads a case file, as Decode does, and what it keeps of a failure; nil: the case was not kept for one.
func DecodeFile(text []byte) (Case, *Evidence, error) {
	if len(text) > MaxFileBytes {
		return Case{}, nil, fmt.Errorf("case: %d bytes; want at most %d", len(text), MaxFileBytes)
	}
	var d document
	if err := json.Unmarshal(text, &d, json.RejectUnknownMembers(true)); err != nil {
		return Case{}, nil, fmt.Errorf("case: %s", explain(err, text))
	}
	c := Case(d.plain)
	if err := c.Normalize(); err != nil {
		return Case{}, nil, fmt.Errorf("case: %w", err)
	}
	if err := c.hasExtents(text); err != nil {
		return Case{}, nil, fmt.Errorf("case: %w", err)
	}
	if err := d.Failure.check(); err != nil {
		return Case{}, nil, fmt.Errorf("case: failure.%w", err)
	}
	return c, d.Failure, nil
}

// evidenceKeys lists the keys of the object "failure".
func evidenceKeys() []string {
	var keys []string
	for i := range reflect.TypeFor[Evidence]().NumField() {
		key, _, _ := strings.Cut(reflect.TypeFor[Evidence]().Field(i).Tag.Get("json"), ",")
		keys = append(keys, key)
	}
	return keys
}

// check refuses what no failure can have been kept with.
func (e *Evidence) check() error {
	switch {
	case e == nil:
		return nil
	case !slices.Contains(verdict.All(), e.Verdict) || !e.Verdict.Fails():
		var names []string
		for _, k := range verdict.All() {
			if k.Fails() {
				names = append(names, string(k))
			}
		}
		return wrong("verdict", fmt.Sprintf("%q", e.Verdict), "one of %s", strings.Join(names, ", "))
	case e.LawSeed != 0 && e.Law == "":
		return wrong("law_seed", e.LawSeed, "a law beside it")
	case e.Memory < 0:
		return wrong("memory_bytes", e.Memory, "0 or more")
	case !(e.Deadline >= 0 && e.Deadline <= maxDeadline):
		return wrong("deadline_seconds", e.Deadline, "0 to %d", maxDeadline)
	}
	return nil
}

// maxDeadline is a year, in seconds.
const maxDeadline = 365 * 24 * 3600

// EncodeFile writes a case file with what it keeps of a failure; nil: nothing. Bytes that are no UTF-8, which a dying
// process may have written, become U+FFFD.
func EncodeFile(c Case, e *Evidence) []byte {
	if e == nil {
		return Encode(c)
	}
	kept := *e
	kept.Reason = strings.ToValidUTF8(kept.Reason, "\uFFFD")
	kept.Device = strings.ToValidUTF8(kept.Device, "\uFFFD")
	kept.Toolchain = strings.ToValidUTF8(kept.Toolchain, "\uFFFD")
	kept.Path = strings.ToValidUTF8(kept.Path, "\uFFFD")
	if !(kept.WorstRatio > 0 && kept.WorstRatio < 1e300) { // NaN and Inf have no form in JSON
		kept.WorstRatio = 0
	}
	text, err := json.Marshal(document{plain(c), &kept}, jsontext.WithIndent("  "))
	if err != nil { // every field has an encoding
		panic(fmt.Sprintf("cases: encoding %+v: %v", c, err))
	}
	return append(text, '\n')
}
