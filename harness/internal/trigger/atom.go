package trigger

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
)

// atom is a condition on one feature, with its description length: plain ones, as kv_len >= 33 or lse, cost 1; what takes
// more words to explain, as a remainder, costs more.
type atom struct {
	text     string
	cost     float64
	feature  int
	holds    func(float64) bool
	or       *atom  // may stand in its place; nil: nothing does
	readable string // for people, where the text would not read well; empty: what inWords makes of the text
}

// atoms are the conditions on one feature that are tried: thousands, which a process makes when it first looks for a trigger.
var atoms = sync.OnceValue(makeAtoms)

func makeAtoms() []atom {
	var list []atom
	for i := range features {
		list = append(list, atomsOf(i)...)
	}
	return list
}

func atomsOf(index int) (list []atom) {
	f := &features[index]
	add := func(cost float64, holds func(float64) bool, format string, arguments ...any) {
		list = append(list, atom{text: fmt.Sprintf(format, arguments...), cost: cost, feature: index, holds: holds})
	}
	switch f.kind {
	case flag:
		cost := 1.05
		if strings.ContainsAny(f.name, " .") && !strings.Contains(f.name, "before") {
			cost = 1.1
		}
		if f.readable != "" {
			cost = 1.2 // not one field, but what follows from several
		}
		add(cost, func(x float64) bool { return x == 1 }, "%s", f.name)
		add(cost+0.1, func(x float64) bool { return x == 0 }, "%s", negated(f.name))
	case word:
		list = append(list, wordAtoms(index)...)
	case real:
		list = append(list, realAtoms(index)...)
	case difference:
		list = append(list, differenceAtoms(index)...)
	case side:
		n := f.name
		add(1, func(x float64) bool { return x >= 0 }, "%s", windowed(n, ">= 0"))
		add(1.2, func(x float64) bool { return x == -1 }, "%s == -1", n)
		add(1.1, func(x float64) bool { return x == 0 }, "%s", windowed(n, "== 0"))
		add(1.2, func(x float64) bool { return x >= 1 }, "%s >= 1", n)
		for _, t := range []float64{2, 3, 4, 8, 16, 32, 64} {
			add(1.25, func(x float64) bool { return x >= t }, "%s >= %g", n, t)
			add(1.3, func(x float64) bool { return x >= 0 && x < t }, "%s", windowed(n, fmt.Sprintf("in 0..%g", t-1)))
		}
	case slack:
		plain := 1.0
		if f.readable != "" {
			plain = 1.15
		}
		add(plain, func(x float64) bool { return x > 0 }, "%s > 0", f.name)
		add(1.1, func(x float64) bool { return x == 0 }, "%s == 0", f.name)
		for _, t := range []float64{2, 3, 4, 8, 32} {
			add(1.2, func(x float64) bool { return x >= t }, "%s >= %g", f.name, t)
			add(1.25, func(x float64) bool { return x < t && x > 0 }, "%s in 1..%g", f.name, t-1)
		}
	case number:
		list = append(list, numberAtoms(index)...)
	case logit:
		list = append(list, logitAtoms(index)...)
	case pastPower:
		for _, t := range []float64{1, 4, 8, 16} {
			add(1.3, func(x float64) bool { return x >= 1 && x <= t }, "%s in 1..%g", f.name, t)
		}
	}
	return list
}

func windowed(name, comparison string) string {
	return fmt.Sprintf(`(mask.kind == "window" || mask.window) && %s %s`, name, comparison)
}

func negated(name string) string {
	switch {
	case name == "visible.end > kv_len - kv_len % 8":
		return "visible.end <= kv_len - kv_len % 8"
	case name == "visible.end == kv_len":
		return "visible.end != kv_len"
	case name == "input == output":
		return "input != output"
	case name == `mask.align != ""`:
		return `mask.align == ""`
	case strings.HasPrefix(name, "(") && strings.HasSuffix(name, ")"):
		return "not " + name
	case strings.Contains(name, " "):
		return "not (" + name + ")"
	}
	return "not " + name
}

// classes are sets of words that bugs have in common.
var classes = []struct {
	words []string
	cost  float64
}{
	{[]string{"fp16", "bf16"}, 1.1},
	{[]string{"causal", "window"}, 1.15}, {[]string{"none", "causal", "window"}, 1.2}, {[]string{"none", "causal"}, 1.2},
	{[]string{"nan", "snan"}, 1.15}, {[]string{"inf", "nan", "snan"}, 1.15},
	{[]string{"overflow", "huge"}, 1.25}, {[]string{"positive", "negative"}, 1.3},
}

