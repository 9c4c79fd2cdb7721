package harness

import (
	"fmt"
	"strings"
	"time"

	"attest.example/attest/harness/internal/gen"
)

// An option is for some of Conform, Replay, Fuzz and Property; given to another, it does not compile.
type (
	// ConformOption is an option of Conform.
	ConformOption interface{ conform(*settings) }
	// ReplayOption is an option of Replay.
	ReplayOption interface{ replay(*settings) }
	// FuzzOption is an option of Fuzz.
	FuzzOption interface{ fuzz(*settings) }
	// PropertyOption is an option of Property.
	PropertyOption interface{ property(*settings) }

	// Option is an option of all four.
	Option interface {
		ConformOption
		ReplayOption
		FuzzOption
		PropertyOption
	}
	// MixOption is about how cases are drawn: of Conform and Property.
	MixOption interface {
		ConformOption
		PropertyOption
	}
	// SearchOption is an option of those that look for failures: Conform, Property and Fuzz.
	SearchOption interface {
		ConformOption
		PropertyOption
		FuzzOption
	}
)

type (
	conformOnly func(*settings)
	fuzzOnly    func(*settings)
	mix         func(*settings)
	search      func(*settings)
	every       func(*settings)
)

func (o conformOnly) conform(s *settings) { o(s) }
func (o fuzzOnly) fuzz(s *settings)       { o(s) }
func (o mix) conform(s *settings)         { o(s) }
func (o mix) property(s *settings)        { o(s) }
func (o search) conform(s *settings)      { o(s) }
func (o search) property(s *settings)     { o(s) }
func (o search) fuzz(s *settings)         { o(s) }
func (o every) conform(s *settings)       { o(s) }
func (o every) replay(s *settings)        { o(s) }
func (o every) fuzz(s *settings)          { o(s) }
func (o every) property(s *settings)      { o(s) }

// Cases sets how many cases are judged, under -short too; default 200, and 20 under -short. What the path does not support
// is drawn again and does not count.
func Cases(n int) ConformOption {
	return conformOnly(func(s *settings) {
		s.demand(n > 0, "Cases(%d): want 1 or more", n)
		s.cases, s.casesGiven = n, true
	})
}

// Seed sets where generation starts; the default is 1, always the same.
func Seed(seed uint64) ConformOption { return conformOnly(func(s *settings) { s.seed = seed }) }

// Preset names the mix of cases: quick, default, edges, long, precision, sizes, serving or decode.
func Preset(name gen.Preset) MixOption { return mix(func(s *settings) { s.preset = name }) }

// Only keeps cases with some values of a field: Only("mask=causal,window", "kv_heads=1-4", "lengths=fewer-rows"). A filter
// is a name and values with commas; numbers may be ranges. The names are the fields of a case as its JSON has them
// (mask.align, layout.q.order), and those that attest run --help lists. What is wrong fails the test and tells what
// would be accepted.
func Only(filters ...string) SearchOption {
	return search(func(s *settings) { s.narrow(filters, s.filter.Set) })
}

// Exclude leaves out cases with some values of a field, written as for Only: Exclude("input=bf16", "head_dim=129-256").
func Exclude(filters ...string) SearchOption {
	return search(func(s *settings) { s.narrow(filters, s.filter.Exclude) })
}

func (s *settings) narrow(filters []string, add func(name, value string) error) {
	for _, filter := range filters {
		name, value, ok := strings.Cut(filter, "=")
		err := fmt.Errorf("filter %q: want name=value, such as mask=causal", filter)
		if ok {
			err = add(name, value)
		}
		s.demand(err == nil, "%w", err)
	}
}

// Seeds names case files, or folders of them, that a fuzz target starts from.
func Seeds(files ...string) FuzzOption {
	return fuzzOnly(func(s *settings) { s.seeds = append(s.seeds, files...) })
}

// Failures sets the folder where failing cases are kept, and from which they run first next time; default
// testdata/attest. Empty keeps none.
func Failures(dir string) Option { return every(func(s *settings) { s.dir = dir }) }

// Relations sets how many relations are checked on each case, 2 by default; negative: all that apply.
func Relations(n int) Option { return every(func(s *settings) { s.trial.Relations = n }) }

// Deadline bounds one call of the path; default a minute.
func Deadline(d time.Duration) Option {
	return every(func(s *settings) {
		s.demand(d > 0, "Deadline(%v): want a time above 0", d)
		s.trial.Deadline, s.deadlineGiven = d, true
	})
}

// ReduceCalls bounds how often the path runs while a failure is made smaller; default 300. What ATTEST_REDUCE asks for
// has no such bound.
func ReduceCalls(n int) SearchOption {
	return search(func(s *settings) {
		s.demand(n >= 0, "ReduceCalls(%d): want 0 or more; 0 is no bound", n)
		s.reduceCalls = n
	})
}

// settingsOf are the defaults with the options that were given. What is wrong with them, or that there is no path, is in them.
func settingsOf[O any](p Path, options []O, apply func(O, *settings)) settings {
	s := defaults()
	s.demand(p != nil, "the path is nil; want an implementation")
	for i, o := range options {
		if any(o) == nil {
			s.demand(false, "option %d is nil; want one such as Cases(200), or none", i+1)
			continue
		}
		apply(o, &s)
	}
	return s
}

// demand notes what is wrong where a condition does not hold; the first mistake is told.
func (s *settings) demand(holds bool, format string, args ...any) {
	if !holds && s.wrong == nil {
		s.wrong = fmt.Errorf(format, args...)
	}
}
