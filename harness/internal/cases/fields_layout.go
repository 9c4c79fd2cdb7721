package cases

import "strconv"

// strideTwins are operands whose strides are tried in the case of another's: neither's draw minds the other's.
var strideTwins = map[string]string{"v": "layout.k.strides", "out": "layout.q.strides"}

// layoutFields are the rows of the four operands. The order describes all of one operand.
func layoutFields() []Field {
	var rows []Field
	for _, o := range []struct {
		name string
		at   func(*Case) *Operand
	}{
		{"q", func(c *Case) *Operand { return &c.Layout.Q }}, {"k", func(c *Case) *Operand { return &c.Layout.K }},
		{"v", func(c *Case) *Operand { return &c.Layout.V }}, {"out", func(c *Case) *Operand { return &c.Layout.Out }},
	} {
		name, at := "layout."+o.name, o.at
		pad := func(c *Case) *int { return &at(c).Pad }
		offset := func(c *Case) *int { return &at(c).Offset }
		region := "strided"
		if o.name == "out" {
			region = "out-strided"
		}
		// As a filter sets them, order and transpose make room for each other.
		order := func(c *Case, text string) error {
			if Order(text) == BSHD {
				at(c).Transpose = false
			}
			at(c).Strides = Strides{}
			at(c).Order = Order(text)
			return oneOf(name+".order", at(c).Order, BHSD, BSHD)
		}
		transpose := func(c *Case, text string) error {
			on, err := strconv.ParseBool(text)
			if err != nil {
				return wrong(name+".transpose", strconv.Quote(text), "true or false")
			}
			if at(c).Transpose = on; on {
				at(c).Order, at(c).Strides = "", Strides{}
			}
			return nil
		}
		shape := func(c *Case) [4]int { return c.OperandShape(o.name) }
		rows = append(rows,
			wordField(name+".order", "dimensions in memory, the last varies fastest", func(c *Case) *Order { return &at(c).Order },
				isFirst, []Order{BHSD, BSHD}, []Order{"", BSHD}).
				in(region).otherwise("BHSD").
				told(func(c *Case) string {
					words := at(c).words()
					if words == "" {
						return ""
					}
					return ", " + o.name + " " + words
				}).
				setBy(order).
				plain(func(c *Case) { at(c).Order = "" }),
			flagField(name+".transpose", "each matrix is stored as [head_dim, rows]", func(c *Case) *bool { return &at(c).Transpose }).
				in(region).
				setBy(transpose).
				then(func(c *Case) error {
					if at(c).Transpose && at(c).Order == BSHD {
						return wrong(name+".transpose", true, "false with order BSHD: a transposed operand is BHSD")
					}
					return nil
				}),
			integerField(name+".pad", "slack elements after each row", 0, MaxPad, pad).in(region).slack(pad),
			integerField(name+".offset", "elements before the operand", 0, MaxPad, offset).in(region).slack(offset),
			stridesField(name+".strides", "strides of batch, head, row and column, instead of order, pad and transpose",
				func(c *Case) *Strides { return &at(c).Strides }, o.name == "k" || o.name == "v", shape,
				func(c *Case) [4]int {
					s := shape(c)
					contiguous, _ := Operand{}.strides(s[0], s[1], s[2], s[3])
					return contiguous
				},
				func(c *Case) bool { return at(c).Order != "" || at(c).Pad != 0 || at(c).Transpose },
				func(c *Case) { *at(c) = Operand{Offset: at(c).Offset} }).
				in("strides-free").strided(o.name).
				opened(Opening{Make: func(_ Dice, c *Case) { *at(c) = Operand{} }, With: strideTwins[o.name]}),
		)
	}
	return rows
}
