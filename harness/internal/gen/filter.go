package gen

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// Filter narrows a preset. The zero value accepts every case; each field that is set must hold, for the case and,
// Region and MaxWork aside, for those that run before it.
type Filter struct {
	Precision []precision.Format // of the input
	Output    []precision.Format
	Mask      []cases.MaskKind
	MaxLen    int    // of q_len and kv_len; 0: any
	HeadDim   []Span // any of them
	MaxWork   float64
	Single    bool   // no cases before
	Region    string // the name of one of Regions; the case must lie in it

	// Conditions are what Set and Exclude ask of any other field of a case.
	Conditions []Condition `json:",omitempty"`

	rules []rule // Conditions, read; made by check
}

// Span is a closed range.
type Span struct{ Low, High int }

// Accepts is nil for a normalized case that passes, else an error that names what does not.
func (f *Filter) Accepts(c cases.Case) error {
	if err := f.refuses(&c); err != nil {
		return err
	}
	if f.Single && len(c.After) > 0 {
		return fmt.Errorf("%d cases before it", len(c.After))
	}
	for i := range c.After {
		if err := f.refuses(&c.After[i]); err != nil {
			return fmt.Errorf("before it: %w", err)
		}
	}
	if cost := Cost(c); cost > f.maxWork() {
		return fmt.Errorf("work %.3g", cost)
	}
	if f.Region != "" {
		if r, _ := RegionNamed(f.Region); !r.Holds(&c) {
			return fmt.Errorf("no place in the region %s", f.Region)
		}
	}
	rules, err := f.compiled()
	if err != nil {
		return err
	}
	for i := range rules {
		if rules[i].whole && !rules[i].holds(&c) {
			return errors.New(rules[i].told(&c))
		}
	}
	return nil
}

func (f *Filter) acceptsOne(c *cases.Case) bool { return f.refuses(c) == nil }

func (f *Filter) refuses(c *cases.Case) error {
	switch {
	case !allows(f.Precision, c.Input):
		return fmt.Errorf("input %s", c.Input)
	case !allows(f.Output, c.Output):
		return fmt.Errorf("output %s", c.Output)
	case !allowsMask(f.Mask, c.Mask.Kind):
		return fmt.Errorf("mask %q", c.Mask.Kind)
	case max(c.QLen, c.KVLen) > f.maxLen():
		return fmt.Errorf("q_len %d, kv_len %d", c.QLen, c.KVLen)
	case len(f.HeadDim) > 0 && !slices.ContainsFunc(f.HeadDim, func(s Span) bool { return s.Low <= c.HeadDim && c.HeadDim <= s.High }):
		return fmt.Errorf("head_dim %d", c.HeadDim)
	}
	rules, err := f.compiled()
	if err != nil {
		return err
	}
	for i := range rules {
		if !rules[i].whole && !rules[i].holds(c) {
			return errors.New(rules[i].told(c))
		}
	}
	return nil
}

// check refuses what no flag could have set.
func (f *Filter) check() error {
	if f.Region != "" {
		if _, err := RegionNamed(f.Region); err != nil {
			return err
		}
	}
	for _, s := range f.HeadDim {
		if s.Low < 1 || s.High > cases.MaxHeadDim || s.Low > s.High {
			return fmt.Errorf("head-dim: %s; want 1 to %d, the smaller first", s, cases.MaxHeadDim)
		}
	}
	if f.MaxLen < 0 || f.MaxWork < 0 {
		return fmt.Errorf("max-len %d, max-work %g: want 0 or more", f.MaxLen, f.MaxWork)
	}
	var err error
	f.rules = nil
	f.rules, err = f.compiled()
	return err
}

func (f *Filter) maxLen() int {
	if f.MaxLen == 0 {
		return cases.MaxLen
	}
	return f.MaxLen
}

func (f *Filter) maxWork() float64 {
	if f.MaxWork == 0 {
		return math.Inf(1)
	}
	return f.MaxWork
}

// anyHeadDim returns what was drawn where it is allowed, else another.
func (f *Filter) anyHeadDim(d dice, drawn int) int {
	for _, s := range f.HeadDim {
		if s.Low <= drawn && drawn <= s.High {
			return drawn
		}
	}
	s := pick(d, f.HeadDim...)
	return d.between(s.Low, s.High)
}

func allows[T comparable](allowed []T, x T) bool {
	return len(allowed) == 0 || slices.Contains(allowed, x)
}

// allowsMask knows that no mask has two spellings.
func allowsMask(allowed []cases.MaskKind, kind cases.MaskKind) bool {
	if kind == "" {
		kind = cases.NoMask
	}
	return allows(allowed, kind)
}
