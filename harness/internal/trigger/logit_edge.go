package trigger

import (
	"math"
	"slices"

	"attest.example/attest/harness/internal/cases"
)

// A condition on the logits is about a number that no field has. It is looked for by the scale, which moves the logits as far
// as one likes: between one that fails and one that passes the next is halfway.

const (
	logitProbes = 10
	// nearEnough is by how much the two sides of an edge differ at most, where no usual edge lies between them, and moreThanOne
	// where one does.
	nearEnough  = 1.05
	withinUsual = 1.3
	// leastLogit is what passes as far as anybody knows: exponentials of smaller ones differ little.
	leastLogit = 0.5
)

// logitEdge looks for the very size of the logits at which the verdict changes, of each quantity that the condition is about.
func (in *inference) logitEdge(p *conjunction) error {
	for _, a := range p.atoms {
		f := &features[a.feature]
		if f.logit == nil || in.edged[f.name] || !in.left() {
			continue
		}
		in.edged[f.name] = true
		for _, from := range in.scaled(f) {
			found, err := in.edgeOf(a.feature, from)
			if err != nil {
				return err
			}
			if found {
				break
			}
		}
	}
	return nil
}

// scaled are cases whose logits are as large as their scale is: the base, and it with nothing added to the products of q and k
// and with all logits of one sign.
func (in *inference) scaled(f *feature) []cases.Case {
	bare := in.base.c.Clone()
	bare.Mask, bare.Softcap, bare.Alibi, bare.Sinks, bare.After = cases.Mask{}, 0, "", "", nil
	bare.Scale = nil
	bare.Values.Q, bare.Values.K = cases.Positive, cases.Positive
	if f.name == "logits.lowest_row_max" {
		bare.Values.K = cases.Negative
	}
	list := []cases.Case{in.base.c}
	if bare.Repair() == nil {
		list = append(list, bare)
	}
	return list
}

// withLogits is a case with another scale, at which one of its quantities is of a size; false: there is none.
func withLogits(c *cases.Case, f *feature, size float64) (cases.Case, bool) {
	low, high := 0.0, 1.0
	of := func(scale float64) (cases.Case, float64) {
		x := c.WithScale(float32(scale))
		x.After = nil
		if x.Repair() != nil {
			return x, math.NaN()
		}
		return x, math.Abs(f.value(&x))
	}
	sign := 1.0
	if c.EffectiveScale() < 0 {
		sign = -1
	}
	for {
		if _, at := of(sign * high); at >= size {
			break
		}
		if high *= 8; high > 1e7 {
			return cases.Case{}, false
		}
	}
	for range 30 {
		middle := (low + high) / 2
		switch x, at := of(sign * middle); {
		case at >= size*0.99 && at <= size*1.01:
			x.After = slices.Clone(c.After)
			return x, true
		case at > size:
			high = middle
		default:
			low = middle
		}
	}
	return cases.Case{}, false
}

// edgeOf finds the edge of one quantity by the scale of one case, and makes an atom of it where it is no usual one.
func (in *inference) edgeOf(index int, from cases.Case) (found bool, err error) {
	f := &features[index]
	ask := func(size float64) (answer, float64, error) { // and the size that it really is
		c, ok := withLogits(&from, f, size)
		if !ok {
			return unclear, 0, nil
		}
		a, err := in.single(c, true)
		return a, math.Abs(f.value(&c)), err
	}
	fails0 := math.Abs(in.base.x.at(index))
	if math.IsInf(fails0, 0) || fails0 < leastLogit {
		fails0 = 4 * slices.Max(logitEdges)
	}
	a, high, err := ask(fails0)
	if err != nil || a != fails {
		return false, err
	}
	low := leastLogit
	passed := false
	for range logitProbes {
		usual := between(low, high)
		if high < low*nearEnough || passed && usual == 1 && high < low*withinUsual {
			break
		}
		a, middle, err := ask(math.Sqrt(low * high))
		switch {
		case err != nil:
			return false, err
		case a == fails:
			high = middle
		case a == passes:
			low, passed = middle, true
		default:
			return false, nil
		}
	}
	if !passed {
		return false, nil
	}
	in.o.Log("%s: passes at %g, fails at %g", f.name, low, high)
	if between(low, high) == 0 {
		in.extra = append(in.extra, pastEdge(index, roundest(low, high), 1.3))
	}
	return true, nil
}

// split are conditions on the logits by the edge that the evidence itself shows, where no usual one lies there: above the largest
// pass, below the least failure beyond it. They cost more than those of usual edges.
func (e *evidence) split() (list []atom) {
	for i := range features {
		if features[i].logit == nil || len(e.hard) == 0 || !pastEdge(i, 0, 0).holds(e.hard[0].x.at(i)) {
			continue
		}
		least := math.Inf(1)
		for _, s := range e.hard {
			least = min(least, math.Abs(s.x.at(i)))
		}
		most := 0.0
		for j, s := range e.pass {
			if x := math.Abs(s.x.at(i)); e.weight[j] >= freshPass && pastEdge(i, 0, 0).holds(s.x.at(i)) && x < least {
				most = max(most, x)
			}
		}
		for _, s := range e.soft {
			if x := math.Abs(s.x.at(i)); x > most && pastEdge(i, 0, 0).holds(s.x.at(i)) {
				least = min(least, x)
			}
		}
		if most >= leastLogit && between(most, least) == 0 {
			list = append(list, pastEdge(i, roundest(most, min(least, 1e30)), splitCost))
		}
	}
	return list
}

// splitCost is what an edge costs that nothing but the evidence speaks for.
const splitCost = 1.6

// between counts the usual edges between two numbers.
func between(low, high float64) (n int) {
	for _, t := range logitEdges {
		if low <= t && t < high {
			n++
		}
	}
	return n
}

// roundest is the number between two others that takes the fewest digits.
func roundest(low, high float64) float64 {
	for unit := math.Pow(10, math.Ceil(math.Log10(high))); unit > low/1e6; unit /= 10 {
		for _, step := range []float64{unit, unit / 2} {
			if x := math.Floor(high/step) * step; x >= low && x < high {
				return x
			}
		}
	}
	return low
}

// stronger is by how much larger the scale is that a base is tried with which fails with some seeds alone.
const stronger = 16

// enlarge takes a larger scale for the base, where that makes it fail with all seeds: what strikes by how large the logits are
// strikes whatever the seed is where they are large enough.
func (in *inference) enlarge() error {
	if in.chance == 1 {
		return nil
	}
	c := in.base.c.WithScale(stronger * in.base.c.EffectiveScale())
	if c.Repair() != nil {
		return nil
	}
	s, a, err := in.ask(in.ctx, c)
	if err != nil || a != fails {
		return err
	}
	chance, err := in.chanceOf(&c)
	if err == nil && chance == 1 {
		in.base, in.chance, in.hard = s, chance, append(in.hard, s)
	}
	return err
}
