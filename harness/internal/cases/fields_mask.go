package cases

import (
	"fmt"
	"math"
	"slices"

	"attest.example/attest/harness/internal/precision"
)

// maskShapes are the broadcast shapes that attention libraries accept.
var maskShapes = []string{"bhqk", "11qk", "b1qk", "1hqk", "bh1k", "b11k", "1h1k", "111k", "bhq1", "11q1", "1111", "b111", "bh11"}

// The values of enumerated fields of a mask, the simplest first.
var (
	simpleKinds  = []MaskKind{"", CausalMask, WindowMask, BoolMask, AdditiveMask}
	simpleAligns = []Align{"", TopLeft, BottomRight}
	simpleShapes = []string{"", "111k", "11q1", "11qk", "b11k", "1h1k", "bh1k", "bhq1", "b1qk", "1hqk", "bhqk",
		"1111", "b111", "bh11"}
	simpleFloors = []Floor{"", TenThousand, LowestOfFP16, BillionsFloor, LowestFloor}
	simpleFills  = []Fill{"", OpenFill, RandomFill, PaddingFill, AlibiFill}
)

func isMasked(c *Case) bool { return c.Mask.Kind != "" }
func hidesSlots(c *Case) bool {
	return (c.Mask.Kind != "" || c.Ragged()) && c.Batch > 0 && c.KVLen > 0
}
func isWindow(c *Case) bool   { return c.Mask.IsWindow() }
func isArray(c *Case) bool    { return c.Mask.IsArray() }
func isAdditive(c *Case) bool { return c.Mask.Kind == AdditiveMask }
func hasRandom(c *Case) bool {
	return c.Mask.IsArray() && (c.Mask.Fill == RandomFill || c.Mask.Fill == "")
}
func hasMaskRows(c *Case) bool { return c.Mask.Shape[2] == 'q' }
func hasMaskKeys(c *Case) bool { return c.Mask.Shape[3] == 'k' }

const arrays = "kinds bool and additive"

// maskFields are the rows of the mask. The kind describes all of them.
func maskFields() []Field { return slices.Concat(bandFields(), arrayFields()) }

// bandFields are the kind, and where the diagonal and the window lie.
func bandFields() []Field {
	return []Field{
		wordField("mask.kind", "what forbids keys", func(c *Case) *MaskKind { return &c.Mask.Kind }, isFirst,
			[]MaskKind{NoMask, CausalMask, WindowMask, BoolMask, AdditiveMask}, simpleKinds).
			in("bool-mask").otherwise("none").
			told(func(c *Case) string { return ", " + c.Mask.words() }).
			plain(func(c *Case) { c.Mask = Mask{} }).
			graded(edits(
				onMask(func(m *Mask) { m.become(CausalMask); m.realign(TopLeft) }),
				onMask(func(m *Mask) { m.become(CausalMask) }),
				onMask(func(m *Mask) { m.become(BoolMask) }))),
		wordField("mask.align", "where the diagonal lies; on an array: a causal mask on top",
			func(c *Case) *Align { return &c.Mask.Align }, mayBe, []Align{TopLeft, BottomRight}, simpleAligns).
			in("causal-bottom-right").otherwise("top-left").
			only("a mask", isMasked).
			then(func(c *Case) error {
				if c.Mask.Kind == CausalMask || c.Mask.IsWindow() {
					orDefault(&c.Mask.Align, TopLeft)
				}
				return nil
			}).
			plain(onMask(func(m *Mask) { m.realign(TopLeft) }), onMask(func(m *Mask) {
				if m.IsArray() && !m.Window {
					m.Align = ""
				}
			})),
		flagField("mask.window", "a window on top of an array", func(c *Case) *bool { return &c.Mask.Window }).
			in("window").
			only(arrays, isArray).
			alone(onMask(func(m *Mask) {
				if m.Window {
					m.Window, m.Left, m.Right, m.Align = false, 0, 0, ""
				}
			})).
			graded(edits(onMask(func(m *Mask) { // a causal mask on top is simpler than a window
				if m.Window {
					m.Window, m.Left, m.Right = false, 0, 0
				}
			}))),
		windowSide("mask.left", "keys before the diagonal; -1: no bound", func(c *Case) *int { return &c.Mask.Left }),
		windowSide("mask.right", "keys after the diagonal; -1: no bound", func(c *Case) *int { return &c.Mask.Right }),
	}
}

