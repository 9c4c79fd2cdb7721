package main

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/harness/internal/trigger"
)

// drawing makes conditions of bugs at random, from the table of fields and a few quantities that kernels go by. It knows
// nothing of the atoms that the search has.
type drawing struct {
	dice   *rand.Rand
	fields []*cases.Field
	sample []cases.Case // that conditions are tried on
	facts  []predicate.Facts
}

// A drawn bug strikes neither hardly a case nor nearly all, and is not hidden behind another.
const (
	drawnFrom     = 400 // cases
	leastStruck   = 0.02
	mostStruck    = 0.4
	mostInside    = 0.85 // of its cases that another bug of the library strikes, too
	leastByItself = 8    // cases of drawnFrom that no other bug strikes
	drawnTries    = 300  // conditions in a row that do not fit
)

func newDrawing(seed int64) (*drawing, error) {
	d := &drawing{dice: rand.New(rand.NewSource(seed))}
	for _, f := range cases.Fields() {
		switch {
		case f.Name == "version", f.Name == "values.seed", f.Name == "after", f.Name == "notes", strings.HasPrefix(f.Name, "call."):
		case f.Type == cases.Integer, f.Type == cases.Word, f.Type == cases.Flag, f.Type == cases.Number:
			d.fields = append(d.fields, f)
		}
	}
	stream, err := gen.NewStream(gen.Default, 977, gen.Filter{MaxWork: maxFormulaWork})
	if err != nil {
		return nil, err
	}
	for i := 0; len(d.sample) < drawnFrom; i++ {
		c, err := stream.Case(i)
		if err != nil {
			return nil, err
		}
		if trigger.MayHide(&c) {
			continue
		}
		d.sample = append(d.sample, c)
		d.facts = append(d.facts, predicate.FactsOf(c))
	}
	return d, nil
}

func pick[T any](dice *rand.Rand, list ...T) T { return list[dice.Intn(len(list))] }

// part is a condition on one field, or one quantity.
func (d *drawing) part() string {
	if d.dice.Intn(4) == 0 {
		return pick(d.dice, "q_len != kv_len", "q_len == kv_len", "q_len > kv_len", "q_len < kv_len", "group >= 2", "group == 1", "causal", "not causal",
			"visible.hides", "visible.none", "batch * heads >= 4", "batch >= 2 && heads >= 2", "mask.align != \"\"", `mask.kind in ["bool", "additive"]`,
			`mask.shape contains "q"`, `mask.shape contains "h"`, `mask.shape contains "b"`, "visible.end >= 33", "visible.end % 8 != 0", "visible.end != kv_len",
			"strided.q", "strided.k", "strided.v", "strided.out", "not same_strides.k_v", "input != output", "before.more_keys > 0", `"input" in before.differs`, `"scale" in before.differs`)
	}
	f := d.fields[d.dice.Intn(len(d.fields))]
	switch f.Type {
	case cases.Flag:
		return f.Name
	case cases.Number:
		return f.Name + " " + pick(d.dice, "< 0", "> 0", "!= 1", "== 0", ">= 0.5", "> 1")
	case cases.Word:
		w := pick(d.dice, f.Values...)
		if other := pick(d.dice, f.Values...); other != w && d.dice.Intn(4) == 0 {
			return fmt.Sprintf("%s in [%q, %q]", f.Name, w, other)
		}
		return fmt.Sprintf("%s == %q", f.Name, w)
	}
	if f.Simple.Slack {
		return f.Name + " " + pick(d.dice, "> 0", "> 0", "> 0", ">= 2", ">= 8")
	}
	edge := pick(d.dice, 2, 2, 3, 4, 8, 9, 16, 17, 32, 33, 64, 65, 128, 129, 192, 256)
	return f.Name + " " + pick(d.dice, fmt.Sprintf(">= %d", edge), fmt.Sprintf(">= %d", edge), fmt.Sprintf("< %d", edge),
		"% 8 != 0", "% 32 != 0", "% 32 == 0", "% 64 != 0", "% 64 in 1..8")
}

// condition is one to three parts; either of two such, now and then.
func (d *drawing) condition() string {
	conjunction := func(most int) string {
		parts := make([]string, 1+d.dice.Intn(most))
		for i := range parts {
			parts[i] = d.part()
		}
		return strings.Join(parts, " && ")
	}
	if d.dice.Intn(10) == 0 {
		return conjunction(2) + " || " + conjunction(2)
	}
	return conjunction(pick(d.dice, 1, 2, 2, 3))
}

// struck tells which cases of the sample a condition strikes; nil: it is none that the language takes.
func (d *drawing) struck(condition string) []bool {
	p, err := predicate.Compile(condition)
	if err != nil {
		return nil
	}
	list := make([]bool, len(d.sample))
	for i, facts := range d.facts {
		if list[i], err = p.Holds(facts); err != nil {
			return nil
		}
	}
	return list
}

func count(list []bool) (n int) {
	for _, x := range list {
		if x {
			n++
		}
	}
	return n
}

// library draws the bugs of one, anew where those that it has leave no room for another.
func (d *drawing) library(bugs int) (list []string) {
	var struck [][]bool
	for tries := 0; len(list) < bugs; tries++ {
		if tries == drawnTries {
			list, struck, tries = nil, nil, 0
		}
		condition := d.condition()
		s := d.struck(condition)
		share := float64(count(s)) / drawnFrom
		if s == nil || share < leastStruck || share > mostStruck || !apart(append(slices.Clone(struck), s)) {
			continue
		}
		list, struck, tries = append(list, condition), append(struck, s), 0
	}
	return list
}

// apart reports whether each bug strikes cases that no other does.
func apart(struck [][]bool) bool {
	for i, one := range struck {
		alone := slices.Clone(one)
		for j, other := range struck {
			both := 0
			for k := range one {
				if i != j && one[k] && other[k] {
					both++
					alone[k] = false
				}
			}
			if float64(both) > mostInside*float64(count(one)) {
				return false
			}
		}
		if count(alone) < leastByItself {
			return false
		}
	}
	return true
}
