package cases

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/precision"
)

// integerField is a number of things. Its words are nothing until told.
func integerField(name, help string, low, high int, at func(*Case) *int) Field {
	get := func(c *Case) int { return *at(c) }
	return Field{
		Name: name, Type: Integer, Help: help, Low: low, High: high, Usual: min(high, usualSlack),
		at: func(c *Case) any { return at(c) }, zero: func(c *Case) bool { return *at(c) == 0 },
		normalize: []func(*Case) error{func(c *Case) error { return inRange(name, *at(c), low, high) }},
		text:      func(c *Case) string { return strconv.Itoa(*at(c)) },
		set: func(c *Case, text string) error {
			n, err := strconv.Atoi(text)
			if err != nil {
				return wrong(name, strconv.Quote(text), "%d to %d", low, high)
			}
			*at(c) = n
			return inRange(name, n, low, high)
		},
		integer: get, setInt: func(c *Case, n int) { *at(c) = n },
		Scalars: []Scalar{{name, func(c *Case) any { return *at(c) }, func(c *Case, v any) { *at(c) = v.(int) }}},
		Simple:  Simple{Rank: func(c *Case) []float64 { return []float64{float64(*at(c))} }, Least: low},
	}
}

// flagField is true or false, and false by default.
func flagField(name, help string, at func(*Case) *bool) Field {
	return Field{
		Name: name, Type: Flag, Help: help, Default: "false",
		at: func(c *Case) any { return at(c) }, zero: func(c *Case) bool { return !*at(c) },
		text: func(c *Case) string { return strconv.FormatBool(*at(c)) },
		set: func(c *Case, text string) error {
			b, err := strconv.ParseBool(text)
			if err != nil {
				return wrong(name, strconv.Quote(text), "true or false")
			}
			*at(c) = b
			return nil
		},
		Scalars: []Scalar{{name, func(c *Case) any { return *at(c) }, func(c *Case, v any) { *at(c) = v.(bool) }}},
		Simple: Simple{
			Rank:  func(c *Case) []float64 { return []float64{truth(*at(c))} },
			Plain: []func(*Case){func(c *Case) { *at(c) = false }},
		},
	}
}

// absence is how a word or a format may be left out.
type absence int

const (
	never   absence = iota // it has a value in every normalized case
	mayBe                  // it is absent where it does not apply
	isFirst                // its first value is written as absence
)

// wordField is an enumerated field. simple lists its values, the simplest first; those that it leaves out come last.
func wordField[T ~string](name, help string, at func(*Case) *T, left absence, values, simple []T) Field {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = string(v)
	}
	coded := slices.Clone(values) // what a fuzzer's byte counts
	switch left {
	case mayBe:
		coded = append([]T{""}, values...)
	case isFirst:
		coded[0] = ""
	}
	return Field{
		Name: name, Type: Word, Help: help, Values: names,
		at: func(c *Case) any { return at(c) }, zero: func(c *Case) bool { return *at(c) == "" },
		normalize: []func(*Case) error{func(c *Case) error {
			if err := oneOf(name, *at(c), values...); err != nil {
				return err
			}
			if left == isFirst && *at(c) == values[0] {
				*at(c) = ""
			}
			return nil
		}},
		text: func(c *Case) string {
			if left == isFirst && *at(c) == "" {
				return names[0]
			}
			return string(*at(c))
		},
		set: func(c *Case, text string) error {
			*at(c) = T(text)
			if text == "" {
				return wrong(name, `""`, "one of %s", strings.Join(names, ", "))
			}
			return oneOf(name, T(text), values...)
		},
		Scalars: []Scalar{choiceScalar(name, at, coded)},
		Simple: Simple{Rank: func(c *Case) []float64 {
			return []float64{place(simple, *at(c), values)}
		}},
	}
}

// formatField is a storage format.
func formatField(name, help string, at func(*Case) *precision.Format, left absence) Field {
	names := make([]string, 0, 3)
	for _, f := range precision.Formats() {
		names = append(names, f.String())
	}
	coded := precision.Formats()
	if left != never {
		coded = append([]precision.Format{0}, coded...)
	}
	return Field{
		Name: name, Type: Word, Help: help, Values: names,
		at: func(c *Case) any { return at(c) }, zero: func(c *Case) bool { return *at(c) == 0 },
		normalize: []func(*Case) error{func(c *Case) error {
			if f := *at(c); f.Valid() || f == 0 && left != never {
				return nil
			}
			return wrong(name, *at(c), "fp16, bf16 or fp32")
		}},
		text: func(c *Case) string {
			if *at(c) == 0 {
				return ""
			}
			return at(c).String()
		},
		set: func(c *Case, text string) (err error) {
			if *at(c), err = precision.Parse(text); err != nil {
				return wrong(name, strconv.Quote(text), "one of %s", strings.Join(names, ", "))
			}
			return nil
		},
		Scalars: []Scalar{choiceScalar(name, at, coded)},
		Simple:  Simple{Rank: func(c *Case) []float64 { return []float64{formatRank(*at(c))} }},
	}
}

