package cases

import (
	"math"

	"attest.example/attest/harness/internal/precision"
)

// MaskKind is what forbids keys.
type MaskKind string

// The kinds. None is written as absence.
const (
	NoMask       MaskKind = "none"
	CausalMask   MaskKind = "causal"   // key j is allowed iff j <= i + offset
	WindowMask   MaskKind = "window"   // allowed iff i+offset-left <= j <= i+offset+right
	BoolMask     MaskKind = "bool"     // an array of bytes: non-zero means attend
	AdditiveMask MaskKind = "additive" // an array of numbers added after the scale
)

// Align is where the diagonal of a causal or window mask lies when q_len and kv_len differ.
type Align string

// The alignments: row 0 with key 0 (offset 0; ONNX, the mfa ABI), or the last row with the last key
// (offset kv_len - q_len; MLX, flash-attention).
const (
	TopLeft     Align = "top-left"
	BottomRight Align = "bottom-right"
)

// Fill is how the entries of a mask array are drawn.
type Fill string

// The fills.
const (
	RandomFill  Fill = "random"  // every entry by itself, allowed with probability density; additive entries normal*2
	PaddingFill Fill = "padding" // keys from a length on are forbidden, as for padded batches
	OpenFill    Fill = "open"    // everything allowed; additive entries 0
	AlibiFill   Fill = "alibi"   // additive only: -slope(head)*|i-j|, nothing forbidden
)

// Floor is what an additive mask holds where it forbids. Libraries write a large negative number there as often as
// -Inf, which is another thing: the key takes part with what weight is left to it, and in a row that holds nothing else
// every key has its ordinary weight again.
type Floor string

// The floors. The numbers are rounded to the mask's format, which must hold them.
const (
	NoFloor       Floor = "-inf"   // default: the key is left out
	LowestFloor   Floor = "lowest" // the format's most negative number
	TenThousand   Floor = "-1e4"
	LowestOfFP16  Floor = "-65504"
	BillionsFloor Floor = "-1e9"
)

// Floors lists every floor.
func Floors() []Floor { return []Floor{NoFloor, LowestFloor, TenThousand, LowestOfFP16, BillionsFloor} }

// Value is the number that a floor stands for in a format.
func (f Floor) Value(format precision.Format) float64 {
	switch f {
	case LowestFloor:
		return -format.Max()
	case TenThousand:
		return -1e4
	case LowestOfFP16:
		return -65504
	case BillionsFloor:
		return -1e9
	}
	return math.Inf(-1)
}

// Mask is the mask of a case. Fields that do not apply to its kind must be zero.
type Mask struct {
	Kind MaskKind `json:"kind,omitzero"`

	// Align applies to causal and window. On a bool or additive mask it asks for a causal mask on top, or is where the
	// window on top starts from.
	Align Align `json:"align,omitzero"`

	// Window puts a window on top of a bool or additive mask.
	Window bool `json:"window,omitzero"`

	// Left and Right bound a window, in keys; -1 is no bound.
	Left  int `json:"left,omitzero"`
	Right int `json:"right,omitzero"`

	// The rest applies to the arrays.

	Format precision.Format `json:"format,omitzero"` // additive: of the entries
	// Shape names the dimensions the array really has among batch, heads, q and kv, in the letters b, h, q, k, with
	// 1 where it broadcasts: "bhqk" (default), "11qk", "b1qk", "b11k", "111k", "1h1k", "bhq1", "1111".
	Shape     string `json:"shape,omitzero"`
	Fill      Fill   `json:"fill,omitzero"`       // default: random
	Density   int    `json:"density,omitzero"`    // percent of allowed entries of a random fill; default 70
	EmptyRows int    `json:"empty_rows,omitzero"` // n: rows n-1, 2n-1, ... see no key at all
	EmptyLead int    `json:"empty_lead,omitzero"` // the first so many keys are forbidden to every row
	Floor     Floor  `json:"floor,omitzero"`      // additive: what an entry that forbids holds; default -inf
	PlusInf   bool   `json:"plus_inf,omitzero"`   // additive: about one entry in 97 is +Inf
	Pad       int    `json:"pad,omitzero"`        // slack elements after each row of the array
	Offset    int    `json:"offset,omitzero"`     // elements before the array: an unaligned pointer

	// Strides are given instead of pad: of the array's own batch, head, row and key, in entries. They say nothing of a
	// dimension that broadcasts.
	Strides Strides `json:"strides,omitzero"`
}

// IsArray reports whether the mask is stored in memory.
func (m *Mask) IsArray() bool { return m.Kind == BoolMask || m.Kind == AdditiveMask }

// LeavesOut reports whether a mask in memory can leave a key out, and not only add a low number to its score.
func (m *Mask) LeavesOut() bool {
	return m.IsArray() && math.IsInf(m.Floor.Value(m.Format), -1)
}

// IsCausal reports whether the mask has a causal part.
func (m *Mask) IsCausal() bool {
	return m.Kind == CausalMask || m.IsArray() && m.Align != "" && !m.Window
}

// IsWindow reports whether the mask has a window.
func (m *Mask) IsWindow() bool { return m.Kind == WindowMask || m.Window }

// Diagonal is the key at which the first query row of a batch entry stands, where a causal mask or window asks for one.
func (c *Case) Diagonal(batch int) int {
	if c.Mask.Align == BottomRight {
		return c.KVLen - c.QLen
	}
	return c.KVOffset
}

// Span returns the keys [first, last) that lengths and the causal or window part allow to a row of a batch entry. Empty:
// first == last.
func (c *Case) Span(batch, row int) (first, last int) {
	if c.Ragged() {
		return c.spanIn(c.Entries(batch), row)
	}
	return c.spanOf(row+c.Diagonal(batch), 0, c.KVLen)
}

// spanIn is Span among entries.
func (c *Case) spanIn(entries []Entry, row int) (first, last int) {
	e, ok := entryOf(entries, row)
	if !ok {
		return 0, 0
	}
	return c.spanOf(c.placeIn(e, row), e.KVBegin, e.KVEnd)
}

// spanOf is what a row sees that stands at a key, of the keys from low to high.
func (c *Case) spanOf(diagonal, low, high int) (first, last int) {
	m := &c.Mask
	first, last = low, high
	switch {
	case m.IsCausal():
		last = diagonal + 1
	case m.IsWindow():
		if m.Left >= 0 {
			first = diagonal - m.Left
		}
		if m.Right >= 0 {
			last = diagonal + m.Right + 1
		}
	}
	first = max(first, low)
	last = min(last, high)
	if last <= first {
		return 0, 0
	}
	return first, last
}
