package reference

import "fmt"

// rows takes rows [first, last) of every head of a problem, with their rows of a dense bias.
func (p *Problem) rows(first, last int, window Window) *Problem {
	some := *p
	some.QLen, some.Q = last-first, nil
	for h := range p.Batch * p.Heads {
		some.Q = append(some.Q, p.Q[(h*p.QLen+first)*p.HeadDim:(h*p.QLen+last)*p.HeadDim]...)
	}
	window.Offset += first
	some.Mask = nil
	if p.Mask != nil {
		m := p.Mask.(Additive)
		if m.QLen > 1 {
			cut := m
			cut.QLen, cut.Bias = last-first, nil
			for h := range m.Batch * m.Heads {
				cut.Bias = append(cut.Bias, m.Bias[(h*m.QLen+first)*m.KVLen:(h*m.QLen+last)*m.KVLen]...)
			}
			m = cut
		}
		some.Mask = m
	}
	return some.under(window)
}

// offsetIsPlace: the rows of a problem whose window begins at an offset are the last rows of a longer q, whose window
// begins where row 0 stands at key 0.
func offsetIsPlace(g general) error {
	g.Biased, g.Offset = false, max(g.Offset, 0)
	long := g
	long.QLen += g.Offset
	whole := long.problem()
	a, b, err := both(whole.under(Window{0, g.Left, g.Right}), whole.rows(g.Offset, long.QLen, Window{0, g.Left, g.Right}))
	if err != nil {
		return err
	}
	if w := b.Mask.(Window); w.Offset != g.Offset {
		return fmt.Errorf("the rows have an offset of %d, want %d", w.Offset, g.Offset)
	}
	for batch := range g.Batch {
		if err := a.keeps(b, part{batch, g.Offset, long.QLen, batch, 0}, true); err != nil {
			return err
		}
	}
	return nil
}

// chunksEqualOnePass cuts the rows, as a prompt is cut that is computed in chunks.
func chunksEqualOnePass(g general) error {
	p := g.problem()
	whole, err := solution(p.under(g.window()))
	if err != nil {
		return err
	}
	rng := g.rng(24)
	for first := 0; first < g.QLen; {
		last := min(g.QLen, first+1+rng.IntN(1+g.QLen/g.Parts))
		chunk, err := solution(p.rows(first, last, g.window()))
		if err != nil {
			return err
		}
		for batch := range g.Batch {
			if err := whole.keeps(chunk, part{batch, first, last, batch, 0}, true); err != nil {
				return fmt.Errorf("a chunk from row %d: %w", first, err)
			}
		}
		first = last
	}
	return nil
}
