package metalpath

import (
	"context"
	"fmt"
	"math"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/metal"
)

// formats finds the codes of the formats, by the smallest case that the library takes.
func (p *prober) formats(ctx context.Context) {
	var best []result
	for _, base := range bases {
		p.base = base
		results := make([]result, len(formats))
		found := false
		for i, f := range formats {
			p.base.format = f
			results[i] = p.code(ctx, f)
			found = found || results[i].state == right
		}
		if best == nil || found {
			best = results
		}
		if found {
			break
		}
		p.convention().codes = p.options.convention.codes
		p.base = bases[0]
	}
	p.base.format = precision.FP32
	for i := len(formats) - 1; i >= 0; i-- { // the first that is right
		if best[i].state == right {
			p.base.format = formats[i]
		}
	}
	if p.base.rows != bases[0].rows {
		p.note("smallest probe that was right", fmt.Sprintf("%d rows and keys, head_dim %d", p.base.rows, p.base.dim), true)
	}
	if words := p.convention().codes.words(); words != (codes{}).words() {
		p.note("precision codes 0,1,2", fmt.Sprintf("%s, where the header has %s", words, codes{}.words()), true)
	}
	for i, f := range formats {
		words := ""
		if best[i].state == wrong && f != precision.FP32 && p.wroteFP32(ctx, best[i]) {
			words = ": the output is written as fp32"
		}
		if best[i].state == refused {
			p.refuse(inputIn(f), best[i])
		}
		p.note(string(inputIn(f)), best[i].words()+words, words != "")
	}
}

// code finds the code of a format: the header's, where that is right, else another that is. It returns the result of the
// header's where none is.
func (p *prober) code(ctx context.Context, f precision.Format) result {
	first := p.ask(ctx, string(inputIn(f)), nil, nil)
	if first.state == right || first.state == unasked || p.given("precisions") {
		return first
	}
	before := p.convention().codes
	for code := range metal.Precision(len(formats)) {
		if code == before.of(f) {
			continue
		}
		changed := map[precision.Format]metal.Precision{f: code}
		for g, other := range before.changed {
			if g != f {
				changed[g] = other
			}
		}
		p.convention().codes = codes{changed}
		if r := p.ask(ctx, fmt.Sprintf("%s as code %d", inputIn(f), code), nil, nil); r.state == right {
			return r
		}
	}
	p.convention().codes = before
	return first
}

// wroteFP32 reports whether a library wrote fp32 where another format was asked for.
func (p *prober) wroteFP32(ctx context.Context, r result) bool {
	truth, err := p.truth(ctx, r.c, r.tensors)
	if err != nil {
		return false
	}
	out := r.tensors.Out
	out.Format, out.Data = precision.FP32, out.Data[:4*out.Elements]
	return allNear(out.Dense(), truth.Output, tolerance(r.c))
}

// heads finds the order of dimensions, and whether several heads and batches are taken at all.
func (p *prober) heads(ctx context.Context) {
	orders := []cases.Order{"", cases.BSHD}
	if p.given("layout") {
		orders = []cases.Order{p.convention().order}
	}
	given := p.convention().order
	try := func(words string, batch, heads int) result {
		var first result
		for i, order := range orders {
			p.convention().order = order
			r := p.ask(ctx, words+" in "+p.convention().layoutWords(), func(c *cases.Case) { c.Batch, c.Heads = batch, heads }, nil)
			if r.state == right {
				return r
			}
			if i == 0 {
				first = r
			}
		}
		p.convention().order = given
		return first
	}
	both := try("several batches and heads", 2, 3)
	decided := both
	if both.state == refused || both.state == failed {
		decided = try(string(severalHeads), 1, 3)
		p.noteResult(severalHeads, decided)
		p.simple(ctx, severalBatches, func(c *cases.Case) { c.Batch = 2 })
		if decided.state == right && p.library.refused[severalBatches] == nil && both.state == refused {
			p.refuse(severalBatches, both) // not with several heads, which most cases have
		}
	}
	switch {
	case p.given("layout"):
		p.note("layout", p.convention().layoutWords()+", as given", true)
	case decided.state == right:
		p.note("layout", p.convention().layoutWords(), true)
	case decided.state == wrong:
		p.note("layout", "unknown: a probe was right in neither BHSD nor BSHD, BHSD is assumed", true)
	case decided.state == unasked:
		p.note("layout", "unknown, BHSD is assumed: "+errLate.Error(), true)
	default:
		p.note("layout", "unknown, BHSD is assumed: the probe "+decided.words(), true)
	}
}

// sizes finds out of what the sizes must be multiples, by the smallest step from the base that the library takes.
func (p *prober) sizes(ctx context.Context) {
	for i, size := range sizeNames {
		var first result
		for step := 1; ; step *= 2 {
			r := p.ask(ctx, fmt.Sprintf("%s in steps of %d", size, step), func(c *cases.Case) {
				*sizesOf(c)[i] += step
				if p.library.refused[unlikeLengths] != nil && size != "head_dim" {
					c.QLen, c.KVLen = max(c.QLen, c.KVLen), max(c.QLen, c.KVLen)
				}
			}, nil)
			if step == 1 {
				first = r
			}
			if r.state != refused {
				if step > 1 {
					p.library.steps[i], p.library.stepError = step, first.err
					p.note(size, fmt.Sprintf("multiples of %d", step), true)
				}
				break
			}
			if step >= p.base.rows {
				break // not even another block: left to the cases
			}
		}
	}
}