// arrayFields are what an array has, and what hides further rows and keys.
func arrayFields() []Field {
	return []Field{
		formatField("mask.format", "format of an additive mask", func(c *Case) *precision.Format { return &c.Mask.Format }, mayBe).
			in("mask-fp16-inf").otherwise("fp32").
			only("kind additive", isAdditive).
			first(func(c *Case) { orDefault(&c.Mask.Format, precision.FP32) }).
			plain(onMask(func(m *Mask) {
				if m.Kind == AdditiveMask {
					m.Format = precision.FP32
				}
			})).
			graded(edits(onMask(func(m *Mask) {
				if m.Kind == AdditiveMask {
					m.Format = precision.FP16
				}
			}))),
		wordField("mask.shape", "dimensions that an array has", func(c *Case) *string { return &c.Mask.Shape }, mayBe,
			maskShapes, simpleShapes).
			in("mask-broadcast").otherwise("bhqk").
			only(arrays, isArray).
			first(func(c *Case) { orDefault(&c.Mask.Shape, "bhqk") }).
			graded(func(c *Case) (list []func(*Case)) {
				if !isArray(c) {
					return nil
				}
				for _, shape := range simpleShapes[1:] {
					list = append(list, onMask(func(m *Mask) { m.reshape(shape) }))
				}
				return list
			}),
		wordField("mask.fill", "how the entries are drawn", func(c *Case) *Fill { return &c.Mask.Fill }, mayBe,
			[]Fill{RandomFill, PaddingFill, OpenFill, AlibiFill}, simpleFills).
			in("padding").otherwise("random").
			only(arrays, isArray).
			then(checkFill).
			graded(edits(
				onMask(func(m *Mask) { m.refill(OpenFill) }),
				onMask(func(m *Mask) { m.refill(RandomFill) }))),
		integerField("mask.density", "percent of allowed entries of a random fill", 1, 100, func(c *Case) *int { return &c.Mask.Density }).
			in("mask-sparse").usual(100).otherwise("70").
			only("a random fill", hasRandom).
			first(func(c *Case) { orDefault(&c.Mask.Density, defaultDensity) }).
			ranked(func(c *Case) []float64 { return []float64{densityRank(&c.Mask), float64(c.Mask.Density)} }).
			plain(onMask(func(m *Mask) { m.rarefy(defaultDensity) })).
			graded(func(c *Case) (list []func(*Case)) {
				if !isArray(c) {
					return nil
				}
				for _, density := range []int{80, 50, 90, 100, 1} {
					list = append(list, onMask(func(m *Mask) { m.rarefy(density) }))
				}
				return list
			}),
		maskSlack("mask.empty_rows", "n: rows n-1, 2n-1, ... see no key", MaxLen, func(c *Case) *int { return &c.Mask.EmptyRows }).
			in("empty-rows").
			then(func(c *Case) error {
				if c.Mask.EmptyRows != 0 && !hasMaskRows(c) {
					return wrong("mask.empty_rows", c.Mask.EmptyRows, "0 with shape %s, which broadcasts over rows", c.Mask.Shape)
				}
				return nil
			}),
		maskSlack("mask.empty_lead", "leading keys that no row sees", MaxLen, func(c *Case) *int { return &c.Mask.EmptyLead }).
			in("mask-first-block").
			then(func(c *Case) error {
				if c.Mask.EmptyLead != 0 && !hasMaskKeys(c) {
					return wrong("mask.shape", fmt.Sprintf("%q", c.Mask.Shape), "one with k: empty_lead depends on the key")
				}
				return inRange("mask.empty_lead", c.Mask.EmptyLead, 0, c.KVLen)
			}),
		wordField("mask.floor", "what an additive mask holds where it forbids", func(c *Case) *Floor { return &c.Mask.Floor },
			isFirst, Floors(), simpleFloors).
			in("additive-mask").otherwise("-inf").
			only("kind additive", isAdditive).
			then(func(c *Case) error {
				m := &c.Mask
				if m.Floor != "" && math.IsInf(m.Format.Round(m.Floor.Value(m.Format)), 0) {
					return wrong("mask.floor", fmt.Sprintf("%q", m.Floor), "a number that %s holds: -inf, lowest, -1e4 or -65504", m.Format)
				}
				return nil
			}).
			plain(func(c *Case) { c.Mask.Floor = "" }).
			graded(func(c *Case) (list []func(*Case)) {
				if c.Mask.Floor == "" {
					return nil
				}
				for _, floor := range simpleFloors[1:] {
					list = append(list, onMask(func(m *Mask) {
						if m.Kind == AdditiveMask {
							m.Floor = floor
						}
					}))
				}
				return list
			}),
		flagField("mask.plus_inf", "about one entry in 97 is +Inf", func(c *Case) *bool { return &c.Mask.PlusInf }).
			in("mask-plus-inf").
			only("kind additive", isAdditive),
		maskSlack("mask.pad", "slack elements after each row of the array", MaxPad, func(c *Case) *int { return &c.Mask.Pad }).
			in("strided-with-mask"),
		maskSlack("mask.offset", "elements before the array", MaxPad, func(c *Case) *int { return &c.Mask.Offset }).
			in("mask-unaligned"),
		slopes(),
		kvOffset(),
		stridesField("mask.strides", "strides of the array's batch, head, row and key, instead of pad",
			func(c *Case) *Strides { return &c.Mask.Strides }, true, (*Case).maskDims,
			func(c *Case) [4]int { return c.maskLayoutOf(Strides{}).Strides },
			func(c *Case) bool { return c.Mask.Pad != 0 }, func(c *Case) { c.Mask.Pad = 0 }).
			first(func(c *Case) {
				for i, letter := range c.Mask.Shape {
					if letter == '1' {
						c.Mask.Strides[i] = 0
					}
				}
			}).
			only(arrays, isArray).in("strides-mask").strided("mask").
			opened(Opening{Array: true, Make: func(_ Dice, c *Case) { c.Mask.Pad = 0 }}),
	}
}

