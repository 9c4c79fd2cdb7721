package oracle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// piece is some rows and keys of a batch entry as a problem of their own, made by hand.
type piece struct {
	made
	batch, qFirst, qLast, kvFirst, kvLast int

	mask reference.Mask // of its own rows and keys
	row0 int            // the key, of its own, at which its first row stands
}

func (x piece) problem() *reference.Problem {
	p := *x.Problem
	p.Batch, p.QLen, p.KVLen, p.Q, p.K, p.V = 1, x.qLast-x.qFirst, x.kvLast-x.kvFirst, nil, nil, nil
	cut := func(from []float64, heads, rows, first, last int) (list []float64) {
		columns := len(from) / max(x.Problem.Batch*heads*rows, 1)
		for h := range heads {
			at := (x.batch*heads + h) * rows
			list = append(list, from[(at+first)*columns:(at+last)*columns]...)
		}
		return list
	}
	p.Q = cut(x.Problem.Q, p.Heads, x.Problem.QLen, x.qFirst, x.qLast)
	p.K = cut(x.Problem.K, p.KVHeads, x.Problem.KVLen, x.kvFirst, x.kvLast)
	p.V = cut(x.Problem.V, p.KVHeads, x.Problem.KVLen, x.kvFirst, x.kvLast)
	p.Mask = x.bias()
	return &p
}

// bias is the array of a mask and the linear bias of slopes, as they lie in memory, under the mask of the piece.
func (x piece) bias() reference.Mask {
	m := reference.Additive{Batch: 1, Heads: x.Problem.Heads, QLen: x.qLast - x.qFirst, KVLen: x.kvLast - x.kvFirst}
	for h := range m.Heads {
		for r := range m.QLen {
			for k := range m.KVLen {
				b := 0.0
				if a := x.Tensors.Mask; a != nil {
					b = a.Bias(min(x.batch, a.Shape[0]-1), min(h, a.Shape[1]-1), min(x.qFirst+r, a.Shape[2]-1), min(x.kvFirst+k, a.Shape[3]-1))
				}
				if x.Slopes != nil {
					b -= precision.FP32.Get(x.Slopes.Data, h) * math.Abs(float64(x.row0+r-k))
				}
				m.Bias = append(m.Bias, b)
			}
		}
	}
	return reference.Both{A: m, B: x.mask}
}

// keeps compares the rows of a piece with those of the whole.
func (x piece) keeps(whole *reference.Result) error {
	own, err := answer(x.problem())
	if err != nil {
		return err
	}
	n, dim := x.qLast-x.qFirst, whole.HeadDim
	for h := range whole.Heads {
		a, b := (x.batch*whole.Heads+h)*whole.QLen+x.qFirst, h*n
		what := fmt.Sprintf("of rows %d to %d of batch %d, head %d, with keys %d to %d alone", x.qFirst, x.qLast-1, x.batch, h, x.kvFirst, x.kvLast-1)
		if err := errors.Join(near("output "+what, own.Output[b*dim:(b+n)*dim], whole.Output[a*dim:(a+n)*dim]),
			near("logsumexp "+what, own.LSE[b:b+n], whole.LSE[a:a+n])); err != nil {
			return err
		}
	}
	return nil
}

