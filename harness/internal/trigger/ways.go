package trigger

import (
	"fmt"
	"slices"
	"sync"

	"attest.example/attest/harness/internal/cases"
)

// A quantity that a condition names, as the first key that a row sees, often follows from several fields: from a window, from
// padding on the left, from where the diagonal begins. A base has it by one of them, and so have all its neighbours. Whether
// the quantity decides, or that field beside it, shows where it comes about in another way.

// Probes for such cases: those at once, and those of a whole search.
const (
	waysAtOnce       = 5
	neighboursAtOnce = 2
	mostWays         = 14
	// wayFail is what it costs to leave out a failure that came about in another way.
	wayFail = 0.3
	// waysToDraw is with how many seeds the lengths of batch entries are drawn, and how many windows are tried, of which the
	// likest case is taken.
	waysToDraw = 6
)

// ways are what a search has asked about other ways.
type ways struct {
	asked, operands, layouts int
	tried                    map[string]bool // ways, and keys of neighbours
}

// otherWays asks about cases that a condition matches by other fields than the base does: the base with another mask or other
// lengths of batch entries, and each neighbour that passes and that only a quantity leaves out, where that quantity is got
// back.
func (in *inference) otherWays(p *conjunction) (asked int, err error) {
	from := in.ways.asked
	if !slices.ContainsFunc(p.atoms, aboutKeysSeen) {
		return 0, nil
	}
	more := func() bool { return in.ways.asked-from < waysAtOnce && in.ways.asked < mostWays && in.left() }
	ask := func(c *cases.Case) error {
		a, err := in.askWay(*c)
		if a == passes || a == fails {
			in.ways.asked++
		}
		return err
	}
	for _, s := range in.leftOutByKeysSeen(p) {
		if !more() || in.ways.asked-from == neighboursAtOnce {
			break
		}
		if in.ways.tried[s.key] {
			continue
		}
		list := append(changesOfKeysSeen(&s.c), otherMasksAndLengths(&s.c)...)
		if c := in.likest(p, list); c != nil {
			in.ways.tried[s.key] = true
			if err := ask(c); err != nil {
				return in.ways.asked - from, err
			}
		}
	}
	own := wayOf(&in.base.c)
	byWay, order := map[string][]cases.Case{}, []string{}
	for _, c := range otherMasksAndLengths(&in.base.c) {
		way := wayOf(&c)
		if way == own || in.ways.tried[way] {
			continue
		}
		if byWay[way] == nil {
			order = append(order, way)
		}
		byWay[way] = append(byWay[way], c)
	}
	for _, way := range order {
		if !more() {
			break
		}
		if c := in.likest(p, byWay[way]); c != nil {
			in.ways.tried[way] = true
			if err := ask(c); err != nil {
				return in.ways.asked - from, err
			}
		}
	}
	return in.ways.asked - from, nil
}

// askWay asks about a case that a condition matches in another way than the base does. A failure is as the condition says, so
// that it is this bug's as a rule.
func (in *inference) askWay(c cases.Case) (answer, error) {
	s, a, err := in.note(c, nearPass)
	if a == fails {
		in.soft = append(in.soft, s)
		in.far[s] = wayFail
	}
	return a, err
}

// aboutKeysSeen reports whether an atom is about a quantity that masks and lengths of batch entries decide together.
func aboutKeysSeen(a atom) bool { return slices.Contains(a.groups(), used) && len(a.groups()) > 1 }

// tellsOfWay reports whether the verdict of a case that a condition matches is not known yet and would tell something.
func (in *inference) tellsOfWay(p *conjunction, c *cases.Case) bool {
	if !p.holdsFor(c) || work(c) > in.o.MaxWork || weak(c) && !in.base.weak {
		return false
	}
	_, known := in.verdicts[key(c)]
	return !known && !in.known(in.sample(*c))
}

// likest is of the cases that a condition matches the one whose rows are left keys most as the base's are, down to the
// remainders by the usual blocks: whatever else differs would be taken for what decides. nil: it matches none.
func (in *inference) likest(p *conjunction, list []cases.Case) (best *cases.Case) {
	most := -1
	for i := range list {
		if !in.tellsOfWay(p, &list[i]) {
			continue
		}
		x, alike := vector(&list[i]), 0
		for _, j := range atomsOfKeysSeen() {
			if a := &atoms()[j]; a.holds(x.at(a.feature)) == in.base.bits[j] {
				alike++
			}
		}
		if alike > most {
			best, most = &list[i], alike
		}
	}
	return best
}

