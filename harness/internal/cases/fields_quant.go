package cases

const quantUnknown = "quant: k and v are not quantised"

// quantFits refuses what a format has no room for.
func quantFits(name, operand string) func(*Case) error {
	return func(c *Case) error {
		format, o := c.Quant.Of(operand), c.Layout.Operand(operand)
		if !format.packed() {
			return nil
		}
		if o.Transpose || o.Strides.Given() && o.Strides[3] != 1 {
			return wrong(name, string(format), "none or int8 where columns of %s are apart: bytes of a row hold several", operand)
		}
		if !format.blocked() {
			return nil
		}
		if n := c.columnsOf(operand); n%QuantBlock != 0 {
			return wrong(name, string(format), "none, int8 or int4 with %d columns of %s: blocks have %d", n, operand, QuantBlock)
		}
		even := o.Pad%2 == 0 && o.Offset%2 == 0
		for _, n := range o.Strides[:3] {
			even = even && n%2 == 0
		}
		if !even {
			return wrong(name, string(format), "none, int8 or int4 where a pad, an offset or a stride of %s is odd: each block begins with 2 bytes of a scale", operand)
		}
		return nil
	}
}

// quantFormatField is the row of how k or v is quantised.
func quantFormatField(operand string, at func(*Case) *QuantFormat, regions ...Region) Field {
	name := "quant." + operand
	clear := func(c *Case) {
		if !c.Quant.Any() {
			return
		}
		*at(c) = ""
		c.fitQuant()
		for _, operand := range []string{"k", "v"} { // those of bytes are too small for elements
			c.Layout.Operand(operand).Strides = Strides{}
		}
	}
	f := wordField(name, "how "+operand+" is quantised", at, isFirst, quantFormats, []QuantFormat{"", Int8, Int4, Q8_0}).
		otherwise("none").
		then(quantFits(name, operand)).
		plain(clear, func(c *Case) { clear(c); c.Quant = Quant{} }).
		graded(func(c *Case) []func(*Case) {
			if *at(c) == "" {
				return nil
			}
			return edits(func(c *Case) { *at(c) = Int8; c.fitQuant() }, func(c *Case) { *at(c) = Int4; c.fitQuant() })(c)
		}).
		refused(quantUnknown).drawn(func(Dice, *Case) {}, regions...)
	f.set = quantSet(f.set)
	f.Impose = func(d Dice, c *Case) { *at(c) = quantFormats[d.Intn(len(quantFormats))]; formatOf(at(c)); c.fitQuant() }
	return f
}