// raggedEqualsEntries: padded entries and packed ones, each with the diagonal of its own rows and keys.
func raggedEqualsEntries(d drawn) error {
	c := d.base()
	fills := []cases.LengthFill{cases.RandomLengths, cases.EmptyLengths, cases.FullLengths}
	switch {
	case d.Choice%2 == 0:
		c.Lengths.Packed = 1 + d.Choice/2%5
	default:
		c.Lengths = cases.Lengths{Q: fills[d.Choice/2%3], KV: fills[d.Choice/6%2], Side: []cases.LengthSide{cases.FromFirst, cases.UpToLast}[d.Choice/12%2]}
	}
	ragged, err := materialize(c)
	if err != nil {
		return err
	}
	whole, err := answer(ragged.Problem)
	if err != nil {
		return err
	}
	used := make([]bool, d.Batch*d.QLen)
	entries := ragged.Ranges
	for b := range d.Batch {
		for i := range entries.Shape[1] {
			x := func(j int) int {
				return int(int32(binary.LittleEndian.Uint32(entries.Data[4*(b*entries.Strides[0]+i*entries.Strides[1]+j):])))
			}
			own := piece{made: ragged, batch: b, qFirst: x(0), qLast: x(1), kvFirst: x(2), kvLast: x(3), row0: c.KVOffset}
			if d.Mask == 2 {
				own.row0 = (own.kvLast - own.kvFirst) - (own.qLast - own.qFirst)
			}
			own.mask = d.at(own.row0)
			if err := own.keeps(whole); err != nil {
				return err
			}
			for row := own.qFirst; row < own.qLast; row++ {
				used[b*d.QLen+row] = true
			}
		}
	}
	for i, x := range whole.Output {
		if row := i / whole.HeadDim; !used[row/d.QLen/whole.Heads*d.QLen+row%d.QLen] && x != 0 {
			return fmt.Errorf("output %d, of a row that no entry uses, is %v, want 0", i, x)
		}
	}
	return nil
}

// chunksEqualOnePass: a chunk stands behind the keys that the rows before it stand at.
func chunksEqualOnePass(d drawn) error {
	if !d.positioned() || d.Mask == 4 { // an array's rows would be others in a chunk
		d.Mask, d.Alibi = 1, false
	}
	whole, err := materialize(d.base())
	if err != nil {
		return err
	}
	all, err := answer(whole.Problem)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewSource(int64(d.Choice)))
	for first := 0; first < d.QLen; {
		last := first + 1 + r.Intn(d.QLen-first)
		c := d.base()
		c.QLen, c.KVOffset = last-first, c.KVOffset+first
		chunk, err := materialize(c)
		if err != nil {
			return err
		}
		for b := range d.Batch {
			own := piece{made: whole, batch: b, qFirst: first, qLast: last, kvLast: d.KVLen, row0: d.KVOffset + first, mask: d.at(d.KVOffset + first)}
			if err := own.keeps(all); err != nil {
				return err
			}
			// What the chunk's case makes of masks and slopes is what the piece has.
			for h := range whole.Case.Heads {
				for row := range c.QLen {
					if err := sameRow(chunk.Problem.Mask, own.bias(), b, h, row, d.KVLen); err != nil {
						return fmt.Errorf("a chunk from row %d: %w", first, err)
					}
				}
			}
		}
		first = last
	}
	return nil
}

// sameRow compares a row of a mask of all batches with the same row of a mask of one.
func sameRow(got, want reference.Mask, batch, head, row, keys int) error {
	a, b := make([]float64, keys), make([]float64, keys)
	first, last := got.Row(batch, head, row, a)
	f, l := want.Row(0, head, row, b)
	for k := range keys {
		x, y := math.Inf(-1), math.Inf(-1)
		if first <= k && k < last {
			x = a[k]
		}
		if f <= k && k < l {
			y = b[k]
		}
		if x != y {
			return fmt.Errorf("row %d of head %d has a bias of %v for key %d, want %v", row, head, x, k, y)
		}
	}
	return nil
}

// slopeIsBias: by hand, and with all slopes set to 0 a case is what it is without.
func slopeIsBias(d drawn) error {
	d.Alibi = true
	sloped, err := materialize(d.base())
	if err != nil {
		return err
	}
	whole, err := answer(sloped.Problem)
	if err != nil {
		return err
	}
	row0 := 0
	switch {
	case d.Mask == 2:
		row0 = d.KVLen - d.QLen
	case d.positioned():
		row0 = d.KVOffset
	}
	for b := range d.Batch {
		if err := (piece{made: sloped, batch: b, qLast: d.QLen, kvLast: d.KVLen, row0: row0, mask: d.at(row0)}).keeps(whole); err != nil {
			return err
		}
	}
	clear(sloped.Slopes.Data)
	d.Alibi = false
	plain, err := materialize(d.base())
	if err != nil {
		return err
	}
	return sameAnswers(Problem(sloped.Case, sloped.Tensors), plain.Problem)
}
