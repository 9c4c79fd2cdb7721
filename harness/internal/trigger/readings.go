package trigger

import (
	"sync"

	"attest.example/attest/harness/internal/cases"
)

// readings are the features of a case.
type readings struct {
	of     *cases.Case
	x      []float64
	logits bool // those of its logits are read, too
}

// at is one feature. The logits have to be drawn and multiplied, and are when one of their features is asked for.
func (r *readings) at(feature int) float64 {
	if features[feature].logit != nil && !r.logits {
		r.logits = true
		l := logitsOf(r.of)
		for i := range features {
			if f := &features[i]; f.logit != nil {
				r.x[i] = f.logit(l)
			}
		}
	}
	return r.x[feature]
}

// vector reads the features of a case.
func vector(c *cases.Case) *readings {
	r := &readings{of: c, x: make([]float64, len(features))}
	var differing [whiches][]string // looked for once, and not for every field
	for w := range whiches {
		differing[w] = w.differing(c)
	}
	for i := range features {
		switch f := &features[i]; {
		case f.logit != nil: // when it is asked for
		case f.before != "":
			r.x[i] = truth(f.among(differing[f.of]))
		default:
			r.x[i] = f.get(c)
		}
	}
	return r
}

// value is one feature of a case.
func (f *feature) value(c *cases.Case) float64 {
	switch {
	case f.logit != nil:
		return f.logit(logitsOf(c))
	case f.before != "":
		return truth(f.among(f.of.differing(c)))
	}
	return f.get(c)
}

// mostLogits is of how many cases the logits are kept.
const mostLogits = 4096

var logitsKept = struct {
	sync.Mutex
	of map[string]cases.Logits
}{of: map[string]cases.Logits{}}

// logitsOf is the logits of a case; those of the last few thousand are kept.
func logitsOf(c *cases.Case) cases.Logits {
	scores := c.InScores()
	name := key(&scores)
	logitsKept.Lock()
	l, known := logitsKept.of[name]
	logitsKept.Unlock()
	if known {
		return l
	}
	l = c.Logits()
	logitsKept.Lock()
	defer logitsKept.Unlock()
	if len(logitsKept.of) >= mostLogits {
		clear(logitsKept.of)
	}
	logitsKept.of[name] = l
	return l
}
