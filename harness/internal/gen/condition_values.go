package gen

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// parseValues reads the values of a condition on a field: a test of a case, and a function that sets one of them, or
// of those left where the condition excludes them.
func parseValues(f *cases.Field, values string) (func(*cases.Case) bool, func(dice, *cases.Case, bool), error) {
	switch f.Type {
	case cases.Integer, cases.List:
		spans, err := list(values, spanIn(f.Low, f.High))
		if err != nil {
			return nil, nil, err
		}
		return func(c *cases.Case) bool { return within(spans, f.Int(c)) }, func(d dice, c *cases.Case, not bool) {
			f.SetInt(c, drawn(d, allowedSpans(spans, f.Low, f.High, not), f.Usual))
		}, nil
	case cases.Flag:
		return parseWords(f, values, []string{"true", "false"})
	case cases.Word:
		return parseWords(f, values, f.Values)
	case cases.Seed:
		return parseSeeds(f, values)
	case cases.Steps:
		return parseStrides(f, values)
	case cases.Number:
		return parseNumbers(f, values)
	}
	return nil, nil, fmt.Errorf("no filter on %s", f.Type)
}

func parseWords(f *cases.Field, values string, accepted []string) (func(*cases.Case) bool, func(dice, *cases.Case, bool), error) {
	wanted, err := list(values, word(accepted))
	if err != nil {
		return nil, nil, err
	}
	return func(c *cases.Case) bool { return slices.Contains(wanted, f.Text(c)) }, func(d dice, c *cases.Case, not bool) {
		if left := allowedOf(accepted, wanted, not); len(left) > 0 {
			_ = f.Set(c, pick(d, left...)) // one of those that it accepts
		}
	}, nil
}

// parseStrides reads none, free (any), or strides in numbers.
func parseStrides(f *cases.Field, values string) (func(*cases.Case) bool, func(dice, *cases.Case, bool), error) {
	wanted, err := list(values, func(text string) (string, error) {
		if text == cases.FreeStrides {
			return text, nil
		}
		var c cases.Case
		if err := f.Set(&c, text); err != nil {
			return "", fmt.Errorf("%w, or free, which is any", err)
		}
		return f.Text(&c), nil
	})
	if err != nil {
		return nil, nil, err
	}
	matches := func(c *cases.Case) bool {
		return slices.Contains(wanted, f.Text(c)) || !f.Absent(c) && slices.Contains(wanted, cases.FreeStrides)
	}
	return matches, func(d dice, c *cases.Case, not bool) {
		text := pick(d, wanted...)
		switch {
		case not && slices.Contains(wanted, cases.FreeStrides):
			f.Clear(c)
		case not || text == cases.FreeStrides:
			f.Impose(d, c)
		default:
			_ = f.Set(c, text)
		}
	}, nil
}

func parseSeeds(f *cases.Field, values string) (func(*cases.Case) bool, func(dice, *cases.Case, bool), error) {
	wanted, err := list(values, func(text string) (uint64, error) {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%q: want an integer from 0 to 2^64-1", text)
		}
		return n, nil
	})
	if err != nil {
		return nil, nil, err
	}
	matches := func(c *cases.Case) bool {
		return slices.ContainsFunc(wanted, func(n uint64) bool { return strconv.FormatUint(n, 10) == f.Text(c) })
	}
	return matches, func(d dice, c *cases.Case, not bool) {
		if not {
			f.SetNum(c, float64(d.between(1, 1<<20)))
			return
		}
		_ = f.Set(c, strconv.FormatUint(pick(d, wanted...), 10))
	}, nil
}

// numberRange is a closed range, or the default.
type numberRange struct {
	low, high float64
	absent    bool
}

// parseRange reads default, a number, or a range of numbers that the field can have.
func parseRange(f *cases.Field, text string) (numberRange, error) {
	if text == "default" {
		return numberRange{absent: true}, nil
	}
	first, last, isRange := strings.Cut(text, "..")
	if !isRange {
		last = first
	}
	low, err := strconv.ParseFloat(first, 32)
	high, err2 := strconv.ParseFloat(last, 32)
	if err != nil || err2 != nil || !(low <= high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
		return numberRange{}, fmt.Errorf("%q: want default, a finite number, or a range such as 0.1..0.5", text)
	}
	for _, end := range []string{first, last} {
		if f.Set(new(cases.Case), end) != nil {
			return numberRange{}, fmt.Errorf("%q: want %s", end, f.Accepts())
		}
	}
	return numberRange{low: low, high: high}, nil
}

