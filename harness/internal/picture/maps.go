package picture

import (
	"cmp"
	"slices"
)

// Step is how many elements a cell stands for along an axis of size n with room for at most most cells: one, or a
// multiple of 8, the edge of a simdgroup's tile.
func Step(n, most int) int {
	if n <= most {
		return 1
	}
	return (n + 8*most - 1) / (8 * most) * 8
}

func (v *view) maps() {
	p := v.p
	size := p.QLen * v.columns
	g := grid{batch: p.Batch, heads: p.Heads, rows: p.QLen, columns: v.columns,
		cell: func(bh, row, column int) float64 { return v.cell(bh*size + row*v.columns + column) }}
	p.Maps, p.Hidden = g.maps()
}

// grid is numbers of every head, rows down.
type grid struct {
	batch, heads, rows, columns int
	cell                        func(head, row, column int) float64
}

// maps draws every head, folds those that look alike and keeps the worst; hidden counts the heads of the others.
func (g *grid) maps() (kept []Map, hidden int) {
	var list []Map
	gravity := map[int]float64{} // of a map in list
	for bh := range g.batch * g.heads {
		m, grave := g.head(bh)
		if at := slices.IndexFunc(list, func(other Map) bool { return alike(other, m) }); at >= 0 {
			list[at].Of = append(list[at].Of, m.Of[0])
			gravity[at] = max(gravity[at], grave)
			if gravity[at] == grave {
				list[at].Cells = m.Cells // the worst stands for them
			}
			continue
		}
		gravity[len(list)] = grave
		list = append(list, m)
		// Of many heads that all differ only so many are kept while they are looked at.
		if len(list) > 8*MaxMaps {
			hidden++
			list = list[:len(list)-1]
		}
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(gravity[b], gravity[a]) })
	for n, i := range order {
		if n >= MaxMaps {
			hidden += len(list[i].Of)
			continue
		}
		kept = append(kept, list[i])
	}
	return kept, hidden
}

// head draws one head: each cell of the map is the worst of the elements that it stands for. grave is the level of the worst
// cell.
func (g *grid) head(bh int) (m Map, grave float64) {
	m = Map{Of: [][2]int{{bh / g.heads, bh % g.heads}}, RowStep: Step(g.rows, MaxRows), ColumnStep: Step(g.columns, MaxColumns)}
	for r := 0; r < g.rows; r += m.RowStep {
		var row []float64
		for d := 0; d < g.columns; d += m.ColumnStep {
			cell := 0.0
			for r2 := r; r2 < min(r+m.RowStep, g.rows); r2++ {
				for d2 := d; d2 < min(d+m.ColumnStep, g.columns); d2++ {
					if x := g.cell(bh, r2, d2); level(x) > level(cell) {
						cell = x
					}
				}
			}
			grave = max(grave, level(cell))
			row = append(row, cell)
		}
		m.Cells = append(m.Cells, row)
	}
	return m, grave
}

// Class sorts a cell: how it shows where one sign or colour has to do. 0: under 1 % of the bound, 1: under 10 %, 2:
// under 30 %, 3: within the bound, 4: cannot be judged, 5: past the bound, 6: more than 10 times, 7: contradicted, 8: a
// special value.
func Class(cell float64) int {
	switch cell {
	case Unjudged:
		return 4
	case Contradicted:
		return 7
	case Special:
		return 8
	}
	switch {
	case cell < 0.01:
		return 0
	case cell < 0.1:
		return 1
	case cell < 0.3:
		return 2
	case cell <= 1:
		return 3
	case cell <= 10:
		return 5
	}
	return 6
}

// alike reports whether two heads are wrong in the same places: the same class of wrong in every cell, or right.
func alike(a, b Map) bool {
	for r := range a.Cells {
		for d := range a.Cells[r] {
			if mistake(a.Cells[r][d]) != mistake(b.Cells[r][d]) {
				return false
			}
		}
	}
	return true
}

// mistake is a cell's class where something is wrong there, by however much.
func mistake(cell float64) int {
	switch class := Class(cell); class {
	case 0, 1, 2, 3:
		return 0
	case 6:
		return 5
	default:
		return class
	}
}
