package gen

import (
	"fmt"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
)

// Condition is a filter on one field: of the cases that have a use for it, those with one of the values; Not: all but
// those.
type Condition struct {
	Name   string // one of FilterNames
	Values string // as Set takes them
	Not    bool   `json:",omitempty"`
}

// String is name=values, or name!=values.
func (c Condition) String() string {
	if c.Not {
		return c.Name + "!=" + c.Values
	}
	return c.Name + "=" + c.Values
}

// rule is a condition that has been read.
type rule struct {
	quantity
	Condition
	matches func(*cases.Case) bool                // one of the values
	choose  func(d dice, c *cases.Case, not bool) // sets one that the condition accepts, of its own kind at least
}

func (r *rule) holds(c *cases.Case) bool { return (r.useful(c) && r.matches(c)) != r.Not }

func (r *rule) told(c *cases.Case) string { return fmt.Sprintf("%s %s", r.name, r.text(c)) }

// quantity is what a condition can be about: a field of the table, or what several of them come to.
type quantity struct {
	name, usage string
	size        bool // of the shape: it is set before the cost of the case is brought under its bound
	whole       bool // of the sequence, not of each case in it
	useful      func(*cases.Case) bool
	text        func(*cases.Case) string
	parse       func(values string) (func(*cases.Case) bool, func(dice, *cases.Case, bool), error)
}

// quantities lists what conditions can be about, but for what settings do.
func quantities() []quantity {
	all := []quantity{lengthsQuantity(), groupQuantity(), everyOperand("layout", "order of q, k, v and out, all four",
		"layout.q.order", "layout.k.order", "layout.v.order", "layout.out.order"),
		everyOperand("values", "how q, k and v are drawn, all three", "values.q", "values.k", "values.v"),
		alias("align", "mask.align")}
	for _, f := range cases.Fields() {
		if f.Type == cases.Text || f.Name == "version" || slices.ContainsFunc(settings, func(s setting) bool { return s.name == hyphened(f.Name) }) {
			continue
		}
		all = append(all, fieldQuantity(f))
	}
	return all
}

var sizes = []string{"batch", "heads", "kv_heads", "q_len", "kv_len", "head_dim"}

func fieldQuantity(f *cases.Field) quantity {
	return quantity{
		name: hyphened(f.Name), usage: f.Help + ": " + f.Accepts(), size: slices.Contains(sizes, f.Name), whole: f.Name == "after",
		useful: f.HasUse, text: f.Text,
		parse: func(values string) (func(*cases.Case) bool, func(dice, *cases.Case, bool), error) {
			return parseValues(f, values)
		},
	}
}

func alias(name, field string) quantity {
	q := fieldQuantity(cases.FieldNamed(field))
	q.name = name
	return q
}

// everyOperand asks the same of several fields. Its opposite is that not all of them have one of the values.
func everyOperand(name, usage string, fields ...string) quantity {
	rows := make([]*cases.Field, len(fields))
	for i, field := range fields {
		rows[i] = cases.FieldNamed(field)
	}
	return quantity{
		name: name, usage: usage + ": " + rows[0].Accepts(), useful: func(*cases.Case) bool { return true },
		text: func(c *cases.Case) string {
			var parts []string
			for _, f := range rows {
				parts = append(parts, f.Text(c))
			}
			return strings.Join(parts, " ")
		},
		parse: func(values string) (func(*cases.Case) bool, func(dice, *cases.Case, bool), error) {
			matches := make([]func(*cases.Case) bool, len(rows))
			choose := make([]func(dice, *cases.Case, bool), len(rows))
			for i, f := range rows {
				var err error
				if matches[i], choose[i], err = parseValues(f, values); err != nil {
					return nil, nil, err
				}
			}
			return func(c *cases.Case) bool {
					return !slices.ContainsFunc(matches, func(m func(*cases.Case) bool) bool { return !m(c) })
				}, func(d dice, c *cases.Case, not bool) {
					for i := range rows {
						if not == matches[i](c) {
							choose[i](d, c, not)
						}
					}
				}, nil
		},
	}
}

// The relations of q_len to kv_len.
const (
	equalLengths = "equal"
	fewerRows    = "fewer-rows"
	moreRows     = "more-rows"
)

func lengthsQuantity() quantity {
	of := func(c *cases.Case) string {
		switch {
		case c.QLen < c.KVLen:
			return fewerRows
		case c.QLen > c.KVLen:
			return moreRows
		}
		return equalLengths
	}
	all := []string{equalLengths, fewerRows, moreRows}
	return quantity{
		name: "lengths", usage: "q_len against kv_len: one of " + strings.Join(all, ", "), size: true,
		useful: func(*cases.Case) bool { return true }, text: of,
		parse: func(values string) (func(*cases.Case) bool, func(dice, *cases.Case, bool), error) {
			wanted, err := list(values, word(all))
			if err != nil {
				return nil, nil, err
			}
			return func(c *cases.Case) bool { return slices.Contains(wanted, of(c)) }, func(d dice, c *cases.Case, not bool) {
				least := min(c.QLen, c.KVLen)
				switch pick(d, allowedOf(all, wanted, not)...) {
				case equalLengths:
					c.QLen, c.KVLen = least, least
				case fewerRows:
					c.QLen, c.KVLen = least, max(c.QLen, c.KVLen, least+1)
				case moreRows:
					c.QLen, c.KVLen = max(c.QLen, c.KVLen, least+1), least
				}
			}, nil
		},
	}
}

func groupQuantity() quantity {
	return quantity{
		name: "group", usage: "query heads over each kv head: 1 to 4096", size: true,
		useful: func(c *cases.Case) bool { return c.KVHeads > 0 },
		text:   func(c *cases.Case) string { return fmt.Sprint(c.Group()) },
		parse: func(values string) (func(*cases.Case) bool, func(dice, *cases.Case, bool), error) {
			spans, err := list(values, spanIn(1, cases.MaxHeads))
			if err != nil {
				return nil, nil, err
			}
			return func(c *cases.Case) bool { return within(spans, c.Group()) }, func(d dice, c *cases.Case, not bool) {
				c.Heads = c.KVHeads * drawn(d, allowedSpans(spans, 1, cases.MaxHeads, not), 8)
			}, nil
		},
	}
}

// rule reads a condition.
func (c Condition) rule() (rule, error) {
	if c.Name == "region" && c.Not {
		r, err := RegionNamed(c.Values)
		if err != nil {
			return rule{}, err
		}
		return rule{Condition: c, matches: r.Holds, quantity: quantity{name: "region", whole: true,
			useful: func(*cases.Case) bool { return true }, text: func(*cases.Case) string { return r.Name }}}, nil
	}
	names, _ := FilterNames()
	for _, q := range append(quantities(), alias("output", "output"), alias("head-dim", "head_dim")) {
		if q.name != c.Name {
			continue
		}
		matches, choose, err := q.parse(c.Values)
		if err != nil {
			return rule{}, fmt.Errorf("%s: %w", c.Name, err)
		}
		return rule{quantity: q, Condition: c, matches: matches, choose: choose}, nil
	}
	return rule{}, fmt.Errorf("filter %q: want one of %s", c.Name, strings.Join(names, ", "))
}

// compiled returns the conditions as rules.
func (f *Filter) compiled() ([]rule, error) {
	if len(f.rules) == len(f.Conditions) {
		return f.rules, nil
	}
	rules := make([]rule, len(f.Conditions))
	for i, c := range f.Conditions {
		var err error
		if rules[i], err = c.rule(); err != nil {
			return nil, err
		}
	}
	return rules, nil
}
