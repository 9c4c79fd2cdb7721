package cases

import (
	"fmt"
	"strings"
)

func (m *Mask) words() string {
	switch m.Kind {
	case "":
		return "no mask"
	case CausalMask:
		return "causal " + string(m.Align)
	case WindowMask:
		return fmt.Sprintf("window left %d right %d %s", m.Left, m.Right, m.Align)
	}
	words := fmt.Sprintf("%s mask %s %s", m.Kind, m.Shape, m.Fill)
	if m.Kind == AdditiveMask {
		words = m.Format.String() + " " + words
	}
	if m.Fill == RandomFill {
		words += fmt.Sprintf(" %d%%", m.Density)
	}
	if m.EmptyRows > 0 {
		words += fmt.Sprintf(", every %d. row empty", m.EmptyRows)
	}
	if m.EmptyLead > 0 {
		words += fmt.Sprintf(", first %d keys empty", m.EmptyLead)
	}
	if m.Floor != "" {
		words += fmt.Sprintf(", forbidden by %s", m.Floor)
	}
	if m.PlusInf {
		words += ", +Inf entries"
	}
	if m.Strides.Given() {
		words += ", strides " + m.Strides.String()
	}
	switch {
	case m.Window:
		words += fmt.Sprintf(", window left %d right %d %s too", m.Left, m.Right, m.Align)
	case m.Align != "":
		words += ", causal " + string(m.Align) + " too"
	}
	return words
}

func (o Operand) words() string {
	var parts []string
	if o.Order == BSHD {
		parts = append(parts, "BSHD")
	}
	if o.Transpose {
		parts = append(parts, "transposed")
	}
	if o.Pad > 0 {
		parts = append(parts, fmt.Sprintf("pad %d", o.Pad))
	}
	if o.Strides.Given() {
		parts = append(parts, "strides "+o.Strides.String())
	}
	if o.Offset > 0 {
		parts = append(parts, fmt.Sprintf("offset %d", o.Offset))
	}
	return strings.Join(parts, " ")
}
