package oracle

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// The reference knows no pages, no integers, no strides and no lengths: Problem makes one plain problem of all of them. Here
// such cases are held against plain problems that are made by hand, from the bytes in memory: bit for bit where both come to
// the same arithmetic, and within float64's rounding where rows and keys are others.

// drawn is a case to which a law adds what it is about.
type drawn struct {
	Batch, KVHeads, Group, QLen, KVLen, Dim, VDim int

	Mask, Left, Right, KVOffset int
	Input                       precision.Format
	Sinks, Alibi, Softcap       bool
	Choice                      int // of what the law adds
	Seed                        int
}

func drawnCases() gopter.Gen {
	return gen.Struct(reflect.TypeFor[drawn](), map[string]gopter.Gen{
		"Batch": gen.IntRange(1, 3), "KVHeads": gen.IntRange(1, 2), "Group": gen.IntRange(1, 2),
		"QLen": gen.OneGenOf(gen.IntRange(1, 9), gen.Const(33)), "KVLen": gen.OneGenOf(gen.IntRange(0, 20), gen.IntRange(60, 70)),
		"Dim": gen.OneConstOf(1, 3, 8, 32, 64), "VDim": gen.OneConstOf(0, 5, 32),
		"Mask": gen.IntRange(0, 4), "Left": gen.IntRange(-1, 20), "Right": gen.IntRange(-1, 5), "KVOffset": gen.IntRange(0, 40),
		"Input": gen.OneConstOf(precision.FP16, precision.BF16, precision.FP32),
		"Sinks": gen.Bool(), "Alibi": gen.Bool(), "Softcap": gen.Bool(), "Choice": gen.IntRange(0, 1<<20), "Seed": gen.IntRange(0, 1<<20),
	})
}

// at is the window of rows whose first stands at a key.
func (d drawn) at(place int) reference.Mask {
	switch d.Mask {
	case 1, 2:
		return reference.Causal(place)
	case 3:
		return reference.Window{Offset: place, Left: d.Left, Right: d.Right}
	}
	return reference.Window{Offset: place, Left: -1, Right: -1}
}

// positioned reports whether kv_offset says where rows stand.
func (d drawn) positioned() bool { return d.Mask != 2 && (d.Mask == 1 || d.Mask == 3 || d.Alibi) }

func (d drawn) base() cases.Case {
	c := cases.Case{Version: cases.Version, Batch: d.Batch, Heads: d.KVHeads * d.Group, KVHeads: d.KVHeads, QLen: d.QLen, KVLen: d.KVLen,
		HeadDim: d.Dim, VHeadDim: d.VDim, Input: d.Input, LSE: true}
	c.Values.Seed = uint64(d.Seed)
	switch d.Mask {
	case 1:
		c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.TopLeft}
	case 2:
		c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight}
	case 3:
		c.Mask = cases.Mask{Kind: cases.WindowMask, Align: cases.TopLeft, Left: d.Left, Right: d.Right}
	case 4:
		c.Mask = cases.Mask{Kind: cases.AdditiveMask, Format: precision.FP32, Shape: []string{"bhqk", "11qk", "b11k", "1h1k"}[d.Seed%4]}
	}
	if d.Sinks {
		c.Sinks = cases.SinksSome
	}
	if d.Alibi {
		c.Alibi = cases.RandomSlopes
	}
	if d.Softcap {
		c.Softcap = 2
	}
	if d.positioned() {
		c.KVOffset = d.KVOffset
	}
	return c
}

// made is a case with its tensors and the problem that the reference gets.
type made struct {
	cases.Case
	*cases.Tensors
	*reference.Problem
}

func materialize(c cases.Case) (made, error) {
	if err := c.Normalize(); err != nil {
		return made{}, fmt.Errorf("%w: %s", err, cases.Describe(c))
	}
	t := cases.Materialize(c)
	return made{c, t, Problem(c, t)}, nil
}

// answer is what the reference makes of a problem.
func answer(p *reference.Problem) (*reference.Result, error) {
	return reference.Attend(context.Background(), p, reference.Arithmetic{}, reference.Options{OutputOnly: true})
}

// equal compares numbers bit for bit.
func equal(what string, got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i, x := range want {
		if math.Float64bits(got[i]) != math.Float64bits(x) {
			return fmt.Errorf("%s: number %d is %v, want %v", what, i, got[i], x)
		}
	}
	return nil
}

// near compares within float64's rounding: scores are below 100 here and sums have at most 70 terms, so that errors of 2^-52
// of each stay below 1e-11.
func near(what string, got, want []float64) error {
	for i, x := range want {
		if got[i] != x && !(math.Abs(got[i]-x) <= 1e-11*(1+math.Abs(x))) {
			return fmt.Errorf("%s: number %d is %v, want %v", what, i, got[i], x)
		}
	}
	return nil
}

