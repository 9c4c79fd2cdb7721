package diagnose

import (
	"fmt"
	"math"

	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// roundings tells an output that was rounded to a narrower format than its own, or cut off towards zero.
func (p *plane) roundings(a reference.Arithmetic) []Explanation {
	var found []Explanation
	stored := a.Out
	if p.name == "lse" {
		stored = a.Acc
	}
	for _, f := range []precision.Format{precision.BF16, precision.FP16} {
		if 2*f.Roundoff() <= stored.Unit || f.Roundoff() == stored.Unit {
			continue // no narrower than the output's own
		}
		// That a number of the output's format is one of the narrower by chance takes as many zero bits.
		perElement := math.Log2(f.Roundoff() / stored.Unit)
		nearest, cut := p.evidence(), p.evidence()
		onGrid, cutOnly := 0, 0
		for _, i := range p.wrong {
			got, want := p.got[i], p.want[i]
			if !finite(got) || !finite(want) || got == 0 || f.Round(got) != got {
				continue
			}
			onGrid++
			step := 2 * f.Roundoff() * math.Exp2(math.Floor(math.Log2(math.Abs(want))))
			off := math.Abs(got) - math.Abs(want)
			switch {
			case math.Abs(off) <= step/2+p.bound[i]:
				nearest.take(i, perElement)
				if off <= p.bound[i] {
					cut.take(i, perElement)
				}
			case off < 0 && -off <= step+p.bound[i]:
				cut.take(i, perElement)
				cutOnly++
			}
		}
		if cutOnly > 0 {
			found = append(found, cut.explain("truncated", fmt.Sprintf("%s was cut off to %v towards zero, not rounded", p.title(), f), 0))
		} else {
			found = append(found, nearest.explain("rounded", fmt.Sprintf("%s was rounded to %v on its way", p.title(), f), 0))
		}
	}
	if x, ok := p.towardsZero(stored); ok {
		found = append(found, x)
	}
	return found
}

// take counts an element that agrees for another reason than its value.
func (e *evidence) take(i int, bits float64) {
	e.agree++
	if !e.seen[e.p.got[i]] {
		e.seen[e.p.got[i]] = true
		e.bits += min(bits, maxBits)
	}
}

// towardsZero tells an output that was stored in its own format by cutting off: every wrong element is the next number
// towards zero.
func (p *plane) towardsZero(f reference.Format) (Explanation, bool) {
	if f.Unit < 1e-5 {
		return Explanation{}, false // fp32: nobody can tell it from ordinary errors
	}
	e := p.evidence()
	for _, i := range p.wrong {
		step := 2 * f.Unit * math.Exp2(math.Floor(math.Log2(math.Abs(p.want[i]))))
		off := math.Abs(p.want[i]) - math.Abs(p.got[i])
		if off > step/2 && off < step*(1+0x1p-8) {
			e.take(i, 3) // of the errors of up to some units, this side and this size
		}
	}
	return e.explain("truncated", p.title()+" was cut off towards zero when it was stored, not rounded", 0), true
}
