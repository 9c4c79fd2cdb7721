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
	name     string
	kind     featureKind
	group    string   // of the fields that decide it
	words    []string // of a word: the value is the index
	get      func(*cases.Case) float64
	logit    func(cases.Logits) float64 // of a quantity of the logits; get is not set then
	before   string                     // the field, or all that begin so where it ends in a dot, if the feature is that it differs in a case before; get is not set then
	of       which                      // of these: the cases before in which it is looked for
	readable string                     // for people; empty: the name
	parts    []string                   // of a flag that any of several operands has: the flags of each
}

// which of the cases that run before are looked at.
type which int

const (
	anyBefore      which = iota
	sameSizeBefore       // of the same size
	latestBefore         // of the same size, with none of another size between
	lastBefore           // the last one, where it is of the same size
	whiches
)

// list is the name that expressions have for what differs in them.
func (w which) list() string {
	return [...]string{"before.differs", "before.same_size_differs", "before.latest_differs", "before.last_differs"}[w]
}

// differing names what differs in them.
func (w which) differing(c *cases.Case) []string {
	switch {
	case len(c.After) == 0:
		return nil
	case w == sameSizeBefore:
		return predicate.SameSizeDiffers(c)
	case w == latestBefore:
		return predicate.LatestDiffers(c)
	case w == lastBefore:
		return predicate.LastDiffers(c)
	}
	return predicate.Differs(c)
}

type featureKind int

const (
	number featureKind = iota // a size or a count
	slack                     // a pad or an offset: only small edges are of interest
	real                      // the scale
	flag
	word
	difference // kv_len - q_len, and of other pairs of sizes
	side       // of a window
	pastPower  // by how much a size goes past a power of two
	logit      // a quantity of the logits
)