// sameAnswers compares two problems, and what the reference makes of them, bit for bit.
func sameAnswers(got, want *reference.Problem) error {
	if err := errors.Join(equal("q", got.Q, want.Q), equal("k", got.K, want.K), equal("v", got.V, want.V)); err != nil {
		return err
	}
	a, err := answer(got)
	if err != nil {
		return err
	}
	b, err := answer(want)
	if err != nil {
		return err
	}
	return errors.Join(equal("output", a.Output, b.Output), equal("logsumexp", a.LSE, b.LSE))
}

// TestRestated holds cases against plain problems.
func TestRestated(t *testing.T) {
	parameters := gopter.DefaultTestParametersWithSeed(13)
	parameters.MinSuccessfulTests = 60
	properties := gopter.NewProperties(parameters)
	for _, c := range []struct {
		name string
		law  func(drawn) error
	}{
		{"strides change nothing", stridesChangeNothing},
		{"paged equals contiguous", pagedEqualsContiguous},
		{"quantised equals dequantised", quantisedEqualsDequantised},
		{"a ragged batch equals its entries one by one", raggedEqualsEntries},
		{"chunks of a prompt equal one pass", chunksEqualOnePass},
		{"a slope is a dense bias, and one of 0 none", slopeIsBias},
	} {
		// A string is a failure that gopter shrinks; an error it would not.
		properties.Property(c.name, prop.ForAll(func(d drawn) string {
			if err := c.law(d); err != nil {
				return err.Error()
			}
			return ""
		}, drawnCases()))
	}
	properties.TestingRun(t)
}

// stridesChangeNothing lays every operand, and a mask, in another way.
func stridesChangeNothing(d drawn) error {
	c := d.base()
	plain, err := materialize(c)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewSource(int64(d.Choice)))
	for _, f := range cases.Fields() {
		if f.Type == cases.Steps && f.Impose != nil && f.AppliesTo(&plain.Case) && r.Intn(4) > 0 {
			f.Impose(r, &c)
		}
	}
	// Where elements share memory they are others than without.
	for _, name := range []string{"k", "v"} {
		if c.SharesMemory() {
			c.Layout.Operand(name).Strides = cases.Scattered(r, c.OperandShape(name))
		}
	}
	if c.MaskSharesMemory() {
		c.Mask.Strides = cases.Strides{}
	}
	strided, err := materialize(c)
	if err != nil {
		return err
	}
	for name, pair := range map[string][2]*cases.Tensor{"q": {&strided.Tensors.Q, &plain.Tensors.Q}, "k": {&strided.Tensors.K, &plain.Tensors.K}, "v": {&strided.Tensors.V, &plain.Tensors.V}} {
		if err := equal(name+" in memory", byAddresses(pair[0], nil, 0), pair[1].Dense()); err != nil {
			return err
		}
	}
	return sameAnswers(strided.Problem, plain.Problem)
}

// byAddresses reads a tensor by the formula of its addresses: element [b, h, r, d] is offset + b*s0 + h*s1 + r*s2 + d*s3, and of
// pages b is the page that the table names for the entry's r/page, and r what is left of it.
func byAddresses(t *cases.Tensor, table *cases.Tensor, page int) (list []float64) {
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				at, row := b, r
				if table != nil {
					at, row = int(binary.LittleEndian.Uint32(table.Data[4*(table.Offset+b*table.Strides[2]+r/page*table.Strides[3]):])), r%page
				}
				for d := range t.Shape[3] {
					list = append(list, t.Format.Get(t.Data, t.Offset+at*t.Strides[0]+h*t.Strides[1]+row*t.Strides[2]+d*t.Strides[3]))
				}
			}
		}
	}
	return list
}

// pagedEqualsContiguous: pages in any order, and some of them shared, hold the keys that one piece would.
func pagedEqualsContiguous(d drawn) error {
	c := d.base()
	plain, err := materialize(c)
	if err != nil {
		return err
	}
	c.Paging = cases.Paging{Page: 1 + d.Choice%19, Order: []cases.PageOrder{cases.AscendingPages, cases.ReversedPages, cases.ShuffledPages}[d.Choice%3]}
	if d.Choice%4 == 0 && c.KVLen > c.Paging.Page {
		c.Paging.Shared = 1
	}
	paged, err := materialize(c)
	if err != nil {
		return err
	}
	own := *plain.Problem
	own.K = byAddresses(&paged.Tensors.K, paged.Table, c.Paging.Page)
	own.V = byAddresses(&paged.Tensors.V, paged.Table, c.Paging.Page)
	if c.Paging.Shared == 0 { // else entries have keys of each other
		if err := errors.Join(equal("k in pages", own.K, plain.Problem.K), equal("v in pages", own.V, plain.Problem.V)); err != nil {
			return err
		}
	}
	return sameAnswers(paged.Problem, &own)
}

