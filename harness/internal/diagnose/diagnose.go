package diagnose

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/reference"
)

// Subject is an output that was judged.
type Subject struct {
	Case       cases.Case
	Tensors    *cases.Tensors // the inputs, and what the path wrote
	Truth      *reference.Result
	Arithmetic reference.Arithmetic
}

// Sure is how well the evidence holds an explanation.
type Sure int

// The degrees: a coincidence is hardly less likely, unlikely (less than 1 in 1,000), out of the question (1 in 10^9).
const (
	Possible Sure = iota + 1
	Likely
	Shown
)

// bitsOf are the bits of evidence from which an explanation has a degree.
var bitsOf = map[Sure]float64{Possible: 3, Likely: 10, Shown: 30}

func (s Sure) String() string {
	switch s {
	case Possible:
		return "possible"
	case Likely:
		return "likely"
	case Shown:
		return "shown"
	}
	return fmt.Sprintf("Sure(%d)", int(s))
}

// Explanation is one thing that the wrong elements fit.
type Explanation struct {
	Kind    string  `json:"kind"`  // short and stable: "last-key-block", "future", "factor"
	Summary string  `json:"words"` // a clause: "the keys from 32 on, the last partial block of 32, are left out"
	Sure    string  `json:"sure"`  // possible, likely, shown
	Bits    float64 `json:"bits"`  // of evidence
	// Agree of Wrong elements have the value that the explanation asks for.
	Agree int `json:"agree"`
	Wrong int `json:"wrong"`
}

// Diagnosis is what can be said of a wrong output.
type Diagnosis struct {
	// Where is a fact: which elements are wrong. Empty: none is, or nothing singles them out.
	Where string `json:"where,omitzero"`
	// What are explanations of the wrong values, the best first.
	What []Explanation `json:"what,omitempty"`
}

// maxWhat is how many explanations are kept.
const maxWhat = 3

// Sentence is the diagnosis for people.
func (d Diagnosis) Sentence() string {
	var parts []string
	if len(d.What) > 0 {
		w := d.What[0]
		evidence := fmt.Sprintf("%d of %d wrong elements agree", w.Agree, w.Wrong)
		switch w.Sure {
		case Shown.String():
			parts = append(parts, fmt.Sprintf("%s: %s.", w.Summary, evidence))
		case Likely.String():
			parts = append(parts, fmt.Sprintf("Likely %s: %s.", w.Summary, evidence))
		default:
			parts = append(parts, fmt.Sprintf("Possibly %s: %s, which may be chance.", w.Summary, evidence))
		}
		if len(d.What) > 1 && w.close(d.What[1]) {
			parts = append(parts, fmt.Sprintf("As well possible: %s.", d.What[1].Summary))
		}
	}
	if d.Where != "" {
		parts = append(parts, d.Where+".")
	}
	for i, p := range parts {
		parts[i] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, " ")
}

// close reports whether another explanation fits as well.
func (e *Explanation) close(other Explanation) bool { return other.Bits > e.Bits-3 }

func sureness(name string) Sure {
	for _, s := range []Sure{Possible, Likely} {
		if s.String() == name {
			return s
		}
	}
	return Shown
}

// Of explains an output. An output without a wrong element has the empty diagnosis.
func Of(ctx context.Context, s Subject) (Diagnosis, error) {
	p := planeOf(&s)
	if p == nil {
		return Diagnosis{}, nil
	}
	found := p.simple()
	found = append(found, p.roundings(s.Arithmetic)...)
	if p.columns > 1 || p.rows > 1 {
		found = append(found, p.moved()...)
	}
	if s.Case.Work() <= maxWork {
		more, err := p.counterfactuals(ctx, &s)
		if err != nil {
			return Diagnosis{}, err
		}
		found = append(found, more...)
	}
	slices.SortStableFunc(found, func(a, b Explanation) int { return cmp.Compare(b.Bits, a.Bits) })
	found = slices.DeleteFunc(found, func(e Explanation) bool { return e.Sure == "" })
	// Two of a kind that explain the same to the last bit are one.
	found = slices.CompactFunc(found, func(a, b Explanation) bool { return a.Kind == b.Kind && a.Bits == b.Bits && a.Agree == b.Agree })
	// Where two explain as much, neither is shown.
	if len(found) > 1 && found[0].Sure == Shown.String() && found[0].close(found[1]) {
		for i := range found {
			if found[0].close(found[i]) {
				found[i].Sure = min(Likely, sureness(found[i].Sure)).String()
			}
		}
	}
	return Diagnosis{Where: p.where(&s.Case), What: found[:min(len(found), maxWhat)]}, nil
}

// maxWork bounds the cases of which attention is computed anew for every guess; a reduced case is far below.
const maxWork = 1e7

// triedBits is taken off the evidence of every explanation: about so many others were tried.
var triedBits = math.Log2(200)