func indexesOf(words, wanted []string) (list []int) {
	for _, w := range wanted {
		if i := slices.Index(words, w); i >= 0 {
			list = append(list, i)
		}
	}
	return list
}

// wordsAtom is that a word is one of several.
func wordsAtom(feature int, values []int, cost float64) atom {
	f := &features[feature]
	values = slices.Sorted(slices.Values(values))
	names, readable, present := make([]string, len(values)), "", []string{}
	for i, v := range values {
		names[i] = fmt.Sprintf("%q", f.words[v])
		if f.words[v] != "" {
			present = append(present, f.words[v])
		}
	}
	if len(present) < len(values) {
		readable = absent(f, present)
	}
	return atom{text: fmt.Sprintf("%s in [%s]", f.name, strings.Join(names, ", ")), cost: cost, feature: feature, readable: readable,
		holds: func(x float64) bool { return slices.Contains(values, int(x)) }}
}

// absent is for people that a case has no word of a field, or one of a few. As expressions have it, the word is then "".
func absent(f *feature, or []string) string {
	switch len(or) {
	case 0:
		return "no " + f.name
	case 1:
		return "no " + f.name + " or " + or[0]
	}
	return "no " + f.name + " or one of " + strings.Join(or, ", ")
}

// wordAtoms are about a field of words: one word, any other, and those of a class.
func wordAtoms(index int) (list []atom) {
	f := &features[index]
	for i, w := range f.words {
		cost := 1.0
		if w == "" {
			cost = 1.3
		}
		is := atom{text: fmt.Sprintf("%s == %q", f.name, w), cost: cost, feature: index, holds: func(x float64) bool { return int(x) == i }}
		not := atom{text: fmt.Sprintf("%s != %q", f.name, w), cost: cost + 0.1, feature: index, holds: func(x float64) bool { return int(x) != i }}
		if w == "" && f.name != "mask.align" { // no diagonal
			is.readable, not.readable = absent(f, nil), "some "+f.name
		}
		list = append(list, is, not)
	}
	for _, class := range classes {
		if subset := indexesOf(f.words, class.words); len(subset) == len(class.words) {
			list = append(list, wordsAtom(index, subset, class.cost))
		}
	}
	return list
}

func realAtoms(index int) (list []atom) {
	n := features[index].name
	add := func(cost float64, text string, holds func(float64) bool) {
		list = append(list, atom{text: n + " " + text, cost: cost, feature: index, holds: holds})
	}
	if strings.HasPrefix(n, "abs") {
		add(1.2, "> 1", func(x float64) bool { return x > 1 })
		add(1.25, ">= 1", func(x float64) bool { return x >= 1 })
		add(1.2, "<= 1", func(x float64) bool { return x <= 1 })
		add(1.25, "< 1", func(x float64) bool { return x < 1 })
		return list
	}
	add(1, "== 0", func(x float64) bool { return x == 0 })
	add(1.1, "!= 0", func(x float64) bool { return x != 0 })
	add(1, "< 0", func(x float64) bool { return x < 0 })
	add(1.1, ">= 0", func(x float64) bool { return x >= 0 })
	add(1.1, "> 0", func(x float64) bool { return x > 0 })
	add(1, "!= 1", func(x float64) bool { return x != 1 })
	add(1.1, "== 1", func(x float64) bool { return x == 1 })
	add(1.15, "> 1", func(x float64) bool { return x > 1 })
	add(1.2, ">= 1", func(x float64) bool { return x >= 1 })
	add(1.2, "<= 1", func(x float64) bool { return x <= 1 })
	add(1.2, "< 1", func(x float64) bool { return x < 1 })
	return list
}

func differenceAtoms(index int) (list []atom) {
	add := func(cost float64, text string, holds func(float64) bool) {
		list = append(list, atom{text: text, cost: cost, feature: index, holds: holds})
	}
	if features[index].name == "before.more_keys" {
		add(1, "before.more_keys > 0", func(x float64) bool { return x > 0 })
		add(1.3, "before.more_keys in 1..8", func(x float64) bool { return x >= 1 && x <= 8 })
		add(1.2, "before.more_keys < 0", func(x float64) bool { return x < 0 })
		return list
	}
	// The name is the two that are compared, the value the second less the first.
	one, other, _ := strings.Cut(features[index].name, ", ")
	dearer := 0.0
	if features[index].readable != "" {
		dearer = 0.15 // not a field, but what follows from several
	}
	for _, c := range []struct {
		cost  float64
		sign  string
		holds func(float64) bool
	}{
		{1, "==", func(x float64) bool { return x == 0 }},
		{1, "!=", func(x float64) bool { return x != 0 }},
		{1.05, "<", func(x float64) bool { return x > 0 }},
		{1.05, ">", func(x float64) bool { return x < 0 }},
		{1.1, "<=", func(x float64) bool { return x >= 0 }},
		{1.1, ">=", func(x float64) bool { return x <= 0 }},
	} {
		add(c.cost+dearer, one+" "+c.sign+" "+other, c.holds)
	}
	return list
}

