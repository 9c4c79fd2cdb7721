package cases

import (
	"fmt"
	"math"

	"attest.example/attest/harness/internal/precision"
)

// maskShapes are the broadcast shapes that attention libraries accept.
var maskShapes = []string{"bhqk", "11qk", "b1qk", "1hqk", "bh1k", "b11k", "1h1k", "111k", "bhq1", "11q1", "1111", "b111", "bh11"}

func (c *Case) normalizeMask() error {
	m := &c.Mask
	if err := oneOf("mask.kind", m.Kind, NoMask, CausalMask, WindowMask, BoolMask, AdditiveMask); err != nil {
		return err
	}
	if m.Kind == NoMask {
		m.Kind = ""
	}
	if err := oneOf("mask.align", m.Align, TopLeft, BottomRight); err != nil {
		return err
	}
	if err := m.refuseForeignFields(); err != nil {
		return err
	}
	switch {
	case m.Kind == CausalMask:
		orDefault(&m.Align, TopLeft)
	case m.IsWindow():
		orDefault(&m.Align, TopLeft)
		for field, side := range map[string]int{"mask.left": m.Left, "mask.right": m.Right} {
			if err := inRange(field, side, -1, MaxLen); err != nil {
				return err
			}
		}
	}
	if m.IsArray() {
		return c.normalizeMaskArray()
	}
	return nil
}

// refuseForeignFields rejects fields that say nothing for this kind, rather than ignoring them.
func (m *Mask) refuseForeignFields() error {
	type rule struct {
		field   string
		set     bool
		applies bool
		to      string
	}
	array := m.IsArray()
	for _, r := range []rule{
		{"mask.align", m.Align != "", m.Kind != "", "a mask"},
		{"mask.window", m.Window, array, "kinds bool and additive"},
		{"mask.left", m.Left != 0, m.IsWindow(), "kind window and an array with window"},
		{"mask.right", m.Right != 0, m.IsWindow(), "kind window and an array with window"},
		{"mask.format", m.Format != 0, m.Kind == AdditiveMask, "kind additive"},
		{"mask.floor", m.Floor != "", m.Kind == AdditiveMask, "kind additive"},
		{"mask.plus_inf", m.PlusInf, m.Kind == AdditiveMask, "kind additive"},
		{"mask.shape", m.Shape != "", array, "kinds bool and additive"},
		{"mask.fill", m.Fill != "", array, "kinds bool and additive"},
		{"mask.density", m.Density != 0, array && (m.Fill == RandomFill || m.Fill == ""), "a random fill"},
		{"mask.empty_rows", m.EmptyRows != 0, array, "kinds bool and additive"},
		{"mask.empty_lead", m.EmptyLead != 0, array, "kinds bool and additive"},
		{"mask.pad", m.Pad != 0, array, "kinds bool and additive"},
		{"mask.offset", m.Offset != 0, array, "kinds bool and additive"},
	} {
		if r.set && !r.applies {
			return wrong(r.field, "a value", "nothing: the field applies only to %s", r.to)
		}
	}
	return nil
}

func (c *Case) normalizeMaskArray() error {
	m := &c.Mask
	if m.Kind == AdditiveMask {
		orDefault(&m.Format, precision.FP32)
		if err := m.normalizeFloor(); err != nil {
			return err
		}
	}
	orDefault(&m.Shape, "bhqk")
	if err := oneOf("mask.shape", m.Shape, maskShapes...); err != nil {
		return err
	}
	fills := []Fill{RandomFill, PaddingFill, OpenFill}
	if m.Kind == AdditiveMask {
		fills = append(fills, AlibiFill)
	}
	if err := oneOf("mask.fill", m.Fill, fills...); err != nil {
		return err
	}
	orDefault(&m.Fill, RandomFill)
	if m.Fill == RandomFill {
		orDefault(&m.Density, 70)
		if err := inRange("mask.density", m.Density, 1, 100); err != nil {
			return err
		}
	}
	hasRows, hasKeys := m.Shape[2] == 'q', m.Shape[3] == 'k'
	if m.Fill == AlibiFill && !(hasRows && hasKeys) {
		return wrong("mask.fill", fmt.Sprintf("%q", m.Fill), "another fill: alibi depends on row and key, shape %s has not both", m.Shape)
	}
	if m.EmptyRows != 0 && !hasRows {
		return wrong("mask.empty_rows", m.EmptyRows, "0 with shape %s, which broadcasts over rows", m.Shape)
	}
	if (m.EmptyLead != 0 || m.Fill == PaddingFill) && !hasKeys {
		return wrong("mask.shape", fmt.Sprintf("%q", m.Shape), "one with k: empty_lead and a padding fill depend on the key")
	}
	for _, f := range []struct {
		field    string
		got, max int
	}{
		{"mask.empty_rows", m.EmptyRows, MaxLen}, {"mask.empty_lead", m.EmptyLead, c.KVLen},
		{"mask.pad", m.Pad, MaxPad}, {"mask.offset", m.Offset, MaxPad},
	} {
		if err := inRange(f.field, f.got, 0, f.max); err != nil {
			return err
		}
	}
	return nil
}

func (m *Mask) normalizeFloor() error {
	if err := oneOf("mask.floor", m.Floor, Floors()...); err != nil {
		return err
	}
	if m.Floor == NoFloor {
		m.Floor = ""
	}
	if value := m.Floor.Value(m.Format); m.Floor != "" && math.IsInf(m.Format.Round(value), 0) {
		return wrong("mask.floor", fmt.Sprintf("%q", m.Floor), "a number that %s holds: -inf, lowest, -1e4 or -65504", m.Format)
	}
	return nil
}

// maskDims gives the array's own dimensions, 1 where it broadcasts.
func (c *Case) maskDims() [4]int {
	full := [4]int{c.Batch, c.Heads, c.QLen, c.KVLen}
	dims := [4]int{1, 1, 1, 1}
	for i := range full {
		if c.Mask.Shape[i] != '1' {
			dims[i] = full[i]
		}
	}
	return dims
}

func (c *Case) maskElementSize() int {
	if c.Mask.Kind == BoolMask {
		return 1
	}
	return c.Mask.Format.Size()
}
