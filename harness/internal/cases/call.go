package cases

import "fmt"

// Call is how a case is called, beside what it computes: bugs of caches, handles and descriptors show in no single
// call that is made once, with everything given. What a path has no way to do it refuses.
type Call struct {
	// Repeat is how many times the same call is made before the one that is judged: with the same buffers and, where a
	// path has such a thing, the same descriptor. Every one of them is judged.
	Repeat int `json:"repeat,omitzero"`
	// Refill lets those calls find other contents in the buffers.
	Refill bool `json:"refill,omitzero"`
	// Dispatches is how many times the kernel runs in one call; 0: once.
	Dispatches int `json:"dispatches,omitzero"`
	// Handles is how many handles of buffers are made and destroyed before the call, some alive at once, and with every
	// 32nd a context.
	Handles int `json:"handles,omitzero"`
	// Bare leaves out every pointer and every dimension that a caller may leave out.
	Bare bool `json:"bare,omitzero"`
	// Fused puts q, k and v into one buffer, one behind the other: one handle at three offsets, as where a model cuts them
	// from one projection. Each lies there as its layout says.
	Fused bool `json:"fused,omitzero"`
}

// NeedsHandles reports whether the case asks for what only an interface with handles and descriptors has: all but calls
// that are made again.
func (c Call) NeedsHandles() bool { return c.Dispatches > 0 || c.Handles > 0 || c.Bare || c.Fused }

// Limits of a call.
const (
	MaxRepeat     = 8
	MaxDispatches = 64
	MaxHandles    = 1 << 12
)

// callFields are the rows of how a case is called.
func callFields() []Field {
	count := func(name, help, region, words string, most int, at func(*Case) *int) Field {
		return integerField(name, help, 0, most, at).slack(at).in(region).otherwise("0").
			told(func(c *Case) string {
				if *at(c) == 0 {
					return ""
				}
				return fmt.Sprintf(", %d %s", *at(c), words)
			})
	}
	return []Field{
		count("call.repeat", "the same call, in the same buffers, so many times before", "call-again", "such calls before", MaxRepeat,
			func(c *Case) *int { return &c.Call.Repeat }),
		flagField("call.refill", "the calls before find other contents in the buffers", func(c *Case) *bool { return &c.Call.Refill }).
			in("call-refilled").only("call.repeat of 1 and more", func(c *Case) bool { return c.Call.Repeat > 0 }).
			told(func(c *Case) string {
				if !c.Call.Refill {
					return ""
				}
				return " with other contents"
			}),
		count("call.dispatches", "how many times the kernel runs in one call; 0: once", "call-dispatches", "dispatches", MaxDispatches,
			func(c *Case) *int { return &c.Call.Dispatches }),
		count("call.handles", "handles made and destroyed before the call", "call-handles", "handles made and destroyed before", MaxHandles,
			func(c *Case) *int { return &c.Call.Handles }),
		flagField("call.bare", "optional pointers and dimensions are left out", func(c *Case) *bool { return &c.Call.Bare }).
			in("call-bare").
			told(func(c *Case) string {
				if !c.Call.Bare {
					return ""
				}
				return ", nothing optional given"
			}),
		flagField("call.fused", "q, k and v are one buffer at three offsets", func(c *Case) *bool { return &c.Call.Fused }).
			told(func(c *Case) string {
				if !c.Call.Fused {
					return ""
				}
				return ", q, k and v in one buffer"
			}).
			refused("call.fused: q, k and v are three buffers").drawn(func(Dice, *Case) {},
			Region{Name: "call-fused", Summary: "q, k and v in one buffer, at three offsets", Holds: func(c *Case) bool { return c.Call.Fused && c.KVLen > 0 }}),
	}
}

// MostFused bounds the bytes of q, k and v that are put into one buffer: they are copied there.
const MostFused = 64 << 20

// FusedBytes is how large q, k and v are together, each from its own 16 bytes on, with what lies before and between elements.
func (c *Case) FusedBytes() int {
	t, err := Layouts(*c)
	if err != nil {
		return 0
	}
	n := 0
	for _, x := range []*Tensor{&t.Q, &t.K, &t.V} {
		n += (x.Elements*x.Size() + 15) / 16 * 16
	}
	return n
}

// Refill puts the contents of c into tensors that were made for a case of the same shape, where they lie. Outputs are
// poisoned.
func (c *Case) Refill(t *Tensors) {
	t.Blank()
	c.fill(t)
}
