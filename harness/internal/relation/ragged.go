package relation

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// entryAlone: a ragged batch equals its entries one by one. One entry is computed as a problem of its own, whose q_len and
// kv_len are what it uses. The truth is the same; each run is within its own bound. It applies where no array and no slope
// tell rows and keys of an entry apart from those of another.
var entryAlone = Law{
	Name:      "entry-alone",
	Statement: "an entry of a ragged batch equals a batch of its own",
	Runs:      1,
	applies: func(c *cases.Case, _ paths.Promises) bool {
		return c.Ragged() && !c.Mask.IsArray() && !c.SharesMemory()
	},
	check: func(a *application) error {
		type at struct {
			batch int
			cases.Entry
		}
		var entries []at
		for b := range a.Case.Batch {
			for _, e := range a.Case.Entries(b) {
				if e.QEnd > e.QBegin && e.KVEnd > e.KVBegin {
					entries = append(entries, at{b, e})
				}
			}
		}
		if len(entries) == 0 {
			a.skip("no entry has both rows and keys")
			return nil
		}
		e := entries[a.dice.below(len(entries))]
		c, t := a.derive(func(c *cases.Case) {
			c.Lengths, c.Batch, c.QLen, c.KVLen = cases.Lengths{}, 1, e.QEnd-e.QBegin, e.KVEnd-e.KVBegin
			c.Values.Masked = ""
		})
		if t == nil {
			return nil
		}
		rows, keys := identity(c.QLen), identity(c.KVLen)
		for i := range rows {
			rows[i] += e.QBegin
		}
		for i := range keys {
			keys[i] += e.KVBegin
		}
		a.rearranged(t, order{batches: []int{e.batch}, rows: rows, keys: keys})
		if err := a.run(c, t); err != nil {
			return err
		}
		detail := fmt.Sprintf("rows %d to %d of batch %d as a problem of their own", e.QBegin, e.QEnd-1, e.batch)
		return a.withinBounds(detail, func(result *tally, known truths) {
			for h := range c.Heads {
				for r := range c.QLen {
					p := place{e.batch, h, e.QBegin + r}
					base, own, dim := a.row(p), h*c.QLen+r, c.VDim()
					for d := range dim {
						more, demand := known.output(own*dim+d, a.Truth.OutputDemand[base*dim+d])
						result.hold(p, d, "", t.Out.At(0, h, r, d), element{a.base(p, d), a.Truth.Bound[base*dim+d] + more, demand})
					}
					if a.Tensors.LSE != nil && t.LSE != nil {
						more, demand := known.logsumexp(own, a.Truth.LSEDemand[base])
						result.hold(p, 0, "lse", t.LSE.At(0, h, r, 0), element{a.baseLSE(p), a.Truth.LSEBound[base] + more, demand})
					}
				}
			}
		}, derivedRun{c, t})
	},
}
