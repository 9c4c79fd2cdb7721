package cases

import (
	"encoding/binary"
	"iter"
	"math"

	"attest.example/attest/harness/internal/precision"
)

// fillQuantised draws values as of an operand that is not quantised, and stores the integers that they become.
func (c *Case) fillQuantised(t *Tensor, regime Regime, seed, id uint64) {
	drawn := layout(Operand{}, c.Input, t.Shape[0], t.Shape[1], t.Shape[2], t.Shape[3])
	drawn.Data = make([]byte, drawn.Elements*drawn.Format.Size())
	fillOperand(&drawn, regime, seed, id)
	s := newStream(seed, streamQuant+id)
	var values []float64
	for index, g := range t.scaleGroups() {
		values = values[:0]
		g.each(func(b, r, d int) { values = append(values, drawn.At(b, g.head, r, d)) })
		shared := c.scaleFor(t.quant, values, s, uint64(index))
		n := 0
		g.each(func(b, r, d int) {
			t.store(b, g.head, r, d, values[n], shared)
			n++
		})
		t.storeScale(g.batches[0], g.head, g.rows[0], g.columns[0], shared)
	}
}

// scaleGroup is the elements that share a scale, of one head: batches, rows and columns, each from the first to before the last.
type scaleGroup struct {
	head                   int
	batches, rows, columns [2]int
}

func (g *scaleGroup) each(do func(b, r, d int)) {
	for b := g.batches[0]; b < g.batches[1]; b++ {
		for r := g.rows[0]; r < g.rows[1]; r++ {
			for d := g.columns[0]; d < g.columns[1]; d++ {
				do(b, r, d)
			}
		}
	}
}

// scaleGroups numbers the groups of a quantised tensor: a head in all batches, or some columns of a row.
func (t *Tensor) scaleGroups() iter.Seq2[int, *scaleGroup] {
	return func(yield func(int, *scaleGroup) bool) {
		all := [4]int{t.Shape[0], t.Shape[1], t.Shape[2], t.Shape[3]}
		if !t.quant.ownScales() {
			for h := range all[1] {
				if !yield(h, &scaleGroup{h, [2]int{0, all[0]}, [2]int{0, all[2]}, [2]int{0, all[3]}}) {
					return
				}
			}
			return
		}
		index, span := 0, t.quant.span(all[3])
		for row := range all[0] * all[1] * all[2] {
			b, h, r := row/all[2]/all[1], row/all[2]%all[1], row%all[2]
			for first := 0; first < all[3]; first += span {
				if !yield(index, &scaleGroup{h, [2]int{b, b + 1}, [2]int{r, r + 1}, [2]int{first, min(first+span, all[3])}}) {
					return
				}
				index++
			}
		}
	}
}

// scale is what a group of elements shares. fitted is the one by which integers come about.
type scale struct {
	fitted    float64
	bits      uint32
	zero      int
	low, high int
}

func (t *Tensor) store(b, h, r, d int, x float64, g scale) {
	i := 0
	if math.IsInf(x, 0) || math.IsNaN(x) {
		x = g.fitted
	}
	if g.fitted != 0 {
		i = int(math.RoundToEven(min(max(x/g.fitted, -512), 512))) + g.zero
	}
	t.quant.setInteger(t.Data, t.Index(b, h, r, 0), t.Strides[3], d, min(max(i, g.low), g.high))
}

func (t *Tensor) storeScale(b, h, r, d int, g scale) {
	t.setScale(b, h, r, d, g.bits)
	if z := t.quant.zeros; z != nil {
		binary.LittleEndian.PutUint32(z.Data[4*t.quant.place(b, h, r, d):], uint32(int32(g.zero)))
	}
}

// scaleFor chooses the scale and the zero point of a group of values. One that holds NaN or Inf has that as its scale.
func (c *Case) scaleFor(q *quantised, values []float64, s stream, index uint64) scale {
	format := q.scaleFormat()
	g := scale{}
	g.low, g.high = q.format.ends()
	least, most, special := 0.0, 0.0, 0.0
	for _, x := range values {
		switch {
		case math.IsNaN(x) || math.IsInf(x, 0):
			if !math.IsNaN(special) {
				special = x
			}
		default:
			least, most = min(least, x), max(most, x)
		}
	}
	switch {
	case q.zeros != nil:
		g.fitted = (most - least) / float64(g.high-g.low)
	case q.format == Q4_0: // as ggml: the value that is largest in size is -8
		g.fitted = most / float64(g.low)
		if -least > most {
			g.fitted = least / float64(g.low)
		}
	default:
		g.fitted = max(most, -least) / float64(g.high)
	}
	if c.Quant.Fill == EndScales {
		g.fitted /= 2
	}
	g.fitted = roundScale(format, g.fitted)
	if q.zeros != nil {
		if g.fitted != 0 {
			g.zero = min(max(int(math.RoundToEven(float64(g.low)-least/g.fitted)), g.low), g.high)
		}
		if c.Quant.Fill == EndScales {
			g.zero = g.low + (g.high-g.low)*s.below(1<<60+index, 2)
		}
	}
	stored := g.fitted
	switch c.Quant.Fill {
	case ScalesApart:
		stored = roundScale(format, math.Ldexp(g.fitted, s.below(index, 6)-4))
	case SomeZeroScales:
		if s.below(index, 2) == 0 {
			stored = 0
		}
	case SubnormalScales:
		stored = format.MinSubnormal() * float64(1+s.below(index, 63))
		if format == precision.FP32 {
			stored = math.Ldexp(float64(1+s.below(index, 63)), -138) // 2^-126 only with the largest integers
		}
	}
	if special != 0 {
		stored = special
		if g.fitted == 0 {
			g.fitted = 1
		}
	}
	g.bits = format.Bits(stored)
	return g
}
