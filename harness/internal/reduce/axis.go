package reduce

import (
	"attest.example/attest/harness/internal/cases"
)

// axis is a number in a case that can become smaller, or several that become smaller together.
type axis struct {
	min int // its smallest value
	get func(*cases.Case) int
	set func(*cases.Case, int)
}

// sizeAxes are the dimensions, the ones that cost most first. An axis of two dimensions keeps what ties them.
func sizeAxes(c *cases.Case) []axis {
	batch := field(1, func(c *cases.Case) *int { return &c.Batch })
	heads := axis{1, // with the size of a group of heads unchanged
		func(c *cases.Case) int { return c.KVHeads },
		func(c *cases.Case, v int) { c.Heads, c.KVHeads = v*c.Group(), v }}
	group := axis{1, (*cases.Case).Group, func(c *cases.Case, v int) { c.Heads = v * c.KVHeads }}
	list := []axis{batch, heads, group}
	if 1 < c.KVHeads && c.KVHeads < c.Heads {
		list = append(list, axis{1, // every head over one kv head
			func(c *cases.Case) int { return c.Heads },
			func(c *cases.Case, v int) { c.Heads, c.KVHeads = v, 1 }})
	}
	list = append(list, sameDelta(qLen, kvLen))
	if c.QLen > 1 && c.KVLen > c.QLen && c.KVLen%c.QLen == 0 {
		ratio := c.KVLen / c.QLen
		list = append(list, axis{1, qLen.get, func(c *cases.Case, v int) { qLen.set(c, v); kvLen.set(c, v*ratio) }})
	}
	if c.Mask.EmptyLead > 0 && c.KVLen > c.Mask.EmptyLead {
		list = append(list, sameDelta(axis{1, emptyLead.get, emptyLead.set}, kvLen))
	}
	if c.VHeadDim > 0 {
		list = append(list, sameDelta(headDim, vHeadDim), vHeadDim)
	}
	return append(list, kvLen, qLen, headDim)
}

var (
	headDim = field(1, func(c *cases.Case) *int { return &c.HeadDim })
	// of v, where it has one of its own: else it goes down with that of q
	vHeadDim  = axis{1, (*cases.Case).VDim, func(c *cases.Case, v int) { c.VHeadDim = v }}
	emptyLead = field(0, func(c *cases.Case) *int { return &c.Mask.EmptyLead })
	qLen      = field(1, func(c *cases.Case) *int { return &c.QLen })
	kvLen     = axis{1,
		func(c *cases.Case) int { return c.KVLen },
		func(c *cases.Case, v int) { c.KVLen = v; c.Mask.EmptyLead = min(c.Mask.EmptyLead, v) }}
)

// slackAxes are the numbers that cost no work: windows, empty rows, pads and offsets. Only those that are not at
// their end are listed.
func slackAxes(c *cases.Case) []axis {
	var active []axis
	for _, f := range cases.Fields() {
		if f.Simple.Slack && f.AppliesTo(c) && f.Int(c) > f.Simple.Least {
			active = append(active, axis{f.Simple.Least, f.Int, f.SetInt})
		}
	}
	return active
}

// field is the axis of one integer field.
func field(least int, at func(*cases.Case) *int) axis {
	return axis{least, func(c *cases.Case) int { return *at(c) }, func(c *cases.Case, v int) { *at(c) = v }}
}

// sameDelta is the axis of two numbers whose difference stays: the smaller of them moves, the other follows.
func sameDelta(a, b axis) axis {
	smaller := func(c *cases.Case) int { return min(a.get(c), b.get(c)) }
	return axis{1, smaller, func(c *cases.Case, v int) {
		delta := smaller(c) - v
		x, y := a.get(c)-delta, b.get(c)-delta
		a.set(c, x)
		b.set(c, y)
	}}
}

// pairAxes are all pairs of dimensions that are not at their smallest, for failures that hold only while two of
// them move together.
func pairAxes(c *cases.Case) []axis {
	var open, pairs []axis
	for _, a := range []axis{
		field(1, func(c *cases.Case) *int { return &c.Batch }),
		{1, func(c *cases.Case) int { return c.KVHeads }, func(c *cases.Case, v int) { c.Heads, c.KVHeads = v*c.Group(), v }},
		qLen, kvLen, headDim,
	} {
		if a.get(c) > a.min {
			open = append(open, a)
		}
	}
	for i, a := range open {
		for _, b := range open[i+1:] {
			pairs = append(pairs, sameDelta(a, b))
		}
	}
	return pairs
}
