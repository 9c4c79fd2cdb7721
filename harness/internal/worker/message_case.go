package worker

import (
	"math"

	"attest.example/attest/harness/internal/cases"
)

// problem is a case on its way through the pipe. gob drops a pointer to zero, so the scale travels as its bits.
type problem struct {
	Case      cases.Case
	HasScale  bool
	ScaleBits uint32
}

// problemOf leaves out notes and predecessors: those have run by themselves.
func problemOf(c cases.Case) problem {
	p := problem{Case: c}
	p.Case.After, p.Case.Notes = nil, ""
	if c.Scale != nil {
		p.Case.Scale, p.HasScale, p.ScaleBits = nil, true, math.Float32bits(*c.Scale)
	}
	return p
}

func (p *problem) restore() cases.Case {
	c := p.Case
	if p.HasScale {
		scale := math.Float32frombits(p.ScaleBits)
		c.Scale = &scale
	}
	return c
}
