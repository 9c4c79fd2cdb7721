package cases

import (
	"fmt"
	"strings"
)

// Words describes a case in one line for people.
func Words(c Case) string {
	var b strings.Builder
	fmt.Fprintf(&b, "batch %d, heads %d", c.Batch, c.Heads)
	if c.KVHeads != c.Heads {
		fmt.Fprintf(&b, " over %d kv_heads", c.KVHeads)
	}
	fmt.Fprintf(&b, ", q_len %d, kv_len %d, head_dim %d, %s", c.QLen, c.KVLen, c.HeadDim, c.Input)
	if c.Output != c.Input {
		fmt.Fprintf(&b, " to %s", c.Output)
	}
	if c.Intermediate != 0 {
		fmt.Fprintf(&b, " accumulated in %s", c.Intermediate)
	}
	fmt.Fprintf(&b, ", %s", c.Mask.words())
	if c.Scale != nil {
		fmt.Fprintf(&b, ", scale %g", *c.Scale)
	}
	if c.LSE {
		b.WriteString(", with logsumexp")
	}
	fmt.Fprintf(&b, ", values q %s, k %s, v %s", c.Values.Q, c.Values.K, c.Values.V)
	if c.Values.Masked != "" {
		fmt.Fprintf(&b, ", masked slots %s", c.Values.Masked)
	}
	for _, o := range []struct {
		name    string
		operand Operand
	}{{"q", c.Layout.Q}, {"k", c.Layout.K}, {"v", c.Layout.V}, {"out", c.Layout.Out}} {
		if words := o.operand.words(); words != "" {
			fmt.Fprintf(&b, ", %s %s", o.name, words)
		}
	}
	switch n := len(c.After); {
	case n == 1:
		b.WriteString(", after 1 other case")
	case n > 1:
		fmt.Fprintf(&b, ", after %d other cases", n)
	}
	return b.String()
}

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
	if o.Offset > 0 {
		parts = append(parts, fmt.Sprintf("offset %d", o.Offset))
	}
	return strings.Join(parts, " ")
}
