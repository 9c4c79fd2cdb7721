package gen

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// setting is one field of a filter as a flag has it.
type setting struct {
	name, usage string
	set         func(*Filter, string) error
	get         func(*Filter) string
}

var settings = []setting{
	{"precision", "input formats: fp16, bf16, fp32, several with commas",
		func(f *Filter, v string) (err error) { f.Precision, err = list(v, precision.Parse); return },
		func(f *Filter) string { return join(f.Precision) }},
	{"output", "output formats: fp16, bf16, fp32, several with commas",
		func(f *Filter, v string) (err error) { f.Output, err = list(v, precision.Parse); return },
		func(f *Filter) string { return join(f.Output) }},
	{"mask", "mask kinds: none, causal, window, bool, additive, several with commas",
		func(f *Filter, v string) (err error) { f.Mask, err = list(v, parseKind); return },
		func(f *Filter) string { return join(f.Mask) }},
	{"max-len", "largest q_len and kv_len",
		func(f *Filter, v string) (err error) { f.MaxLen, err = number(v, 1, cases.MaxLen); return },
		func(f *Filter) string { return nonZero(float64(f.MaxLen)) }},
	{"head-dim", "head_dims: 64, or 1-128, several with commas",
		func(f *Filter, v string) (err error) { f.HeadDim, err = list(v, parseSpan); return },
		func(f *Filter) string { return join(f.HeadDim) }},
	{"max-work", "largest batch*heads*q_len*kv_len*(head_dim+v_head_dim), with the cases before",
		func(f *Filter, v string) (err error) { f.MaxWork, err = parseWork(v); return },
		func(f *Filter) string { return nonZero(f.MaxWork) }},
	{"single", "true: no cases that run before in the same context",
		func(f *Filter, v string) (err error) {
			if f.Single, err = parseBool(v); err == nil && !f.Single {
				err = fmt.Errorf("%q: want true; after=1-16 keeps those that have such cases", v)
			}
			return
		},
		func(f *Filter) string {
			if f.Single {
				return "true"
			}
			return ""
		}},
	{"region", "the name of a region of the coverage table",
		func(f *Filter, v string) error { f.Region = v; _, err := RegionNamed(v); return err },
		func(f *Filter) string { return f.Region }},
}

// FilterNames lists the names that Set takes, in order, and what each means.
func FilterNames() (names, usages []string) {
	for _, s := range settings {
		names, usages = append(names, s.name), append(usages, s.usage)
	}
	for _, q := range quantities() {
		names, usages = append(names, q.name), append(usages, q.usage)
	}
	return names, usages
}

// Set keeps only the cases with one of some values of a field, as a flag gives them: several with commas, a range of
// numbers as 2-8. A name is one of FilterNames; kv_heads and kv-heads are the same.
func (f *Filter) Set(name, value string) error {
	name = hyphened(name)
	for _, s := range settings {
		if s.name == name {
			if err := s.set(f, value); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		}
	}
	return f.add(Condition{Name: name, Values: value})
}

// Exclude leaves out the cases with any of some values of a field, which are written as for Set.
func (f *Filter) Exclude(name, value string) error {
	name = hyphened(name)
	switch name {
	case "max-len", "max-work", "single":
		return fmt.Errorf("%s: cannot be excluded; want a field of a case or a region", name)
	case "precision":
		name = "input"
	case "mask":
		name = "mask.kind"
	}
	return f.add(Condition{Name: name, Values: value, Not: true})
}

func (f *Filter) add(c Condition) error {
	if _, err := c.rule(); err != nil {
		return err
	}
	for _, old := range f.Conditions {
		if old == c {
			return nil
		}
		if old.Name == c.Name && !old.Not && !c.Not {
			return fmt.Errorf("%s: given twice, %s and %s; want one list with commas", c.Name, old.Values, c.Values)
		}
	}
	f.Conditions = append(slices.Clone(f.Conditions), c)
	f.rules = nil
	return nil
}

func hyphened(name string) string { return strings.ReplaceAll(name, "_", "-") }

// String returns the fields that are set, as Set takes them; what is excluded with an exclamation mark.
func (f *Filter) String() string {
	var parts []string
	for _, s := range settings {
		if value := s.get(f); value != "" {
			parts = append(parts, s.name+"="+value)
		}
	}
	for _, c := range f.Conditions {
		parts = append(parts, c.String())
	}
	if len(parts) == 0 {
		return "no filter"
	}
	return strings.Join(parts, " ")
}

func parseKind(name string) (cases.MaskKind, error) {
	kinds := []cases.MaskKind{cases.NoMask, cases.CausalMask, cases.WindowMask, cases.BoolMask, cases.AdditiveMask}
	if k := cases.MaskKind(name); slices.Contains(kinds, k) {
		return k, nil
	}
	return "", fmt.Errorf("%q: want one of %s", name, strings.ReplaceAll(join(kinds), ",", ", "))
}

func parseSpan(text string) (Span, error) {
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	l, err := number(low, 1, cases.MaxHeadDim)
	if err != nil {
		return Span{}, err
	}
	h, err := number(high, l, cases.MaxHeadDim)
	return Span{l, h}, err
}

// String returns a range as parseSpan reads it.
func (s Span) String() string {
	if s.Low == s.High {
		return strconv.Itoa(s.Low)
	}
	return fmt.Sprintf("%d-%d", s.Low, s.High)
}

func number(text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q: want an integer from %d to %d", text, low, high)
	}
	return n, nil
}

func parseWork(text string) (float64, error) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x >= 2) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("%q: want a number of multiply-adds such as 1e6", text)
	}
	return x, nil
}

func parseBool(text string) (bool, error) {
	b, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%q: want true or false", text)
	}
	return b, nil
}

func list[T any](text string, parse func(string) (T, error)) ([]T, error) {
	var all []T
	for part := range strings.SplitSeq(text, ",") {
		x, err := parse(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

func join[T any](xs []T) string {
	parts := make([]string, len(xs))
	for i, x := range xs {
		parts[i] = fmt.Sprint(x)
	}
	return strings.Join(parts, ",")
}

func nonZero(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
