package reduce_test

import (
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/reduce"
)

// padded puts a case among others in front of it, at a place.
func padded(c cases.Case, place, of int, culprit cases.Case) cases.Case {
	out := c.Clone()
	out.After = nil
	for i := range of {
		other := c.Clone()
		other.After = nil
		other.Values.Seed += uint64(100 + i)
		other.HeadDim = 1 + (other.HeadDim+i)%64
		other.Scale = nil
		other.DropStrides(&c)
		if i == place {
			other = culprit.Clone()
			other.After = nil
		}
		out.After = append(out.After, other)
	}
	return out
}

// TestNeededCaseBefore keeps the one case that has to run first, wherever it stands, and nothing else.
func TestNeededCaseBefore(t *testing.T) {
	wide := func(c *cases.Case) bool { return c.HeadDim > 128 }
	holds := func(c *cases.Case) bool {
		return !wide(c) && len(c.After) > 0 && anyOf(c.After, wide)
	}
	narrow := func(c *cases.Case) bool { return !wide(c) && c.Scale == nil }
	for i, start := range starts(t, 30, nil, narrow) {
		of := 1 + i%8
		culprit := start.Clone()
		culprit.HeadDim = 130 + i
		culprit.DropStrides(&start)
		start = padded(start, i%of, of, culprit)
		fails, calls := numericWhere(t, holds)
		result := mustReduce(t, start, fails)
		equal(t, start, result.Case, with(smallest(1, 1, 1, 1), func(c *cases.Case) {
			c.After = []cases.Case{smallest(1, 1, 1, 129)}
		}))
		if *calls > 120 {
			t.Errorf("%d calls; want 120 at most", *calls)
		}
	}
}

// TestCasesThatMustStayAlike reduces a stale pipeline: the same shape without a mask, then causal. Both cases have
// to become smaller together.
func TestCasesThatMustStayAlike(t *testing.T) {
	holds := func(c *cases.Case) bool {
		return c.Mask.IsCausal() && c.QLen >= 2 && anyOf(c.After, func(p *cases.Case) bool {
			return p.Mask.Kind == "" && p.QLen == c.QLen && p.KVLen == c.KVLen && p.HeadDim == c.HeadDim &&
				p.Heads == c.Heads && p.Batch == c.Batch && p.Input == c.Input
		})
	}
	isCausal := func(c *cases.Case) bool { return c.Mask.IsCausal() && c.QLen >= 2 }
	for i, start := range starts(t, 30, nil, isCausal) {
		culprit := start.Clone()
		culprit.Mask, culprit.Values.Masked, culprit.KVOffset, culprit.Alibi = cases.Mask{}, "", 0, ""
		start = padded(start, i%3, 3, culprit)
		fails, calls := numericWhere(t, holds)
		result := mustReduce(t, start, fails)
		equal(t, start, result.Case, with(smallest(1, 2, 1, 1), func(c *cases.Case) {
			c.Mask.Kind = cases.CausalMask
			c.After = []cases.Case{smallest(1, 2, 1, 1)}
		}))
		if *calls > 200 {
			t.Errorf("%d calls; want 200 at most", *calls)
		}
	}
}

// TestSeveralNeeded keeps two of many.
func TestSeveralNeeded(t *testing.T) {
	format := func(f precision.Format) func(*cases.Case) bool {
		return func(c *cases.Case) bool { return c.Input == f }
	}
	holds := func(c *cases.Case) bool {
		return anyOf(c.After, format(precision.BF16)) && anyOf(c.After, format(precision.FP16))
	}
	start := smallest(2, 9, 40, 64)
	for i := range 8 {
		before := smallest(2, 8, 40, 64)
		before.Values.Seed = uint64(i)
		before.Input = []precision.Format{precision.FP32, precision.FP32, precision.BF16, precision.FP16}[i%4]
		start.After = append(start.After, before)
	}
	fails, _ := numericWhere(t, holds)
	result := mustReduce(t, start, fails)
	if n := len(result.Case.After); n != 2 || reduce.Less(start, result.Case) || !holds(&result.Case) {
		t.Errorf("%d cases before; want 2: %s", n, cases.Describe(result.Case))
	}
}

func anyOf(list []cases.Case, holds func(*cases.Case) bool) bool {
	for i := range list {
		if holds(&list[i]) {
			return true
		}
	}
	return false
}