// atomsOfKeysSeen are the atoms about what masks and lengths of batch entries leave rows of the keys.
var atomsOfKeysSeen = sync.OnceValue(func() (list []int) {
	for i, a := range atoms() {
		if aboutKeysSeen(a) {
			list = append(list, i)
		}
	}
	return list
})

// leftOutByKeysSeen are the neighbours of the base that pass and that a condition leaves out by quantities alone: one row under
// a window from the top-left sees all keys, and its pass tells nothing of one row.
func (in *inference) leftOutByKeysSeen(p *conjunction) (list []*sample) {
	for _, j := range in.probed {
		if j.fails || in.near[j.sample] != nearPass || in.idle(j.sample) || key(&j.c) == in.base.key {
			continue
		}
		out := 0
		for i := range p.atoms {
			if !p.atoms[i].in(j.x) {
				if out++; !aboutKeysSeen(p.atoms[i]) {
					out = -len(p.atoms)
				}
			}
		}
		if out > 0 {
			list = append(list, j.sample)
		}
	}
	return list
}

// wayOf tells in words by what rows are left some of the keys.
func wayOf(c *cases.Case) string {
	m, l := &c.Mask, &c.Lengths
	return fmt.Sprint(m.Kind, m.Align, m.IsWindow(), m.IsWindow() && m.Left >= 0, m.IsWindow() && m.Right >= 0, l.Q, l.KV, l.Side, l.Packed > 0)
}

// changesOfKeysSeen are single changes of the fields that decide which keys rows see, but for the sizes.
func changesOfKeysSeen(c *cases.Case) (list []cases.Case) {
	for _, a := range axes(c) {
		if a.group == "mask" || a.group == "kv_offset" || a.group == used {
			list = append(list, a.all()...)
		}
	}
	return list
}

// otherMasksAndLengths are a case with each kind of mask and no lengths of batch entries, then with each kind of those and no
// mask or a causal one, and where it has such lengths with each kind of mask beside them.
func otherMasksAndLengths(c *cases.Case) (list []cases.Case) {
	causal, left := cases.Mask{Kind: cases.CausalMask, Align: c.Mask.Align}, cases.Mask{Kind: cases.WindowMask, Right: -1}
	fromLast := left
	fromLast.Align = cases.BottomRight
	masks := []cases.Mask{
		causal, {Kind: cases.CausalMask, Align: cases.BottomRight}, left, fromLast, {Kind: cases.WindowMask, Left: -1},
		{Kind: cases.WindowMask, Align: cases.BottomRight},
		{Kind: cases.BoolMask}, {Kind: cases.BoolMask, Align: cases.BottomRight}, {Kind: cases.AdditiveMask, Window: true, Right: -1, Align: cases.BottomRight},
		{Kind: cases.BoolMask, EmptyRows: 2},
	}
	lengths := []cases.Lengths{
		{KV: cases.RandomLengths, Side: cases.UpToLast}, {KV: cases.RandomLengths}, {Q: cases.RandomLengths}, {KV: cases.EmptyLengths}, {Packed: 3},
	}
	with := func(m cases.Mask, l cases.Lengths) {
		for i := range waysToDraw {
			o := c.Clone()
			o.Mask, o.Lengths = m, l
			switch {
			case l != (cases.Lengths{}):
				o.Values.Seed += 31 * uint64(i)
			case m.IsWindow(): // from the first key on a window hides few from the first rows
				if m.Left >= 0 {
					o.Mask.Left = i
				}
				if m.Right >= 0 {
					o.Mask.Right = i
				}
				if m.Align != cases.BottomRight {
					o.KVOffset = max(0, c.KVLen-c.QLen-i)
				}
			}
			if o.Repair() == nil {
				list = append(list, o)
			}
		}
	}
	for _, m := range masks {
		with(m, cases.Lengths{})
	}
	for _, l := range lengths {
		with(cases.Mask{}, l)
		with(causal, l)
	}
	if c.Ragged() {
		for _, m := range masks {
			with(m, c.Lengths)
		}
	}
	return list
}