// edges are where blocks, vectors and simdgroups end.
var edges = []float64{2, 3, 4, 5, 6, 8, 9, 12, 16, 17, 24, 25, 32, 33, 48, 49, 64, 65, 80, 96, 97, 128, 129, 192, 193, 256, 257, 512, 513, 1024, 1025, 2048, 4096, 16384, 32768, 32769, 65536}

// vectorEdges are those of a head_dim, which is taken in vectors of 8.
var vectorEdges = func() []float64 {
	list := slices.Clone(edges)
	for n := 40.0; n <= 256; n += 8 {
		list = append(list, n, n+1)
	}
	slices.Sort(list)
	return slices.Compact(list)
}()

func powerOfTwo(x float64) bool { f, _ := math.Frexp(x); return f == 0.5 }

// thresholdAtoms are that a number is at least so much, or less, where that is no usual edge.
func thresholdAtoms(index, threshold int) []atom {
	t, n := float64(threshold), features[index].name
	if slices.Contains(edges, t) {
		return nil
	}
	return []atom{
		{text: fmt.Sprintf("%s >= %d", n, threshold), cost: 1.2, feature: index, holds: func(x float64) bool { return x >= t }},
		{text: fmt.Sprintf("%s < %d", n, threshold), cost: 1.25, feature: index, holds: func(x float64) bool { return x < t }},
	}
}

func numberAtoms(index int) (list []atom) {
	f := &features[index]
	n := f.name
	if strings.Contains(n, " ") {
		n = "(" + n + ")"
	}
	add := func(cost float64, holds func(float64) bool, format string, arguments ...any) {
		list = append(list, atom{text: fmt.Sprintf(format, arguments...), cost: cost, feature: index, holds: holds})
	}
	sizes := slices.Contains([]string{"q_len", "kv_len", "head_dim", "v_head_dim", "visible.end", "visible.begin"}, f.name)
	if slices.Contains([]string{"batch", "q_len", "kv_len", "visible.begin", "visible.skips", "visible.end"}, f.name) { // of which there may be none
		add(1.05, func(x float64) bool { return x == 0 }, "%s == 0", n)
		add(1.1, func(x float64) bool { return x == 1 }, "%s == 1", n)
	}
	if f.name == "visible.begin" || f.name == "visible.skips" { // most cases have none
		add(1.05, func(x float64) bool { return x >= 1 }, "%s >= 1", n)
	}
	counts := edges[:11]
	if sizes {
		counts = edges
	}
	if f.name == "head_dim" || f.name == "v_head_dim" {
		counts = vectorEdges
	}
	for _, t := range counts {
		cost := 1.25
		switch {
		case t == 2:
			cost = 1
		case powerOfTwo(t) || powerOfTwo(t-1):
			cost = 1.1
		}
		add(cost, func(x float64) bool { return x >= t }, "%s >= %g", n, t)
		if t == 2 {
			add(cost+0.02, func(x float64) bool { return x < 2 }, "%s < 2", n)
			continue
		}
		add(cost+0.05, func(x float64) bool { return x < t }, "%s < %g", n, t)
		add(1.3, func(x float64) bool { return x == t }, "%s == %g", n, t)
	}
	if !sizes && f.name != "heads" && f.name != "group" {
		return list
	}
	moduli := []int{2, 4, 8, 16, 32, 64}
	if !sizes {
		moduli = moduli[:2]
	}
	for _, m := range moduli {
		cost := 1.1
		if m < 8 {
			cost = 1.3
		}
		rest := func(x float64) int { return int(x) % m }
		add(cost, func(x float64) bool { return rest(x) == 0 }, "%s %% %d == 0", n, m)
		add(cost, func(x float64) bool { return rest(x) != 0 }, "%s %% %d != 0", n, m)
		if m >= 16 {
			add(1.4, func(x float64) bool { return rest(x) >= 1 && rest(x) <= 8 }, "%s %% %d in 1..8", n, m)
			add(1.4, func(x float64) bool { return rest(x) == 1 }, "%s %% %d == 1", n, m)
			add(1.4, func(x float64) bool { return rest(x) == m-1 }, "%s %% %d == %d", n, m, m-1)
			add(1.45, func(x float64) bool { return rest(x) >= 1 && rest(x) <= m/2 }, "%s %% %d in 1..%d", n, m, m/2)
		}
	}
	return list
}
