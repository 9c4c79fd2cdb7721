package cases

import (
	"fmt"

	"attest.example/attest/harness/internal/precision"
)

// Case is one attention problem. Build it by hand, by Decode, or with the generators, then call Normalize, which
// fills in defaults and refuses what is impossible.
type Case struct {
	Version int `json:"version"`
	Batch   int `json:"batch"`
	Heads   int `json:"heads"`
	KVHeads int `json:"kv_heads,omitzero"` // default: heads
	QLen    int `json:"q_len"`
	KVLen   int `json:"kv_len"`
	HeadDim int `json:"head_dim"`
	// VHeadDim is the head_dim of v and of the output, where it is not that of q and k. 0: head_dim.
	VHeadDim int `json:"v_head_dim,omitzero"`

	Input        precision.Format `json:"input"`                 // of q, k and v
	Output       precision.Format `json:"output,omitzero"`       // default: input
	Intermediate precision.Format `json:"intermediate,omitzero"` // of the accumulators; default: fp32

	// Scale multiplies q.k before the mask is added. nil: 1/sqrt(head_dim). Kernels take it as fp32, so a case
	// holds nothing finer.
	Scale *float32 `json:"scale,omitempty"`
	// Softcap is the largest size that a score can have before the mask is added: cap*tanh(scale*q.k/cap). 0: none.
	Softcap float32 `json:"softcap,omitzero"`
	LSE     bool    `json:"lse,omitzero"` // also asks for the logsumexp of every row

	// Sinks is how a logit for each head is drawn that enters the sum which weights are divided by, and nothing else.
	Sinks SinkFill `json:"sinks,omitzero"`
	// Alibi is how the slopes of a linear bias are drawn, one for each head: -slope*|i - j| is added to the score of key
	// j, i the key at which the row stands.
	Alibi SlopeFill `json:"alibi,omitzero"`

	Mask Mask `json:"mask,omitzero"`
	// KVOffset is where the first query row stands among the keys: a cache holds that many before it. It moves the diagonal
	// of a causal mask or window that is aligned top-left, and the distances of a linear bias: row i stands at key i +
	// kv_offset.
	KVOffset int `json:"kv_offset,omitzero"`
	// Lengths are how much of q_len and kv_len each batch entry uses.
	Lengths Lengths `json:"lengths,omitzero"`

	Layout Layout `json:"layout,omitzero"`
	Paging Paging `json:"paging,omitzero"`
	Quant  Quant  `json:"quant,omitzero"`
	Values Values `json:"values,omitzero"`

	// Call is how the case is called, beside what it computes.
	Call Call `json:"call,omitzero"`

	// After holds cases that run before this one, in order, in the same context. Only this one is judged.
	After []Case `json:"after,omitempty"`
	Notes string `json:"notes,omitzero"` // for people; no part of the case's name
}

// problemFields are the rows of the shape and the formats.
func problemFields() []Field {
	return []Field{
		integerField("version", "the case format's version", Version, Version, func(c *Case) *int { return &c.Version }).
			internal(),
		integerField("batch", "batches", 0, MaxBatch, func(c *Case) *int { return &c.Batch }).in("batches").usual(5).extent(noBatch).
			told(func(c *Case) string { return fmt.Sprintf("batch %d", c.Batch) }),
		integerField("heads", "query heads", 1, MaxHeads, func(c *Case) *int { return &c.Heads }).in("heads").usual(32).
			told(func(c *Case) string { return fmt.Sprintf(", heads %d", c.Heads) }),
		integerField("kv_heads", "heads of k and v, a divisor of heads", 1, MaxHeads, func(c *Case) *int { return &c.KVHeads }).
			in("grouped-heads").usual(32).otherwise("heads").
			first(func(c *Case) { orDefault(&c.KVHeads, c.Heads) }).
			then(func(c *Case) error {
				if c.Heads%c.KVHeads != 0 {
					return wrong("kv_heads", c.KVHeads, "a divisor of heads, which is %d", c.Heads)
				}
				return nil
			}).
			told(func(c *Case) string {
				if c.KVHeads == c.Heads {
					return ""
				}
				return fmt.Sprintf(" over %d kv_heads", c.KVHeads)
			}).
			ranked(func(c *Case) []float64 { return []float64{truth(c.KVHeads != c.Heads), float64(c.KVHeads)} }).
			plain(func(c *Case) { c.KVHeads = c.Heads }),
		integerField("q_len", "query rows", 0, MaxLen, func(c *Case) *int { return &c.QLen }).in("one-row").usual(200).extent(noRows).
			told(func(c *Case) string { return fmt.Sprintf(", q_len %d", c.QLen) }),
		integerField("kv_len", "keys", 0, MaxLen, func(c *Case) *int { return &c.KVLen }).in("lengths-differ").usual(520).extent(noKeys...).
			told(func(c *Case) string { return fmt.Sprintf(", kv_len %d", c.KVLen) }),
		integerField("head_dim", "numbers of a query or key, and of a value unless v_head_dim says otherwise", 1, MaxHeadDim, func(c *Case) *int { return &c.HeadDim }).
			in("ragged-head-dim").usual(256).
			told(func(c *Case) string { return fmt.Sprintf(", head_dim %d", c.HeadDim) }),
		vHeadDim(),
		formatField("input", "format of q, k and v", func(c *Case) *precision.Format { return &c.Input }, never).
			in("fp16-to-fp16").
			told(func(c *Case) string { return ", " + c.Input.String() }).
			ranked(func(c *Case) []float64 { return []float64{truth(c.Output != c.Input), formatRank(c.Input)} }).
			plain(inputTo(precision.FP32)).
			graded(edits(inputTo(precision.FP16))),
		formatField("output", "format of the output", func(c *Case) *precision.Format { return &c.Output }, never).
			in("fp16-to-fp32").otherwise("input").
			first(func(c *Case) { orDefault(&c.Output, c.Input) }).
			told(func(c *Case) string {
				if c.Output == c.Input {
					return ""
				}
				return " to " + c.Output.String()
			}).
			plain(func(c *Case) { c.Output = c.Input }).
			graded(edits(func(c *Case) { c.Output = precision.FP32 }, func(c *Case) { c.Output = precision.FP16 })),
		formatField("intermediate", "format of the accumulators", func(c *Case) *precision.Format { return &c.Intermediate }, isFirst).
			in("narrow-accumulators").otherwise("fp32").absentAs("fp32").
			first(func(c *Case) {
				if c.Intermediate == precision.FP32 {
					c.Intermediate = 0
				}
			}).
			told(func(c *Case) string {
				if c.Intermediate == 0 {
					return ""
				}
				return " accumulated in " + c.Intermediate.String()
			}).
			plain(func(c *Case) { c.Intermediate = 0 }),
	}
}

