package cases

import (
	"fmt"

	"github.com/go-json-experiment/json"
)

// A batch, a q_len and a kv_len of 0 are cases, as servers have them: a batch that is empty for once, a request without new
// tokens, a cache that holds nothing yet. Without a batch or a row there is no output, and nothing is written. Without a key
// there are outputs, and each must be written: zeros, and a logsumexp of -Inf or the head's sink.
//
// heads and head_dim are 1 at least. A model has that many when it is made, no input changes them. Without heads nothing
// could come out that an empty batch does not show. Without columns a score is an empty sum times 1/sqrt(0): 0 times
// infinity, which no library defines.

// Empty reports whether the case has an extent of 0: its product of q and k has no element.
func (c *Case) Empty() bool { return c.Batch == 0 || c.QLen == 0 || c.KVLen == 0 }

// Outputs is how many elements the output has.
func (c *Case) Outputs() int { return c.Batch * c.Heads * c.QLen * c.VDim() }

// atLeastOne is a shape with 1 for each extent of 0: what strides and sizes are made from, so that an empty tensor has the
// strides that it would have with one element, and loops over its other extents are counted.
func atLeastOne(shape [4]int) [4]int {
	for i, n := range shape {
		shape[i] = max(n, 1)
	}
	return shape
}

// isEmpty reports whether a tensor of the shape has no element.
func isEmpty(shape [4]int) bool {
	return shape[0] == 0 || shape[1] == 0 || shape[2] == 0 || shape[3] == 0
}

// extent makes a size one that may be 0, where the regions lie. To the reducer 0 is no simpler than 1, but the other way
// round: an empty case fails for reasons of its own, or not at all.
func (f Field) extent(regions ...Region) Field {
	f.Regions = append(f.Regions, regions...)
	f.Simple.Least = 1
	f.Simple.Plain = []func(*Case){func(c *Case) {
		if f.integer(c) == 0 {
			f.setInt(c, 1)
		}
	}}
	f.Simple.Rank = func(c *Case) []float64 {
		n := f.integer(c)
		return []float64{truth(n == 0), float64(n)}
	}
	return f
}

// hasExtents refuses a file that leaves out a size that may be 0: nobody means an empty case by a line that is missing.
func (c *Case) hasExtents(text []byte) error {
	type extents struct {
		Batch *int `json:"batch"`
		QLen  *int `json:"q_len"`
		KVLen *int `json:"kv_len"`
	}
	var read struct {
		extents
		After []extents `json:"after"`
	}
	none := c.Empty()
	for i := range c.After {
		none = none || c.After[i].Empty()
	}
	if !none {
		return nil
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return err // it has been read before
	}
	for i, e := range append([]extents{read.extents}, read.After...) {
		for _, f := range []struct {
			name string
			n    *int
		}{{"batch", e.Batch}, {"q_len", e.QLen}, {"kv_len", e.KVLen}} {
			name := f.name
			if i > 0 {
				name = fmt.Sprintf("after[%d].%s", i-1, name)
			}
			if f.n == nil {
				return wrong(name, "missing", "%s", FieldNamed(f.name).Accepts())
			}
		}
	}
	return nil
}

// The places where an extent is 0. Nothing else that a case has is counted there: an empty case lies in no other region.
var (
	noBatch = Region{Empty: true, Name: "no-batch", Bugs: []int{90}, Summary: "a batch of 0: nothing to compute, nothing to write",
		Holds: func(c *Case) bool { return c.Batch == 0 }}
	noRows = Region{Empty: true, Name: "no-rows", Bugs: []int{90}, Summary: "q_len 0: nothing to write",
		Holds: func(c *Case) bool { return c.Batch > 0 && c.QLen == 0 }}
	noKeys = []Region{
		{Empty: true, Name: "no-keys", Bugs: []int{90}, Summary: "kv_len 0: every row is to be written, with zeros",
			Holds: func(c *Case) bool { return c.KVLen == 0 && c.Outputs() > 0 }},
		{Empty: true, Name: "no-keys-logsumexp", Bugs: []int{84, 90}, Summary: "kv_len 0 with the logsumexp: -Inf, or the sink",
			Holds: func(c *Case) bool { return c.KVLen == 0 && c.Outputs() > 0 && c.LSE }},
	}
)
