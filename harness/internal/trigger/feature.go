package trigger

import (
	"math"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/predicate"
)

// feature is a number that is read off a case, under the name that it has in expressions.
type feature struct {
	name  string
	kind  featureKind
	group string   // of the fields that decide it
	words []string // of a word: the value is the index
	get   func(*cases.Case) float64
}

type featureKind int

const (
	number featureKind = iota // a size or a count
	slack                     // a pad or an offset: only small edges are of interest
	real                      // the scale
	flag
	word
	difference // kv_len - q_len
	side       // of a window
)

// settled are fields that say nothing about when a bug strikes, or that other features tell.
var settled = map[string]bool{"version": true, "notes": true, "values.seed": true, "after": true}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

var features = makeFeatures()

func makeFeatures() []feature {
	var list []feature
	add := func(name string, kind featureKind, group string, get func(*cases.Case) float64) {
		list = append(list, feature{name: name, kind: kind, group: group, get: get})
	}
	for _, f := range cases.Fields() {
		if settled[f.Name] {
			continue
		}
		group := groupOf(f.Name)
		switch f.Type {
		case cases.Integer, cases.List:
			kind := number
			if f.Simple.Slack {
				kind = slack
			}
			if f.Name == "mask.left" || f.Name == "mask.right" {
				kind = side
				add(f.Name, kind, group, func(c *cases.Case) float64 {
					if !f.AppliesTo(c) {
						return -2
					}
					return float64(f.Int(c))
				})
				continue
			}
			add(f.Name, kind, group, func(c *cases.Case) float64 { return float64(f.Int(c)) })
		case cases.Number:
			add(f.Name, real, group, f.Num)
			add("abs("+f.Name+")", real, group, func(c *cases.Case) float64 { return math.Abs(f.Num(c)) })
		case cases.Flag:
			add(f.Name, flag, group, func(c *cases.Case) float64 { return truth(f.Text(c) == "true") })
		case cases.Word:
			values := slices.Clone(f.Values)
			if !slices.Contains(values, "") {
				values = append(values, "")
			}
			list = append(list, feature{name: f.Name, kind: word, group: group, words: values, get: func(c *cases.Case) float64 {
				return float64(max(0, slices.Index(values, wordIn(f, c))))
			}})
		}
	}
	add("group", number, "heads", func(c *cases.Case) float64 { return float64(c.Group()) })
	add("batch * heads", number, "heads", func(c *cases.Case) float64 { return float64(c.Batch * c.Heads) })
	add("batch * kv_heads", number, "heads", func(c *cases.Case) float64 { return float64(c.Batch * c.KVHeads) })
	add("q_len, kv_len", difference, "lengths", func(c *cases.Case) float64 { return float64(c.KVLen - c.QLen) })
	add("input == output", flag, "formats", func(c *cases.Case) float64 { return truth(c.Input == c.Output) })
	add("causal", flag, "mask", func(c *cases.Case) float64 { return truth(c.Mask.IsCausal()) })
	add(`mask.kind in ["bool", "additive"]`, flag, "mask", func(c *cases.Case) float64 { return truth(c.Mask.IsArray()) })
	add(`mask.align != ""`, flag, "mask", func(c *cases.Case) float64 { return truth(c.Mask.Align != "") })
	for _, letter := range []string{"b", "h", "q", "k"} {
		add(`mask.shape contains "`+letter+`"`, flag, "mask", func(c *cases.Case) float64 {
			return truth(strings.Contains(c.Mask.Shape, letter))
		})
	}
	add("visible.end", number, "mask", func(c *cases.Case) float64 { return float64(c.Visible().End) })
	add("visible.none", flag, "mask", func(c *cases.Case) float64 { return truth(c.Visible().None) })
	add("visible.hides", flag, "mask", func(c *cases.Case) float64 { return truth(c.Visible().Hides) })
	for _, o := range cases.OperandNames() {
		add("strided."+o, flag, "layout", func(c *cases.Case) float64 { return truth(c.Strided(o)) })
	}
	add("same_strides.k_v", flag, "layout", func(c *cases.Case) float64 {
		return truth(c.EffectiveStrides("k") == c.EffectiveStrides("v"))
	})
	add("same_strides.q_out", flag, "layout", func(c *cases.Case) float64 {
		return truth(c.EffectiveStrides("q") == c.EffectiveStrides("out"))
	})
	add("after", slack, "after", func(c *cases.Case) float64 { return float64(len(c.After)) })
	add("before.more_keys", difference, "after", func(c *cases.Case) float64 {
		more := 0
		for i := range c.After {
			if n := c.After[i].KVLen - c.KVLen; i == 0 || n > more {
				more = n
			}
		}
		return float64(more)
	})
	for _, f := range cases.Fields() {
		if settled[f.Name] || groupOf(f.Name) == "call" {
			continue
		}
		add(`"`+f.Name+`" in before.differs`, flag, "after", func(c *cases.Case) float64 {
			return truth(len(c.After) > 0 && slices.Contains(predicate.Differs(c), f.Name))
		})
	}
	return list
}

// wordIn is the word that an expression sees: absence is the empty word, but where the language of expressions fills in.
func wordIn(f *cases.Field, c *cases.Case) string {
	switch {
	case !f.Absent(c):
		return f.Text(c)
	case f.Name == "mask.kind":
		return string(cases.NoMask)
	case f.Name == "intermediate":
		return "fp32"
	}
	return ""
}

// groupOf names the fields that are varied and copied together. A field that nobody has thought of here is one of its
// own, or of its family where its name has one.
func groupOf(field string) string {
	switch field {
	case "heads", "kv_heads":
		return "heads"
	case "q_len", "kv_len":
		return "lengths"
	case "input", "output", "intermediate":
		return "formats"
	}
	family, _, _ := strings.Cut(field, ".")
	return family
}

// vector is the features of a case.
func vector(c *cases.Case) []float64 {
	x := make([]float64, len(features))
	for i := range features {
		x[i] = features[i].get(c)
	}
	return x
}