func windowSide(name, help string, at func(*Case) *int) Field {
	f := integerField(name, help, -1, MaxLen, at).in("window").only("kind window and an array with window", isWindow)
	f.Simple.Slack = true
	return f
}

func maskSlack(name, help string, high int, at func(*Case) *int) Field {
	return integerField(name, help, 0, high, at).only(arrays, isArray).slack(at)
}

func checkFill(c *Case) error {
	m := &c.Mask
	orDefault(&m.Fill, RandomFill)
	if m.Fill == AlibiFill && m.Kind != AdditiveMask {
		return oneOf("mask.fill", m.Fill, RandomFill, PaddingFill, OpenFill)
	}
	if m.Fill == AlibiFill && !(hasMaskRows(c) && hasMaskKeys(c)) {
		return wrong("mask.fill", fmt.Sprintf("%q", m.Fill), "another fill: alibi depends on row and key, shape %s has not both", m.Shape)
	}
	if m.Fill == PaddingFill && !hasMaskKeys(c) {
		return wrong("mask.shape", fmt.Sprintf("%q", m.Shape), "one with k: a padding fill depends on the key")
	}
	return nil
}

const defaultDensity = 70

// densityRank is 0 for the default, then grows with the distance from it.
func densityRank(m *Mask) float64 {
	if m.Density == 0 || m.Density == defaultDensity {
		return 0
	}
	return 1 + max(float64(m.Density-defaultDensity), float64(defaultDensity-m.Density))
}

func onMask(f func(*Mask)) func(*Case) { return func(c *Case) { f(&c.Mask) } }

// become changes the kind of a mask and drops what has no use under the new one.
func (m *Mask) become(kind MaskKind) {
	if m.Kind == "" {
		return
	}
	old := *m
	switch kind {
	case CausalMask:
		*m = Mask{Kind: kind, Align: old.Align}
	case BoolMask:
		if !old.IsArray() {
			return
		}
		m.Kind, m.Format, m.PlusInf, m.Floor = kind, 0, false, ""
		if m.Fill == AlibiFill {
			m.Fill = OpenFill
		}
	}
}

func (m *Mask) realign(align Align) {
	if m.Align != "" {
		m.Align = align
	}
}

func (m *Mask) refill(fill Fill) {
	if m.IsArray() {
		m.Fill, m.Density = fill, 0
	}
}

func (m *Mask) rarefy(density int) {
	if m.Fill == RandomFill {
		m.Density = density
	}
}

// reshape changes the dimensions of a mask array and drops what depends on one that went away.
func (m *Mask) reshape(shape string) {
	if !m.IsArray() {
		return
	}
	m.Shape = shape
	rows, keys := shape[2] == 'q', shape[3] == 'k'
	if !rows {
		m.EmptyRows = 0
	}
	if !keys {
		m.EmptyLead = 0
	}
	if m.Fill == PaddingFill && !keys || m.Fill == AlibiFill && !(rows && keys) {
		m.refill(OpenFill)
	}
}
