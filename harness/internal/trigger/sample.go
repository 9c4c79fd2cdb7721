package trigger

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// sample is a case with what the learner sees of it.
type sample struct {
	c    cases.Case
	key  string
	x    *readings
	weak bool
	bits []bool // of atoms, those aside that are about logits
}

func newSample(c cases.Case) *sample {
	s := &sample{c: c, key: key(&c), weak: weak(&c)}
	s.x = vector(&s.c)
	all := atoms()
	s.bits = make([]bool, len(all))
	for i := range all {
		if features[all[i].feature].logit == nil {
			s.bits[i] = all[i].holds(s.x.at(all[i].feature))
		}
	}
	return s
}

// has reports whether one of the atoms holds.
func (s *sample) has(i int) bool {
	if a := &atoms()[i]; features[a.feature].logit != nil {
		return a.holds(s.x.at(a.feature))
	}
	return s.bits[i]
}

// weak cases may pass although the bug strikes them: hardly a key to see, values that hide an error, or such that every
// output is as good as another.
func weak(c *cases.Case) bool {
	v := c.Values
	if v.V == cases.Zero || v.V == cases.Constant || v.V == cases.OneHot || v.V == cases.Identity ||
		v.Q == cases.Zero || v.Q == cases.Subnormal || v.K == cases.Zero || v.K == cases.Subnormal || v.K == cases.Constant {
		return true
	}
	if c.Intermediate != 0 && c.Intermediate != precision.FP32 { // of which the bounds are wide
		return true
	}
	for _, r := range []cases.Regime{v.Q, v.K, v.V} {
		switch r {
		case cases.WithNaN, cases.WithInf, cases.WithSNaN, cases.Huge, cases.Overflow:
			return true
		}
	}
	return c.HasIdleBound() || c.KeysSeen(3) < 3 || c.Mask.Fill == cases.OpenFill || forbidsNothing(&c.Mask) || c.EffectiveScale() == 0 || c.Mask.PlusInf
}

// nothing reports whether a case has nothing to compute.
func nothing(c *cases.Case) bool { return c.Batch*c.QLen*c.KVLen == 0 }

// idle reports whether a case has nothing to compute where the base has: it passes whatever the bug is.
func (in *inference) idle(s *sample) bool { return nothing(&s.c) && !nothing(&in.base.c) }

// forbidsNothing reports whether a mask of bytes has the same in all places.
func forbidsNothing(m *cases.Mask) bool {
	return m.Kind == cases.BoolMask && m.Fill == cases.RandomFill && m.Density >= 100 && m.EmptyRows == 0 && m.EmptyLead == 0
}

// MayHide reports whether a case may pass although a bug strikes it.
func MayHide(c *cases.Case) bool { return weak(c) }