// quantFields are the rows of how k and v are quantised.
func quantFields() []Field {
	k := quantFormatField("k", func(c *Case) *QuantFormat { return &c.Quant.K },
		Region{Name: "quant-k", Summary: "k of small integers", Holds: func(c *Case) bool { return c.Quant.K != "" }},
		Region{Name: "quant-differs", Summary: "k and v quantised in two ways", Holds: func(c *Case) bool {
			return c.Quant.K != "" && c.Quant.V != "" && c.Quant.K != c.Quant.V
		}},
		Region{Name: "quant-paged", Summary: "quantised k and v in pages", Holds: func(c *Case) bool {
			return c.Quant.K != "" && c.Quant.V != "" && c.pagesEach() > 1
		}},
		Region{Name: "quant-decode", Summary: "a few queries over a quantised cache, grouped heads", Holds: func(c *Case) bool {
			return c.Quant.K != "" && c.Quant.V != "" && c.QLen <= 8 && c.KVHeads < c.Heads && c.KVLen > c.QLen
		}}).
		told(func(c *Case) string { return c.Quant.words() })
	k.Draw = drawQuant
	v := quantFormatField("v", func(c *Case) *QuantFormat { return &c.Quant.V },
		Region{Name: "quant-v", Summary: "v of small integers", Holds: func(c *Case) bool { return c.Quant.V != "" }},
		Region{Name: "quant-int4-heads", Bugs: []int{10}, Summary: "int4, two to a byte, several kv heads", Holds: func(c *Case) bool {
			return (c.Quant.K == Int4 || c.Quant.V == Int4) && c.KVHeads > 1
		}},
		Region{Name: "quant-int4-odd", Summary: "int4 with an odd head_dim: the last byte of a row has one column", Holds: func(c *Case) bool {
			return (c.Quant.K == Int4 || c.Quant.V == Int4) && c.HeadDim%2 == 1
		}},
		Region{Name: "quant-q8_0", Summary: "ggml's blocks of int8, several to a row", Holds: func(c *Case) bool {
			return (c.Quant.K == Q8_0 || c.Quant.V == Q8_0) && c.HeadDim > QuantBlock
		}},
		Region{Name: "quant-q4_0", Summary: "ggml's blocks of 4 bits, several to a row", Holds: func(c *Case) bool {
			return (c.Quant.K == Q4_0 || c.Quant.V == Q4_0) && c.HeadDim > QuantBlock
		}})
	scaled := func(c *Case) bool { return c.Quant.scaled() }
	spans := wordField("quant.scales", "which elements share a scale", func(c *Case) *ScaleSpan { return &c.Quant.Scales }, isFirst,
		scaleSpans, []ScaleSpan{"", BlockScales}).
		only("int8 and int4", scaled).otherwise("row").
		plain(func(c *Case) { c.Quant.Scales = "" }).
		refused(quantUnknown).drawn(func(Dice, *Case) {},
		Region{Name: "quant-scales-of-rows", Summary: "a scale for each key", Holds: func(c *Case) bool { return scaled(c) && c.Quant.Scales == "" && c.KVLen > 1 }},
		Region{Name: "quant-scales-of-blocks", Summary: "a scale for each of several blocks of 32 columns, the last one short", Holds: func(c *Case) bool {
			return scaled(c) && c.Quant.Scales == BlockScales && c.HeadDim > QuantBlock && c.HeadDim%QuantBlock != 0
		}},
		Region{Name: "quant-scales-of-heads", Summary: "a scale for each of several kv heads", Holds: func(c *Case) bool {
			return scaled(c) && c.Quant.Scales == HeadScales && c.KVHeads > 1
		}})
	spans.Impose = func(d Dice, c *Case) { c.Quant.Scales = []ScaleSpan{"", BlockScales, HeadScales}[d.Intn(3)] }
	zeros := flagField("quant.zero_points", "an integer is subtracted before the scale", func(c *Case) *bool { return &c.Quant.ZeroPoints }).
		only("int8 and int4", scaled).refused(quantUnknown).drawn(func(Dice, *Case) {},
		Region{Name: "quant-zero-points", Summary: "zero points", Holds: func(c *Case) bool { return c.Quant.ZeroPoints }},
		Region{Name: "quant-zero-points-at-ends", Summary: "zero points at both ends", Holds: func(c *Case) bool {
			return c.Quant.ZeroPoints && c.Quant.Fill == EndScales
		}})
	zeros.Impose = func(_ Dice, c *Case) { c.Quant.ZeroPoints = !c.Quant.ZeroPoints }
	fill := wordField("quant.fill", "how scales come about", func(c *Case) *QuantFill { return &c.Quant.Fill }, isFirst,
		quantFills, []QuantFill{"", ScalesApart, EndScales}).
		only("quantised k or v", func(c *Case) bool { return c.Quant.Any() }).otherwise("fitted").
		plain(func(c *Case) { c.Quant.Fill = "" }).
		graded(func(c *Case) []func(*Case) {
			if c.Quant.Fill == "" {
				return nil
			}
			return edits(func(c *Case) { c.Quant.Fill = ScalesApart })(c)
		}).
		refused(quantUnknown).drawn(func(Dice, *Case) {},
		Region{Name: "quant-ends", Summary: "integers at both ends, -128 and 127 or -8 and 7", Holds: func(c *Case) bool { return c.Quant.Fill == EndScales }},
		Region{Name: "quant-scales-apart", Summary: "neighbours whose scales differ", Holds: func(c *Case) bool { return c.Quant.Fill == ScalesApart }},
		Region{Name: "quant-scale-zero", Summary: "scales of 0", Holds: func(c *Case) bool { return c.Quant.Fill == SomeZeroScales }},
		Region{Name: "quant-scale-subnormal", Summary: "subnormal scales", Holds: func(c *Case) bool { return c.Quant.Fill == SubnormalScales }})
	fill.Impose = func(d Dice, c *Case) { c.Quant.Fill = quantFills[d.Intn(len(quantFills))]; fillOf(&c.Quant.Fill) }
	list := []Field{k, v, spans, zeros, fill}
	for i := range list[2:] {
		f := &list[2+i]
		set := f.set
		f.set = quantSet(func(c *Case, text string) error {
			if !c.Quant.Any() || f.Name != "quant.fill" && !c.Quant.scaled() {
				c.Quant.K, c.Quant.V = Int8, Int8
			}
			return set(c, text)
		})
	}
	return list
}

// quantSet makes room for what a filter sets.
func quantSet(set func(*Case, string) error) func(*Case, string) error {
	return func(c *Case, text string) error {
		err := set(c, text)
		formatOf(&c.Quant.K)
		formatOf(&c.Quant.V)
		c.fitQuant()
		return err
	}
}

func formatOf(f *QuantFormat) {
	if *f == NotQuantised {
		*f = ""
	}
}

func fillOf(f *QuantFill) {
	if *f == FittedScales {
		*f = ""
	}
}

// drawQuant quantises a few cases.
func drawQuant(d Dice, c *Case) {
	if d.Intn(100) < 6 {
		AnyQuant(d, c)
	}
}

// AnyQuant draws how k and v are quantised: both alike, as a rule.
func AnyQuant(d Dice, c *Case) {
	some := []QuantFormat{Int8, Int4}
	if c.HeadDim%QuantBlock == 0 && c.VDim()%QuantBlock == 0 {
		some = append(some, Q8_0, Q4_0)
	}
	q := Quant{K: some[d.Intn(len(some))]}
	q.V = q.K
	switch d.Intn(4) {
	case 0:
		q.V = some[d.Intn(len(some))]
	case 1:
		if d.Intn(2) == 0 {
			q.K = ""
		} else {
			q.V = ""
		}
	}
	if q.scaled() {
		q.Scales = []ScaleSpan{"", BlockScales, HeadScales}[d.Intn(3)]
		q.ZeroPoints = d.Intn(2) == 0
	}
	q.Fill = []QuantFill{"", "", "", ScalesApart, ScalesApart, EndScales, SomeZeroScales, SubnormalScales}[d.Intn(8)]
	c.Quant = q
	c.fitQuant()
}