// sizeNames are those of sizesOf.
var sizeNames = [...]string{"q_len", "kv_len", "head_dim"}

func sizesOf(c *cases.Case) [len(sizeNames)]*int { return [...]*int{&c.QLen, &c.KVLen, &c.HeadDim} }

func (p *prober) causal(ctx context.Context) {
	causal := func(c *cases.Case) { c.Mask.Kind, c.Mask.Align = cases.CausalMask, cases.TopLeft }
	p.simple(ctx, causalMask, causal)
	r := p.ask(ctx, string(unlikeCausal), func(c *cases.Case) { causal(c); c.KVLen *= 2 }, nil)
	if r.state == wrong && !p.given("causal") {
		other := r.c
		other.Mask.Align = cases.BottomRight
		if p.near(ctx, other, r.tensors) {
			p.convention().bottomRight, r.state = true, right
		}
	}
	p.noteResult(unlikeCausal, r)
	if r.state == right {
		p.note("causal alignment", p.convention().causalWords(), p.convention().bottomRight)
	}
}

// impossibleMask is a type of mask that there is none of.
const impossibleMask metal.MaskType = 77

// masks probes the kinds of masks. A library for which every mask is no mask, a type that does not exist included, was
// built with the header that has no mask arguments, or does as if it had been.
func (p *prober) masks(ctx context.Context) {
	if p.convention().maskless {
		p.note("masks", "none: mfa_attention_forward has no mask arguments, as given", true)
		return
	}
	bools := func(c *cases.Case) { c.Mask.Kind = cases.BoolMask }
	r := p.simple(ctx, boolMask, bools)
	if r.state == wrong && !p.given("header") && p.ignored(ctx, r) {
		impossible := p.ask(ctx, "a mask of an unknown type", bools, func(o *metal.AttentionOptions) { o.Mask.Type = impossibleMask })
		if impossible.tensors != nil && impossible.err == nil && p.ignored(ctx, impossible) {
			p.convention().maskless = true
			p.note("masks", "none: masks change nothing, not even one of an unknown type; mfa_attention_forward has no mask arguments, or ignores them", true)
			return
		}
	}
	some, taken := bools, r.state == right
	for _, f := range formats {
		additive := func(c *cases.Case) { c.Mask.Kind, c.Mask.Format = cases.AdditiveMask, f }
		if r := p.simple(ctx, additiveIn(f), additive); r.state == right && !taken {
			some, taken = additive, true
		}
	}
	if taken {
		p.simple(ctx, broadcastMask, func(c *cases.Case) { some(c); c.Mask.Shape = "111k" })
		p.simple(ctx, stridedMask, func(c *cases.Case) { some(c); c.Mask.Pad = 3 })
	}
}

// ignored reports whether the output is that without the mask.
func (p *prober) ignored(ctx context.Context, r result) bool {
	c := r.c
	c.Mask = cases.Mask{}
	return c.Normalize() == nil && p.near(ctx, c, r.tensors)
}

func (p *prober) logsumexp(ctx context.Context) {
	if p.library.lacks(lseFunction) {
		p.note(string(logsumexp), "missing: the library has no "+lseFunction, false)
		return
	}
	p.convention().base2 = false // what is written is looked at as it is
	r := p.ask(ctx, string(logsumexp), func(c *cases.Case) { c.LSE = true }, nil)
	p.convention().base2 = p.options.convention.base2
	if r.state == right {
		r.state = wrong
		truth, err := p.truth(ctx, r.c, r.tensors)
		if err != nil {
			return
		}
		base2 := make([]float64, len(truth.LSE))
		for i, x := range truth.LSE {
			base2[i] = x / math.Ln2
		}
		got := r.tensors.LSE.Dense()
		natural, two := allNear(got, truth.LSE, tolerance(r.c)), allNear(got, base2, tolerance(r.c))
		if natural || two {
			r.state = right
			if !p.given("lse") {
				p.convention().base2 = two
			}
		}
	}
	p.noteResult(logsumexp, r)
	if r.state == right {
		p.note("logsumexp base", p.convention().baseWords(), p.convention().base2)
	}
}

// mixed probes outputs and intermediates in other formats than the input's.
func (p *prober) mixed(ctx context.Context) {
	for _, in := range formats {
		if p.library.refused[inputIn(in)] != nil {
			continue
		}
		for _, other := range formats {
			if other != in {
				p.simple(ctx, outputOf(in, other), func(c *cases.Case) { c.Input, c.Output = in, other })
			}
			if other != precision.FP32 {
				p.simple(ctx, intermediateOf(in, other), func(c *cases.Case) { c.Input, c.Intermediate = in, other })
			}
		}
	}
}