// inputTo changes the input's format, and the output's where that is the same.
func inputTo(f precision.Format) func(*Case) {
	return func(c *Case) {
		if c.Output == c.Input {
			c.Output = f
		}
		c.Input = f
	}
}

// edits are the same for every case.
func edits(list ...func(*Case)) func(*Case) []func(*Case) {
	return func(*Case) []func(*Case) { return list }
}

// rowFields are the rows of what is done to a row of scores.
func rowFields() []Field {
	return []Field{
		numberField("scale", "what q.k is multiplied by", func(c *Case) **float32 { return &c.Scale }, (*Case).EffectiveScale).
			in("narrow-scale").otherwise("1/sqrt(head_dim)"),
		amountField("softcap", "the size that scores keep below by softcap*tanh(score/softcap), before the mask", func(c *Case) *float32 { return &c.Softcap }).
			refused("softcap: scores are not capped").drawn(drawSoftcap,
			Region{Name: "softcap", Bugs: []int{87}, Summary: "scores capped by tanh", Holds: func(c *Case) bool { return c.Softcap > 0 }},
			Region{Name: "softcap-felt", Summary: "a cap below 2: most scores feel it", Holds: func(c *Case) bool { return c.Softcap > 0 && c.Softcap < 2 }},
			Region{Name: "softcap-masked", Bugs: []int{87}, Summary: "scores capped under an additive mask, which must not be",
				Holds: func(c *Case) bool { return c.Softcap > 0 && c.Mask.Kind == AdditiveMask }}),
		sinks(),
		flagField("lse", "the logsumexp is asked for", func(c *Case) *bool { return &c.LSE }).in("logsumexp").
			told(func(c *Case) string {
				if !c.LSE {
					return ""
				}
				return ", with logsumexp"
			}),
	}
}

// drawSoftcap caps a few cases: at sizes that models have, 20 to 50, and at small ones, which scores of ordinary values
// feel. Values that lean so that every score is far from 0 stay as they are: they are about what a cap would take away.
func drawSoftcap(d Dice, c *Case) {
	leans := func(r Regime) bool { return r == Positive || r == Negative }
	if d.Intn(100) >= 6 || leans(c.Values.Q) || leans(c.Values.K) {
		return
	}
	caps := []float32{0.5, 1, 1.5, 4, 8, 20, 30, 50}
	c.Softcap = caps[d.Intn(len(caps))]
}

// aroundFields are the rows of what stands around a problem.
func aroundFields() []Field {
	after := Field{
		Name: "after", Type: List, Help: "cases that run before, in the same context", High: MaxAfter, Usual: 3, Default: "none",
		at: func(c *Case) any { return &c.After }, zero: func(c *Case) bool { return len(c.After) == 0 },
		text:    func(c *Case) string { return fmt.Sprint(len(c.After)) },
		integer: func(c *Case) int { return len(c.After) },
		setInt:  func(c *Case, n int) { c.After = c.After[:min(n, len(c.After))] },
		words: func(c *Case) string {
			switch n := len(c.After); n {
			case 0:
				return ""
			case 1:
				return ", after 1 other case"
			default:
				return fmt.Sprintf(", after %d other cases", n)
			}
		},
		Region: "again",
	}
	notes := Field{
		Name: "notes", Type: Text, Help: "for people; no part of the case's name",
		at: func(c *Case) any { return &c.Notes }, zero: func(c *Case) bool { return c.Notes == "" },
		text: func(c *Case) string { return c.Notes },
		set:  func(c *Case, text string) error { c.Notes = text; return nil },
	}
	return []Field{after, notes}
}
