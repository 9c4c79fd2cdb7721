package reference

import (
	"fmt"
)

// entry is the rows and keys that one entry of a ragged batch uses, and the mask of these, whose own first row and key are
// 0.
type entry struct {
	batch, qBegin, qEnd, kvBegin, kvEnd int
	mask                                Mask
}

// ragged is the mask of a ragged batch: no row sees a key of another entry, or one that no entry uses.
type ragged []entry

func (m ragged) Row(batch, head, row int, bias []float64) (first, last int) {
	for _, e := range m {
		if e.batch == batch && e.qBegin <= row && row < e.qEnd {
			first, last = e.mask.Row(0, head, row-e.qBegin, bias[e.kvBegin:e.kvEnd])
			return first + e.kvBegin, last + e.kvBegin
		}
	}
	return 0, 0
}

// alone is the problem of an entry.
func (p *Problem) alone(e entry) *Problem {
	own := *p
	own.Batch, own.QLen, own.KVLen, own.Mask, own.Q, own.K, own.V = 1, e.qEnd-e.qBegin, e.kvEnd-e.kvBegin, e.mask, nil, nil, nil
	cut := func(to *[]float64, from []float64, heads, rows, columns, first, last int) {
		for h := range heads {
			at := (e.batch*heads + h) * rows
			*to = append(*to, from[(at+first)*columns:(at+last)*columns]...)
		}
	}
	cut(&own.Q, p.Q, p.Heads, p.QLen, p.HeadDim, e.qBegin, e.qEnd)
	cut(&own.K, p.K, p.KVHeads, p.KVLen, p.HeadDim, e.kvBegin, e.kvEnd)
	cut(&own.V, p.V, p.KVHeads, p.KVLen, p.vDim(), e.kvBegin, e.kvEnd)
	return &own
}

// ownMask is one of an entry's size: a window whose diagonal is where its last row meets its last key, and a bias of its own.
func (g general) ownMask(q, kv, i int) Mask {
	window := Window{Offset: kv - q, Left: g.Left, Right: g.Right}
	if !g.Biased {
		return window
	}
	own := g
	own.Batch, own.QLen, own.KVLen, own.Seed = 1, q, kv, g.Seed+i
	return Both{own.bias(), window}
}

// raggedEqualsEntries: every batch entry uses some of the rows and keys, from the first on or up to the last.
func raggedEqualsEntries(g general) error {
	rng := g.rng(25)
	var list ragged
	for b := range g.Batch {
		e := entry{batch: b, qEnd: rng.IntN(g.QLen + 1), kvEnd: rng.IntN(g.KVLen + 1)}
		if g.Parts%2 == 0 {
			e.qBegin, e.qEnd, e.kvBegin, e.kvEnd = g.QLen-e.qEnd, g.QLen, g.KVLen-e.kvEnd, g.KVLen
		}
		e.mask = g.ownMask(e.qEnd-e.qBegin, e.kvEnd-e.kvBegin, b)
		list = append(list, e)
	}
	return g.equalEntries(list)
}

// packedEqualsEntries: entries lie one behind the other in every batch, some of them without a row or a key. Some batches
// have the keys of the last rows first, as no cumulative lengths do, but pages may.
func packedEqualsEntries(g general) error {
	rng := g.rng(26)
	var list ragged
	for b := range g.Batch {
		q, kv := 0, 0
		for i := range g.Parts {
			e := entry{batch: b, qBegin: q, qEnd: q + rng.IntN(g.QLen-q+1), kvBegin: kv, kvEnd: kv + rng.IntN(g.KVLen-kv+1)}
			if i == g.Parts-1 {
				e.qEnd, e.kvEnd = g.QLen, g.KVLen
			}
			q, kv = e.qEnd, e.kvEnd
			if b%2 == g.Seed%2 {
				e.kvBegin, e.kvEnd = g.KVLen-e.kvEnd, g.KVLen-e.kvBegin
			}
			e.mask = g.ownMask(e.qEnd-e.qBegin, e.kvEnd-e.kvBegin, 7*b+i)
			list = append(list, e)
		}
	}
	return g.equalEntries(list)
}

// equalEntries holds a ragged batch against the problems of its entries. Rows that no entry uses are rows without a key.
func (g general) equalEntries(list ragged) error {
	g.Biased = false
	p := g.problem()
	whole, err := solution(p.under(list))
	if err != nil {
		return err
	}
	used := make([]bool, g.Batch*g.QLen)
	for _, e := range list {
		own, err := solution(p.alone(e))
		if err != nil {
			return err
		}
		for row := e.qBegin; row < e.qEnd; row++ {
			used[e.batch*g.QLen+row] = true
		}
		if err := whole.keeps(own, part{e.batch, e.qBegin, e.qEnd, 0, 0}, true); err != nil {
			return fmt.Errorf("%+v alone: %w", e, err)
		}
	}
	for i, x := range whole.Output {
		row := i / g.VDim
		if !used[row/g.QLen/p.Heads*g.QLen+row%g.QLen] && x != 0 {
			return fmt.Errorf("element %d, of a row that no entry uses, is %g, want 0", i, x)
		}
	}
	for i, x := range whole.LSE {
		want := negInf
		if p.Sinks != nil {
			want = p.Sinks[i/g.QLen%p.Heads]
		}
		if !used[i/g.QLen/p.Heads*g.QLen+i%g.QLen] && x != want {
			return fmt.Errorf("logsumexp %d, of a row that no entry uses, is %g, want %g", i, x, want)
		}
	}
	return nil
}