// settled are fields that decide nothing about when a bug strikes, or that other features stand for.
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
		case cases.List:
			add("len("+f.Name+")", number, group, func(c *cases.Case) float64 { return float64(f.Int(c)) })
		case cases.Steps:
			list = append(list, stepFeatures(f, group)...)
		case cases.Integer:
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
	list = append(list, anyOperand()...)
	add("group", number, "heads", func(c *cases.Case) float64 { return float64(c.Group()) })
	add("batch * heads", number, "heads", func(c *cases.Case) float64 { return float64(c.Batch * c.Heads) })
	add("batch * kv_heads", number, "heads", func(c *cases.Case) float64 { return float64(c.Batch * c.KVHeads) })
	add("batch * q_len * kv_len == 0", flag, "lengths", func(c *cases.Case) float64 { return truth(nothing(c)) })
	add("q_len, kv_len", difference, "lengths", func(c *cases.Case) float64 { return float64(c.KVLen - c.QLen) })
	add("q_len + kv_offset, kv_len", difference, "lengths", func(c *cases.Case) float64 { return float64(c.KVLen - c.QLen - c.KVOffset) })
	list[len(list)-1].readable = "the last row at the last key" // where a diagonal begins behind a cache
	add("head_dim, v_head_dim", difference, "v_head_dim", func(c *cases.Case) float64 { return float64(c.VDim() - c.HeadDim) })
	add("class.head_dim, class.v_head_dim", difference, "v_head_dim", func(c *cases.Case) float64 {
		return float64(predicate.Class(c.VDim()) - predicate.Class(c.HeadDim))
	})
	list[len(list)-1].readable = "the powers of two that head_dim and v_head_dim fit into"
	add("past.q_len", pastPower, "lengths", func(c *cases.Case) float64 { return float64(predicate.Past(c.QLen)) })
	add("past.kv_len", pastPower, "lengths", func(c *cases.Case) float64 { return float64(predicate.Past(c.KVLen)) })
	add("past.head_dim", pastPower, "head_dim", func(c *cases.Case) float64 { return float64(predicate.Past(c.HeadDim)) })
	add("own.scale", flag, "scale", func(c *cases.Case) float64 { return truth(c.Scale != nil) })
	add("input == output", flag, "formats", func(c *cases.Case) float64 { return truth(c.Input == c.Output) })
	list = append(list, maskFeatures()...)
	for _, o := range cases.OperandNames() {
		add("strided."+o, flag, "layout", func(c *cases.Case) float64 { return truth(c.Strided(o)) })
		add("batches_inside."+o, flag, "layout", func(c *cases.Case) float64 { return truth(c.BatchesInside(o)) })
		list[len(list)-1].readable = "batches of " + o + " closer together than its rows"
		add("columns_apart."+o, flag, "layout", func(c *cases.Case) float64 { return truth(c.ColumnsApart(o)) })
		list[len(list)-1].readable = "columns of " + o + " apart, and no further than its rows"
		columns := map[string]string{"q": "head_dim", "k": "head_dim", "v": "v_head_dim", "out": "v_head_dim"}[o]
		// Who takes the number of columns for the stride of a row is right where rows lie next to each other.
		add("stride."+o+".row, "+columns, difference, "layout", func(c *cases.Case) float64 {
			size := c.HeadDim
			if columns != "head_dim" {
				size = c.VDim()
			}
			return float64(size - c.StridesOf(o)[2])
		})
		list[len(list)-1].readable = "how far rows of " + o + " are apart, and its columns"
	}
	add("strided.mask", flag, "mask", func(c *cases.Case) float64 { return truth(c.MaskStrided()) })
	list[len(list)-1].readable = "a mask in memory that is not packed"
	add("ends_guarded", flag, "values", func(c *cases.Case) float64 { return truth(c.EndsGuarded()) })
	list[len(list)-1].readable = "memory right behind the operands that must not be touched"
	add("inf_clash", flag, "values", func(c *cases.Case) float64 { return truth(c.InfinitiesClash()) })
	list[len(list)-1].readable = "a row that sees +Inf and -Inf in one column of v"
	add("ragged", flag, used, func(c *cases.Case) float64 { return truth(c.Ragged()) })
	list[len(list)-1].readable = "batch entries with lengths of their own"
	add("same_strides.k_v", flag, "layout", func(c *cases.Case) float64 {
		return truth(c.EffectiveStrides("k") == c.EffectiveStrides("v"))
	})
	add("same_strides.q_out", flag, "layout", func(c *cases.Case) float64 {
		return truth(c.EffectiveStrides("q") == c.EffectiveStrides("out"))
	})
	list = append(list, beforeFeatures()...)
	return append(list, logitFeatures()...) // last: a condition is asked for them when all else of it holds
}

// stepFeatures are about strides that a case sets one by one: whether it sets them, and whether one of them is 0, so that
// the same numbers are read again.
func stepFeatures(f *cases.Field, group string) []feature {
	given := func(c *cases.Case) bool { return !f.Absent(c) }
	return []feature{
		{name: "max(" + f.Name + ") > 0", kind: flag, group: group, readable: f.Name + " given one by one",
			get: func(c *cases.Case) float64 { return truth(given(c)) }},
		{name: "(max(" + f.Name + ") > 0 && 0 in " + f.Name + ")", kind: flag, group: group, readable: f.Name + " with a stride of 0",
			get: func(c *cases.Case) float64 {
				return truth(given(c) && slices.Contains(strings.Split(f.Text(c), "/"), "0"))
			}},
	}
}

// used is the group of how much of q_len and kv_len batch entries use.
const used = "used lengths"

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
	if family == "lengths" { // of batch entries, and not those of the whole
		return used
	}
	return family
}

// among reports whether the feature's field, or one of its family, is one of those that differ in a case before.
func (f *feature) among(differing []string) bool {
	if strings.HasSuffix(f.before, ".") {
		return slices.ContainsFunc(differing, func(name string) bool { return strings.HasPrefix(name, f.before) })
	}
	return slices.Contains(differing, f.before)
}