func parseNumbers(f *cases.Field, values string) (func(*cases.Case) bool, func(dice, *cases.Case, bool), error) {
	wanted, err := list(values, func(text string) (numberRange, error) { return parseRange(f, text) })
	if err != nil {
		return nil, nil, err
	}
	var none cases.Case
	if f.SetNum(&none, 0); f.Absent(&none) { // 0 is no value of its own
		for i, n := range wanted {
			wanted[i].absent = n.absent || n.low == 0 && n.high == 0
		}
	}
	matches := func(c *cases.Case) bool {
		return slices.ContainsFunc(wanted, func(n numberRange) bool {
			if n.absent || f.Absent(c) {
				return n.absent && f.Absent(c)
			}
			return n.low <= f.Num(c) && f.Num(c) <= n.high
		})
	}
	return matches, func(d dice, c *cases.Case, not bool) {
		if not {
			if slices.ContainsFunc(wanted, func(n numberRange) bool { return n.absent }) {
				f.SetNum(c, 0.5+d.Float64()) // far from 0, which may be absence
			} else {
				_ = f.Set(c, "default")
			}
			return
		}
		n := pick(d, wanted...)
		if n.absent {
			_ = f.Set(c, "default")
			return
		}
		f.SetNum(c, n.low+d.Float64()*(n.high-n.low))
	}, nil
}

// word reads one of some words.
func word(accepted []string) func(string) (string, error) {
	return func(text string) (string, error) {
		if slices.Contains(accepted, text) {
			return text, nil
		}
		return "", fmt.Errorf("%q: want one of %s", text, strings.Join(accepted, ", "))
	}
}

// spanIn reads 7 or 2-8; a number below zero has its sign before it.
func spanIn(low, high int) func(string) (Span, error) {
	return func(text string) (Span, error) {
		wrong := fmt.Errorf("%q: want an integer from %d to %d, or a range such as %d-%d", text, low, high, max(low, 1), min(high, 8))
		if n, err := strconv.Atoi(text); err == nil {
			if n < low || n > high {
				return Span{}, wrong
			}
			return Span{n, n}, nil
		}
		at := strings.LastIndexByte(text, '-')
		if at < 1 {
			return Span{}, wrong
		}
		first, err := strconv.Atoi(text[:at])
		last, err2 := strconv.Atoi(text[at+1:])
		if err != nil || err2 != nil || first < low || last > high || first > last {
			return Span{}, wrong
		}
		return Span{first, last}, nil
	}
}

func within(spans []Span, n int) bool {
	return slices.ContainsFunc(spans, func(s Span) bool { return s.Low <= n && n <= s.High })
}

// allowedOf returns the wanted words, or the others.
func allowedOf(all, wanted []string, not bool) []string {
	if !not {
		return wanted
	}
	return slices.DeleteFunc(slices.Clone(all), func(w string) bool { return slices.Contains(wanted, w) })
}

// allowedSpans returns the wanted ranges, or what they leave of [low, high].
func allowedSpans(wanted []Span, low, high int, not bool) []Span {
	if !not {
		return wanted
	}
	sorted := slices.SortedFunc(slices.Values(wanted), func(a, b Span) int { return a.Low - b.Low })
	var left []Span
	for _, s := range sorted {
		if low < s.Low {
			left = append(left, Span{low, s.Low - 1})
		}
		low = max(low, s.High+1)
	}
	if low <= high {
		left = append(left, Span{low, high})
	}
	return left
}

// drawn returns a number of one of the ranges, of what is usual where they allow it.
func drawn(d dice, spans []Span, usual int) int {
	if len(spans) == 0 {
		return usual // the condition stays broken, and the draw is refused with its words
	}
	if near := slices.DeleteFunc(slices.Clone(spans), func(s Span) bool { return s.Low > usual }); len(near) > 0 {
		spans = near
	}
	s := pick(d, spans...)
	high := max(s.Low, min(s.High, usual))
	if s.Low < 1 {
		return d.between(s.Low, high)
	}
	return d.spread(s.Low, high)
}
