package trigger

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/predicate"
)

// Finding is one bug, as far as it could be told from others.
type Finding struct {
	// Trigger is the wide condition: nothing that the run or a probe has shown to fail by this bug lies outside, but for
	// Outside. Sure is the narrow one, inside which nearly everything fails.
	Trigger, Sure predicate.Predicate
	Summary       string     // the trigger for people
	Base          cases.Case // the failing case around which was asked
	Probes        int        // cases that were run to find out
	Inside        int        // failures that the trigger matches
	Exceptions    int        // cases that it matches and that pass, though nothing about them would hide an error
	Hidden        int        // the same with values that may hide one
	Note          string     // what is not sure about it

	wide, sure conjunction
	in         *inference // what it was found by
	whole      *Finding   // that explains this one as well; nil: none
	unclear    bool
}

// Explained reports whether the trigger is a condition for when the bug strikes. Where no simple one was found the trigger
// matches no case.
func (f *Finding) Explained() bool { return !f.unclear }

// Everywhere reports whether the bug strikes whatever the case is.
func (f *Finding) Everywhere() bool { return f.Explained() && len(f.wide.atoms) == 0 }

// Matches reports whether the trigger explains a failure of a case.
func (f *Finding) Matches(c *cases.Case) bool {
	return f.Explained() && f.wide.holdsFor(c)
}

// manyAtoms is how long conditions are that some fit by chance alone.
const manyAtoms = 5

// describe fills in what follows from the two conjunctions and the evidence.
func (l *Lab) describe(f *Finding) error {
	var err error
	if f.Trigger, err = predicate.Compile(f.wide.String()); err != nil {
		return fmt.Errorf("trigger: %w", err)
	}
	if f.Sure, err = predicate.Compile(f.sure.String()); err != nil {
		return fmt.Errorf("trigger: %w", err)
	}
	f.Summary = inWords(f.wide.atoms)
	f.Inside, f.Exceptions, f.Hidden = 0, 0, 0
	seen := map[*sample]bool{}
	for _, list := range [][]judged{l.run, l.probed} {
		for _, j := range list {
			if seen[j.sample] || !f.wide.matches(j.sample) {
				continue
			}
			seen[j.sample] = true
			switch {
			case j.fails:
				f.Inside++
			case j.weak, f.in.idle(j.sample):
				f.Hidden++
			default:
				f.Exceptions++
			}
		}
	}
	// By chance, conditions that are long enough match more failures than passes: one of many atoms must be nearly right.
	// Of a bug that strikes with some values only, that many cases pass in any condition.
	lucky := float64(f.Inside) * (1/f.in.chance - 1)
	exceptions := max(0, int(float64(f.Exceptions)-lucky))
	f.unclear = f.in.chance < 1 && f.leavesOut() || (f.in.chance < 1 || manyExceptions*exceptions > f.Inside) && f.tellsLittle() || f.Inside < 2*exceptions || len(f.wide.atoms) >= manyAtoms && f.Inside < 8*exceptions
	// A condition is no better that lies about most of the lengths that were varied around the base, one at a time: it has
	// learned by heart which of them fail.
	far, strays := 0, 0
	for s := range f.in.far {
		if f.in.explainedByAnother(s) {
			continue
		}
		if far++; !f.wide.matches(s) {
			strays++
		}
	}
	if !f.unclear && 2*strays > far {
		f.unclear = true
		f.Note = fmt.Sprintf("no simple condition explains it: of %d failing cases one change away from the base, the best one leaves out %d; a race, a state left by other calls, or a quantity that has no name here, such as where in memory an operand lies",
			far, strays)
		f.Summary = "no simple condition explains it"
		return nil
	}
	switch {
	case f.unclear:
		f.Note = fmt.Sprintf("no simple condition explains it: of %d cases that match the best one, %d pass; a race, a state left by other calls, or a quantity that has no name here",
			f.Inside+f.Exceptions, f.Exceptions)
		f.Summary = "no simple condition explains it"
	case f.Everywhere():
		f.Summary, f.Note = "strikes everywhere", "nothing that was varied makes it pass"
	case f.Exceptions > 0:
		f.Note = fmt.Sprintf("%d of %d matching cases pass", f.Exceptions, f.Inside+f.Exceptions)
	}
	return nil
}