// quantisedEqualsDequantised puts the numbers that integers stand for, worked out from the bytes, into fp32 tensors, which hold
// them exactly.
func quantisedEqualsDequantised(d drawn) error {
	c := d.base()
	formats := []cases.QuantFormat{"", cases.Int8, cases.Int4, cases.Q8_0, cases.Q4_0}
	fits := func(columns int) cases.QuantFormat {
		f := formats[d.Choice%5]
		if columns%cases.QuantBlock != 0 && (f == cases.Q8_0 || f == cases.Q4_0) {
			f = cases.Int4
		}
		d.Choice /= 5
		return f
	}
	c.Quant.K, c.Quant.V = fits(c.HeadDim), fits(c.VDim())
	scaled := func(f cases.QuantFormat) bool { return f == cases.Int8 || f == cases.Int4 }
	if scaled(c.Quant.K) || scaled(c.Quant.V) {
		c.Quant.Scales = []cases.ScaleSpan{cases.RowScales, cases.BlockScales, cases.HeadScales}[d.Choice%3]
		c.Quant.ZeroPoints = d.Choice/3%2 == 0
	}
	quantised, err := materialize(c)
	if err != nil {
		return err
	}
	c.Quant, c.Input = cases.Quant{}, precision.FP32
	plain, err := materialize(c)
	if err != nil {
		return err
	}
	for name, pair := range map[string][2]*cases.Tensor{"k": {&plain.Tensors.K, &quantised.Tensors.K}, "v": {&plain.Tensors.V, &quantised.Tensors.V}} {
		if err := dequantised(name, pair[0], pair[1], quantised); err != nil {
			return err
		}
	}
	p := Problem(plain.Case, plain.Tensors)
	p.Q = quantised.Problem.Q
	return sameAnswers(quantised.Problem, p)
}

// dequantised fills a tensor with what the bytes of another stand for.
func dequantised(name string, to, from *cases.Tensor, m made) error {
	scales, zeros := m.KScales, m.KZeros
	if name == "v" {
		scales, zeros = m.VScales, m.VZeros
	}
	for b := range to.Shape[0] {
		for h := range to.Shape[1] {
			for r := range to.Shape[2] {
				for d := range to.Shape[3] {
					x := element(from, scales, zeros, m.Quant.Scales, b, h, r, d)
					to.Set(b, h, r, d, x)
					if to.At(b, h, r, d) != x {
						return fmt.Errorf("%s[%d,%d,%d,%d] is %v, which fp32 does not hold", name, b, h, r, d, x)
					}
				}
			}
		}
	}
	return nil
}

// element is what an integer in memory stands for: see cases.Quant.
func element(t, scales, zeros *cases.Tensor, span cases.ScaleSpan, b, h, r, d int) float64 {
	if !t.Quantised() {
		return t.Format.Get(t.Data, t.Offset+b*t.Strides[0]+h*t.Strides[1]+r*t.Strides[2]+d*t.Strides[3])
	}
	row := t.Data[t.Offset+b*t.Strides[0]+h*t.Strides[1]+r*t.Strides[2]:]
	var i int
	switch t.QuantFormat() {
	case cases.Q8_0: // an fp16 scale, 32 integers
		block := row[d/32*34:]
		return float64(int8(block[2+d%32])) * precision.FP16.Get(block, 0)
	case cases.Q4_0: // an fp16 scale, 16 bytes: columns 0 to 15 are the low bits
		block := row[d/32*18:]
		bits := block[2+d%16] & 15
		if d%32 >= 16 {
			bits = block[2+d%16] >> 4
		}
		return float64(int(bits)-8) * precision.FP16.Get(block, 0)
	case cases.Int4: // two to a byte, the even column in the low bits, two's complement
		i = int(row[d/2] >> (4 * (d % 2)) & 15)
		if i >= 8 {
			i -= 16
		}
	case cases.Int8:
		i = int(int8(row[d*t.Strides[3]]))
	}
	at := h
	if span != cases.HeadScales {
		column := 0
		if span == cases.BlockScales {
			column = d / 32
		}
		at = ((b*t.Shape[1]+h)*t.Shape[2]+r)*scales.Shape[3] + column
	}
	if zeros != nil {
		i -= int(int32(binary.LittleEndian.Uint32(zeros.Data[4*at:])))
	}
	return float64(i) * float64(math.Float32frombits(binary.LittleEndian.Uint32(scales.Data[4*at:])))
}

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
