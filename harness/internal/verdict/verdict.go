// Package verdict names the ways in which a case can end.
package verdict

import "attest.example/attest/reference"

// Kind is how a case ended.
type Kind string

// The kinds.
const (
	Pass             Kind = "pass"
	Numeric          Kind = "numeric"          // an element past its bound, or past the sharp line with every seed
	Special          Kind = "special"          // NaN or Inf where none may be, or the other way round
	Relation         Kind = "relation"         // two runs break a law between them
	Guard            Kind = "guard"            // wrote outside its output, changed an input, or left an output unwritten
	Nondeterministic Kind = "nondeterministic" // the same call gave other bits
	Crash            Kind = "crash"            // the process died
	Hang             Kind = "hang"             // the deadline passed
	Error            Kind = "error"            // a call returned one
	Inconclusive     Kind = "inconclusive"     // too ill-conditioned for this precision to be judged
	Unsupported      Kind = "unsupported"      // the path refuses it, with a reason
)

// CheckerLaw marks, in place of a law, verdicts that come from a checker.
const CheckerLaw = "checker"

// All lists the kinds.
func All() []Kind {
	return []Kind{Pass, Numeric, Special, Relation, Guard, Nondeterministic, Crash, Hang, Error, Inconclusive, Unsupported}
}

// Fails reports whether a case that ended so is a nonconformity.
func (k Kind) Fails() bool {
	switch k {
	case Pass, Inconclusive, Unsupported:
		return false
	}
	return true
}

// Verdict is how a case ended and what shows it.
type Verdict struct {
	Kind   Kind   `json:"verdict"`
	Reason string `json:"reason,omitempty"` // one line for people; empty for a pass
	Law    string `json:"law,omitempty"`    // of Relation: which
	// LawSeed is where the law's random choices began, so that a case under another name can be held to the same ones.
	LawSeed uint64 `json:"law_seed,omitempty"`
	Where   *Place `json:"where,omitempty"` // the worst element
	// WorstRatio is the largest |got - want| / bound over all elements.
	WorstRatio    float64 `json:"worst_ratio"`
	SharpRatio    float64 `json:"sharp_ratio,omitempty"`    // the same against the sharp line
	AbsoluteError float64 `json:"absolute_error,omitempty"` // at Where
	Elements      int     `json:"elements,omitempty"`
	Inconclusive  int     `json:"inconclusive,omitempty"` // elements that cannot be judged
	Suspicious    int     `json:"suspicious,omitempty"`   // elements past the sharp line in the first run
	Retries       int     `json:"retries,omitempty"`      // calls with other values because of them
	// Lean sums up whether the errors of the output lean one way; nil where that cannot be told.
	Lean *reference.Lean `json:"lean,omitempty"`
}

// Place is an element of the output (or of the logsumexp, with Column 0).
type Place struct {
	Batch  int    `json:"batch"`
	Head   int    `json:"head"`
	Row    int    `json:"row"`
	Column int    `json:"column"`
	Output string `json:"output,omitempty"` // "lse"; empty: the attention output
}