// leavesOut reports whether a condition says nothing, or leaves out more than one in ten of the failures around the base.
// Of a bug that strikes by chance, as by where in memory an operand lies, some condition fits the passes; the failures tell.
func (f *Finding) leavesOut() bool {
	all, outside := 0, 0
	for _, s := range append(slices.Clone(f.in.hard), f.in.soft...) {
		if f.in.unrelated[s] || f.in.explainedByAnother(s) {
			continue
		}
		if all++; !f.wide.matches(s) {
			outside++
		}
	}
	return len(f.wide.atoms) == 0 || 10*outside > all
}

// Of a bug that strikes by chance, probes outside a condition fail at least this many times less often than those inside,
// where the condition tells when.
const (
	tellingRatio   = 3
	leastToCompare = 8
	// manyExceptions is one in how many failures: a condition with more is held against what lies outside, however often the
	// base fails.
	manyExceptions = 6
)

// tellsLittle reports whether probes outside a condition fail nearly as often as those inside, or hardly one is outside.
func (f *Finding) tellsLittle() bool {
	var inside, outside strikes
	for _, j := range f.in.probed {
		if f.in.hides(j.sample) || f.in.explainedByAnother(j.sample) {
			continue
		}
		side := &outside
		if f.wide.matches(j.sample) {
			side = &inside
		}
		side.asked++
		if j.fails {
			side.failed++
		}
	}
	return outside.asked < leastToCompare || tellingRatio*outside.failed*inside.asked > inside.failed*outside.asked
}

// Confidence is a line about how sure a trigger is.
func (f *Finding) Confidence() string {
	s := fmt.Sprintf("%d probes; %d failing cases explained, %d exceptions", f.Probes, f.Inside, f.Exceptions)
	if f.Hidden > 0 {
		s += fmt.Sprintf(", %d more pass whose values may hide it", f.Hidden)
	}
	return s
}

// wordings are what parts of expressions are called.
var wordings = []string{
	`(mask.kind == "window" || mask.window) && mask.`, "a window with ",
	"not (batch * q_len * kv_len == 0)", "some batch, rows and keys", "batch * q_len * kv_len == 0", "no batch, no rows or no keys",
	"q_len != visible.end", "q_len and the number of keys up to the last visible one differ", "q_len == visible.end", "as many rows as keys up to the last visible one",
	"q_len != kv_len", "q_len and kv_len differ", "q_len == kv_len", "q_len and kv_len are equal",
	"input == output", "output in the input's format", "input != output", "output in another format than the input",
	`mask.kind in ["bool", "additive"]`, "a mask in memory", `mask.align != ""`, "a diagonal", `mask.align == ""`, "no diagonal",
	"not same_strides.k_v", "k and v strided differently", "same_strides.k_v", "k and v strided alike",
	"not same_strides.q_out", "q and out strided differently", "same_strides.q_out", "q and out strided alike",
	"visible.end <= kv_len - kv_len % 8", "no key seen in a last tile of 8 that is not full",
	"visible.end != kv_len", "the last key not seen", "visible.end", "the keys up to the last visible one", "not visible.none", "every row sees a key", "visible.none", "a row sees no key",
	"not visible.first", "no row sees the first key of its range", "not visible.last", "no row sees the last key of its range",
	"visible.first", "a row sees the first key of its range", "visible.last", "a row sees the last key of its range",
	"not visible.hides", "no key hidden", "visible.hides", "keys hidden", " in before.differs", " another in a case before", " in before.same_size_differs", " another in a case before of the same size", " in before.latest_differs", " another in one of the latest cases before, all of the same size",
	" in before.last_differs", " another in the last case before, of the same size",
	"abs(scale)", "|scale|", " >= ", " at least ", " < ", " below ", " > ", " above ", " <= ", " at most ", " == ", " is ", " != ", " is not ",
	" in ", " one of ", " % ", " modulo ", " * ", " times ", "not ", "without ", "lse", "the logsumexp", `"`, "", "[", "", "]", "", "..", " to ",
}

// toWords replaces what features with long names are called, and then the rest: in one pass, so that no saying is taken for an
// expression.
var toWords = sync.OnceValue(func() *strings.Replacer {
	var pairs []string
	for i := range features {
		if f := &features[i]; f.readable != "" {
			pairs = append(pairs, f.name, f.readable)
		}
	}
	return strings.NewReplacer(append(pairs, wordings...)...)
})

func inWords(list []atom) string {
	parts := make([]string, len(list))
	for i, a := range list {
		parts[i] = toWords().Replace(a.text)
		if a.readable != "" {
			parts[i] = a.readable
		}
	}
	return strings.Join(parts, ", ")
}
