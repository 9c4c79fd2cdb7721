package gen

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// recipe is a preset's distribution. Percentages are of all cases.
type recipe struct {
	preset    Preset
	words     string
	salt      uint64 // of the seed, so that scenarios that it shares with another preset make other cases
	scenarios []scenario
	work      []choice[float64] // bound for the cost of a case, before it is drawn
	maxWork   float64           // what no case passes, see Cost
	logits    float64           // what no case passes: batch*heads*q_len*kv_len
	minKV     int

	q       func(d dice, limit int) int
	kv      func(d dice, q, limit int) int
	headDim func(dice) int
	heads   int // the most
	inputs  []choice[precision.Format]
	masks   []choice[cases.MaskKind]

	mixed   int // percent with an output unlike the input
	narrow  int // percent with accumulators as narrow as the input, among those where that can be judged
	strided int // percent with a layout that is not plain
	unusual int // percent with values that are not normal
	scaled  int // percent with a scale of their own
	lse     int // percent that ask for the logsumexp
	before  int // percent with cases before them, besides what scenarios ask for
}

// rotation is every scenario as often as its weight. The first copy keeps to the regions that the scenario promises:
// a draw outside of them is drawn again.
func (r *recipe) rotation() []*scenario {
	all := Regions()
	var rotation []*scenario
	for _, c := range r.scenarios {
		promised := strings.Fields(c.sure)
		for range c.weight {
			k := c
			for _, name := range promised {
				i := slices.IndexFunc(all, func(r Region) bool { return r.Name == name })
				k.keeps = append(k.keeps, all[i])
			}
			promised = nil
			rotation = append(rotation, &k)
		}
	}
	return rotation
}

// draw returns a case for a scenario, or an error: why what was drawn will not do.
func (r *recipe) draw(d dice, k *scenario, f *Filter) (cases.Case, error) {
	t := &draft{filter: f}
	t.Version = cases.Version
	r.sizes(d, t, k)
	work := min(weigh(d, r.work), f.maxWork())
	if k.before != nil {
		work /= 2
	}
	t.keepKV = t.keepKV || r.minKV > 0
	if !t.fit(d, work, r.logits) && !t.fit(d, min(r.maxWork, f.maxWork()), r.logits) {
		return cases.Case{}, fmt.Errorf("%s: too large", k.name)
	}
	t.imposeSizes(d)
	asked := t.fill()

	t.drawFormats(d, r)
	t.drawMask(d, weigh(d, among(r.masks, f.Mask)))
	t.drawLayout(d, r)
	t.drawValues(d, r)
	t.drawScale(d, r)
	t.LSE = d.chance(r.lse)
	if k.rest != nil {
		k.rest(d, t)
		t.repairMask()
		t.obey(d, r)
	}
	t.drawIntermediate(k.narrow || d.chance(r.narrow))
	t.drawByRows()
	t.impose(d, r)

	before := k.before
	if before == nil && d.chance(r.before) {
		before = anyBefore
	}
	if least, _ := f.wantsBefore(); before == nil && least > 0 {
		before = several
	}
	if before != nil {
		r.addBefore(d, t, before)
	}
	if k.empty != nil {
		k.empty(d, t)
	}
	t.withhold(asked)
	return r.finish(t, f)
}

func (r *recipe) sizes(d dice, t *draft, k *scenario) {
	limit := t.filter.maxLen()
	t.QLen = r.q(d, limit)
	t.KVLen = r.kv(d, t.QLen, limit)
	t.HeadDim = r.headDim(d)
	t.Batch = anyBatch(d)
	t.setHeads(headsUpTo(d, r.heads, d.chance(40)))
	if k.size != nil {
		k.size(d, t)
	}
	t.QLen, t.KVLen = clampDraw(d, t.QLen, limit), clampDraw(d, t.KVLen, limit)
	if len(t.filter.HeadDim) > 0 {
		t.dim(t.filter.anyHeadDim(d, t.HeadDim))
	}
	t.imposeSizes(d)
}

// drawByRows lets the rows of the table draw their fields. Each has dice of its own, so that a new field changes none of
// the others.
func (t *draft) drawByRows() {
	var sizes [6]int
	var words []byte // of the sizes, which few rows change
	for _, f := range cases.Fields() {
		if f.Draw == nil {
			continue
		}
		if now := [...]int{t.Batch, t.Heads, t.KVHeads, t.QLen, t.KVLen, t.HeadDim}; words == nil || now != sizes {
			sizes = now
			words = fmt.Append(words[:0], now[0], now[1], now[2], now[3], now[4], now[5])
		}
		h := fnv.New64a()
		h.Write([]byte(f.Name))
		h.Write(words)
		f.Draw(newDice(t.Values.Seed, h.Sum64()), &t.Case)
	}
}

// obey brings back under the filter what a scenario has set.
func (t *draft) obey(d dice, r *recipe) {
	f := t.filter
	if !allows(f.Precision, t.Input) {
		t.Input = weigh(d, among(r.inputs, f.Precision))
	}
	if t.Output == 0 {
		t.Output = t.Input
	}
	if !allows(f.Output, t.Output) {
		t.Output = pick(d, f.Output...)
	}
	if !allowsMask(f.Mask, t.Mask.Kind) {
		t.drawMask(d, weigh(d, among(r.masks, f.Mask)))
		if t.Alibi == "" { // what a scenario wanted of its own mask alone
			t.KVOffset = 0
		}
	}
}

// addBefore puts cases before the one drawn, as many as the bound for the cost and the filter allow.
func (r *recipe) addBefore(d dice, t *draft, before func(dice, cases.Case) sequence) {
	if _, allowed := t.filter.wantsBefore(); !allowed {
		return
	}
	cost := t.Work()
	for _, c := range before(d, t.Clone()) {
		cost += c.Work()
		c.DropStrides(&t.Case)
		if c.Repair() != nil || !t.filter.acceptsOne(&c) {
			continue
		}
		if cost > min(r.maxWork, t.filter.maxWork()) || scores(&c) > 2*r.logits {
			return
		}
		t.After = append(t.After, c)
	}
}

func (r *recipe) finish(t *draft, f *Filter) (cases.Case, error) {
	c := t.Case
	if err := c.Normalize(); err != nil {
		return cases.Case{}, err
	}
	if c.KVLen < r.minKV {
		return cases.Case{}, fmt.Errorf("kv_len %d: the preset %s has %d and more", c.KVLen, r.preset, r.minKV)
	}
	if cost := Cost(c); cost > r.maxWork {
		return cases.Case{}, fmt.Errorf("work %.3g", cost)
	}
	return c, f.Accepts(c)
}
