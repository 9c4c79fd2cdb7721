package cases

import (
	"math"

	"attest.example/attest/harness/internal/precision"
)

// The streams of a seed. Numbers are part of the format: a case's data depend on them.
const (
	streamQ = iota
	streamK
	streamV
	streamMask
	streamSpecial // which rows and columns hold NaN and Inf; one per operand: +0, +1, +2

	streamSinks  = 16
	streamSlopes = 17

	streamLengths = 18
	streamPages   = 24
	streamQuant   = 32 // of k and of v: +1, +2
)

func (c *Case) fill(t *Tensors) {
	seed := c.Values.Seed
	if t.Table != nil {
		c.fillTable(t.Table) // where rows of k and v are follows from it
	}
	fillOperand(&t.Q, c.Values.Q, seed, streamQ)
	c.fillValues(&t.K, c.Values.K, seed, streamK)
	c.fillValues(&t.V, c.Values.V, seed, streamV)
	if t.Mask != nil {
		c.fillMask(t.Mask)
	}
	if t.Sinks != nil {
		c.fillSinks(t.Sinks)
	}
	if t.Slopes != nil {
		c.fillSlopes(t.Slopes)
	}
	if t.Ranges != nil {
		c.fillRanges(t.Ranges)
	}
	if c.Values.Masked != "" {
		c.fillMaskedSlots(t)
	}
}

// fillValues draws k or v, and quantises it where it is.
func (c *Case) fillValues(t *Tensor, regime Regime, seed, id uint64) {
	if t.quant != nil {
		c.fillQuantised(t, regime, seed, id)
		return
	}
	fillOperand(t, regime, seed, id)
}

// fillOperand draws every element by its logical index, so that the layout changes where a value lies and not
// what it is.
func fillOperand(t *Tensor, regime Regime, seed, id uint64) {
	s := newStream(seed, id)
	by, bellShaped := timesNormal(t.Format, regime, id)
	draw := drawer(t, regime, s, id)
	cols := uint64(t.Shape[3])
	values := make([]float64, cols)
	row := uint64(0)
	for b := range t.Shape[0] {
		for h := range t.Shape[1] {
			for r := range t.Shape[2] {
				if bellShaped {
					s.normals(values, row*cols, by)
				} else {
					for d := range cols {
						values[d] = draw(row, d, row*cols+d)
					}
				}
				t.SetColumns(b, h, r, values)
				row++
			}
		}
	}
	placeSpecials(t, regime, newStream(seed, streamSpecial+id))
}

// timesNormal is the factor of a regime whose elements are normal numbers and nothing else; false: they are not.
func timesNormal(f precision.Format, regime Regime, id uint64) (by float64, ok bool) {
	switch regime {
	case Normal, WithNaN, WithInf, WithSNaN: // before the specials are placed
		return 1, true
	case Huge:
		return 24, true
	case Overflow:
		return 64, id != streamV
	case Subnormal:
		if f == precision.FP16 {
			return 0x1p-20, true
		}
		return 0x1p-130, true
	}
	return 0, false
}

// drawer returns the regime's formula for an element: its row over all batches and heads, its column, its index; nil: see
// timesNormal.
func drawer(t *Tensor, regime Regime, s stream, id uint64) func(row, col, index uint64) float64 {
	rows, cols := uint64(t.Shape[2]), uint64(t.Shape[3])
	const apart = 1 << 60 // indices past any element's, for draws per row and per channel
	switch regime {
	case Uniform:
		return func(_, _, index uint64) float64 { return s.uniform(index) }
	case Positive:
		return func(_, _, index uint64) float64 { return 1 + s.uniform(index)/2 }
	case Negative:
		return func(_, _, index uint64) float64 { return -1 - s.uniform(index)/2 }
	case Constant:
		x := 1 + s.uniform(apart)/2
		if s.bits(apart+1)&1 == 1 {
			x = -x
		}
		return func(_, _, _ uint64) float64 { return x }
	case OneHot:
		return func(row, col, _ uint64) float64 {
			if uint64(s.below(apart+row, int(cols))) == col {
				return 1
			}
			return 0
		}
	case Identity:
		return func(row, col, _ uint64) float64 {
			if row%rows%cols == col {
				return 1
			}
			return 0
		}
	case Ramp:
		return func(row, col, index uint64) float64 {
			switch x := s.uniform(index); {
			case col != 0:
				return 0
			case id != streamK:
				return 2 + x
			case row%rows == 0:
				return -1.0 / 3
			default:
				return (x - 1) * (40.0 / 3)
			}
		}
	case Zero:
		return func(_, _, _ uint64) float64 { return 0 }
	case Outliers:
		always := uint64(s.below(apart, int(cols)))
		return func(_, col, index uint64) float64 {
			x := s.normal(index)
			if col == always || s.below(apart+1+col, 32) == 0 {
				x *= 24
			}
			if pick := s.bits(apart + 1<<32 + index); pick%512 == 0 {
				x *= float64(int(2) << (pick >> 32 % 5))
			}
			return x
		}
	case Sinks:
		return func(row, col, index uint64) float64 {
			x := s.normal(index)
			if r := row % rows; r == 0 || s.below(apart+row, 64) == 0 {
				x = 6 * math.Abs(x)
				if col&1 == 1 {
					x = -x
				}
			}
			return x
		}
	case Overflow:
		largest := precision.FP16.Max() // of v
		return func(_, _, index uint64) float64 {
			x := s.uniform(index)
			magnitude := largest * (0.25 + 0.75*math.Abs(x))
			return math.Copysign(magnitude, x)
		}
	}
	return nil
}

// placeSpecials puts one NaN or Inf into about one row in 23, and into at least one.
func placeSpecials(t *Tensor, regime Regime, s stream) {
	if regime != WithNaN && regime != WithInf && regime != WithSNaN {
		return
	}
	eachSpecial(t, s, func(row, b, h, r, column int) {
		if regime == WithSNaN {
			t.setSignallingNaN(b, h, r, column)
			return
		}
		special := math.NaN()
		if regime == WithInf {
			special = math.Inf(infinity(s, row))
		}
		t.Set(b, h, r, column, special)
	})
}

// eachSpecial visits the elements that are NaN or Inf.
func eachSpecial(t *Tensor, s stream, visit func(row, b, h, r, column int)) {
	rows := t.Shape[0] * t.Shape[1] * t.Shape[2]
	if rows == 0 {
		return
	}
	always := s.below(1<<60, rows)
	for row := range rows {
		if row == always || s.below(uint64(row), 23) == 0 {
			visit(row, row/t.Shape[2]/t.Shape[1], row/t.Shape[2]%t.Shape[1], row%t.Shape[2], s.below(1<<62+uint64(row), t.Shape[3]))
		}
	}
}

// infinity is the sign of the one in a row.
func infinity(s stream, row int) int { return int(s.bits(1<<61+uint64(row))&2) - 1 }
