package oracle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

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