// numberField is an fp32 number that may be absent; absence and 0 are two values, unless the row decides otherwise.
func numberField(name, help string, at func(*Case) **float32, effective func(*Case) float32) Field {
	return Field{
		Name: name, Type: Number, Help: help,
		at: func(c *Case) any { return at(c) }, zero: func(c *Case) bool { return *at(c) == nil },
		normalize: []func(*Case) error{func(c *Case) error {
			if x := *at(c); x == nil {
				return nil
			} else if s := float64(*x); math.IsNaN(s) || math.IsInf(s, 0) {
				return wrong(name, s, "a finite number")
			} else if *x == effective(&Case{HeadDim: c.HeadDim}) {
				*at(c) = nil
			} else if *x == 0 {
				*at(c) = new(float32) // one zero, not two
			}
			return nil
		}},
		text: func(c *Case) string {
			if *at(c) == nil {
				return "default"
			}
			return strconv.FormatFloat(float64(**at(c)), 'g', -1, 32)
		},
		set: func(c *Case, text string) error {
			if text == "default" {
				*at(c) = nil
				return nil
			}
			x, err := strconv.ParseFloat(text, 32)
			if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				return wrong(name, strconv.Quote(text), "default or a finite number")
			}
			narrow := float32(x)
			*at(c) = &narrow
			return nil
		},
		number: func(c *Case) float64 { return float64(effective(c)) },
		setNumber: func(c *Case, x float64) {
			narrow := float32(x)
			*at(c) = &narrow
		},
		words: func(c *Case) string {
			if *at(c) == nil {
				return ""
			}
			return fmt.Sprintf(", %s %g", name, **at(c))
		},
		Scalars: []Scalar{
			{"has " + name, func(c *Case) any { return *at(c) != nil }, func(c *Case, v any) {
				*at(c) = nil
				if v.(bool) {
					*at(c) = new(float32)
				}
			}},
			{name, func(c *Case) any {
				if *at(c) == nil {
					return float32(0)
				}
				return **at(c)
			}, func(c *Case, v any) {
				if *at(c) != nil { // "has" comes first
					**at(c) = v.(float32)
				}
			}},
		},
		Simple: Simple{
			Rank:  func(c *Case) []float64 { return []float64{numberRank(*at(c)), numberValue(*at(c))} },
			Plain: []func(*Case){func(c *Case) { *at(c) = nil }},
			Graded: func(c *Case) []func(*Case) {
				if *at(c) == nil {
					return nil
				}
				fraction, exponent := math.Frexp(float64(**at(c)))
				powerOfTwo := float32(math.Copysign(math.Ldexp(0.5, exponent), fraction))
				var list []func(*Case)
				for _, simpler := range []float32{1, 0, -1, powerOfTwo} {
					list = append(list, func(c *Case) {
						if *at(c) != nil {
							*at(c) = &simpler
						}
					})
				}
				return list
			},
		},
	}
}

// choiceScalar stands for an enumerated field by the index of its value; a larger byte wraps around, so that each byte
// is a choice and the fuzzer wastes none. The order of values is the format of seeds that a fuzzer has stored.
func choiceScalar[T comparable](name string, at func(*Case) *T, values []T) Scalar {
	return Scalar{name,
		func(c *Case) any { return byte(max(0, slices.Index(values, *at(c)))) },
		func(c *Case, v any) { *at(c) = values[int(v.(byte))%len(values)] }}
}

// amountField is a positive fp32 number whose reciprocal fp32 holds as well; 0 is absence.
func amountField(name, help string, at func(*Case) *float32) Field {
	const accepted = "0, which is none, or 2^-126 to 2^126"
	check := func(x float64) error {
		if x != 0 && !(x >= 0x1p-126 && x <= 0x1p126) {
			return wrong(name, x, accepted)
		}
		return nil
	}
	whole := func(x float32) float64 { return numberRank(&x) }
	return Field{
		Name: name, Type: Number, Help: help, Default: "0", accepted: accepted,
		at: func(c *Case) any { return at(c) }, zero: func(c *Case) bool { return *at(c) == 0 },
		normalize: []func(*Case) error{func(c *Case) error {
			if *at(c) == 0 {
				*at(c) = 0 // one zero, not two
			}
			return check(float64(*at(c)))
		}},
		text: func(c *Case) string {
			if *at(c) == 0 {
				return "default"
			}
			return strconv.FormatFloat(float64(*at(c)), 'g', -1, 32)
		},
		set: func(c *Case, text string) error {
			if text == "default" {
				*at(c) = 0
				return nil
			}
			x, err := strconv.ParseFloat(text, 32)
			if err != nil {
				return wrong(name, strconv.Quote(text), accepted)
			}
			*at(c) = float32(x)
			return check(x)
		},
		number: func(c *Case) float64 { return float64(*at(c)) }, setNumber: func(c *Case, x float64) { *at(c) = float32(x) },
		words: func(c *Case) string {
			if *at(c) == 0 {
				return ""
			}
			return fmt.Sprintf(", %s %g", name, *at(c))
		},
		Scalars: []Scalar{{name, func(c *Case) any { return *at(c) }, func(c *Case, v any) { *at(c) = v.(float32) }}},
		Simple: Simple{
			Rank: func(c *Case) []float64 {
				if *at(c) == 0 {
					return []float64{0, 0}
				}
				return []float64{whole(*at(c)), float64(*at(c))}
			},
			Plain: []func(*Case){func(c *Case) { *at(c) = 0 }},
			Graded: func(c *Case) []func(*Case) {
				if *at(c) == 0 {
					return nil
				}
				_, exponent := math.Frexp(float64(*at(c)))
				return edits(func(c *Case) { *at(c) = 1 }, func(c *Case) { *at(c) = float32(math.Ldexp(0.5, exponent)) })(c)
			},
		},
	}
}
