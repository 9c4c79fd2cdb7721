package reduce

import (
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

func plainMaskEdits() []edit {
	return []edit{
		onMask(func(m *cases.Mask) { m.Pad = 0 }),
		onMask(func(m *cases.Mask) { m.Offset = 0 }),
		onMask(func(m *cases.Mask) { m.PlusInf = false }),
		onMask(func(m *cases.Mask) { m.Floor = "" }),
		onMask(func(m *cases.Mask) {
			if m.Window {
				m.Window, m.Left, m.Right, m.Align = false, 0, 0, ""
			}
		}),
		onMask(func(m *cases.Mask) { m.EmptyRows = 0 }),
		onMask(func(m *cases.Mask) { m.EmptyLead = 0 }),
		onMask(func(m *cases.Mask) {
			if m.Kind == cases.AdditiveMask {
				m.Format = precision.FP32
			}
		}),
		onMask(func(m *cases.Mask) {
			if m.Fill == cases.RandomFill {
				m.Density = defaultDensity
			}
		}),
		onMask(func(m *cases.Mask) { setAlign(m, cases.TopLeft) }),
		onMask(func(m *cases.Mask) {
			if m.IsArray() && !m.Window {
				m.Align = ""
			}
		}),
		onMask(func(m *cases.Mask) { *m = cases.Mask{} }),
	}
}

func gradedMaskEdits(c *cases.Case) []edit {
	list := []edit{
		onMask(func(m *cases.Mask) { setKind(m, cases.CausalMask); setAlign(m, cases.TopLeft) }),
		onMask(func(m *cases.Mask) { setKind(m, cases.CausalMask) }),
		onMask(func(m *cases.Mask) { setKind(m, cases.BoolMask) }),
		onMask(func(m *cases.Mask) { setFill(m, cases.OpenFill) }),
		onMask(func(m *cases.Mask) { setFill(m, cases.RandomFill) }),
	}
	if c.Mask.IsArray() {
		for _, shape := range simpleShapes[1:] {
			list = append(list, onMask(func(m *cases.Mask) { setShape(m, shape) }))
		}
		for _, density := range []int{80, 50, 90, 100, 1} {
			list = append(list, onMask(func(m *cases.Mask) {
				if m.Fill == cases.RandomFill {
					m.Density = density
				}
			}))
		}
		if c.Mask.Window { // a causal mask on top is simpler than a window
			list = append(list, onMask(func(m *cases.Mask) {
				if m.Window {
					m.Window, m.Left, m.Right = false, 0, 0
				}
			}))
		}
		if c.Mask.Floor != "" {
			for _, floor := range simpleFloors[1:] {
				list = append(list, onMask(func(m *cases.Mask) {
					if m.Kind == cases.AdditiveMask {
						m.Floor = floor
					}
				}))
			}
		}
		if c.Mask.Kind == cases.AdditiveMask {
			list = append(list, onMask(func(m *cases.Mask) {
				if m.Kind == cases.AdditiveMask {
					m.Format = precision.FP16
				}
			}))
		}
	}
	return list
}

func onMask(f func(*cases.Mask)) edit { return func(c *cases.Case) { f(&c.Mask) } }

// setKind changes the kind of a mask and drops what says nothing for the new one.
func setKind(m *cases.Mask, kind cases.MaskKind) {
	if m.Kind == "" {
		return
	}
	old := *m
	switch kind {
	case cases.CausalMask:
		*m = cases.Mask{Kind: kind, Align: old.Align}
	case cases.BoolMask:
		if !old.IsArray() {
			return
		}
		m.Kind, m.Format, m.PlusInf, m.Floor = kind, 0, false, ""
		if m.Fill == cases.AlibiFill {
			m.Fill = cases.OpenFill
		}
	}
}

func setAlign(m *cases.Mask, align cases.Align) {
	if m.Align != "" {
		m.Align = align
	}
}

func setFill(m *cases.Mask, fill cases.Fill) {
	if !m.IsArray() {
		return
	}
	m.Fill, m.Density = fill, 0
}

// setShape changes the dimensions of a mask array and drops what depends on one that went away.
func setShape(m *cases.Mask, shape string) {
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
	if m.Fill == cases.PaddingFill && !keys || m.Fill == cases.AlibiFill && !(rows && keys) {
		setFill(m, cases.OpenFill)
	}
}
