package report

import (
	"fmt"
	"html/template"
	"strings"

	"attest.example/attest/harness/internal/picture"
)

// drawing is a picture as the page shows it.
type drawing struct {
	Maps   []mapped
	Keys   []mapped // rows down, keys across
	Note   string   // what they show
	Hidden int
	Output string
	Wrong  int
	Of     int
	Around [][]near
	Heads  []string // columns of Around
	Worst  picture.Element
	Place  string
}

// near is an element around the worst one.
type near struct {
	Row              string
	Got, Want, Bound string
	Class            int
	Worst            bool
}

// mapped is one error map.
type mapped struct {
	ID      string
	Caption string
	SVG     template.HTML
	Data    mapData
}

// mapData is what the script reads of a map.
type mapData struct {
	Cells      [][]float64 `json:"cells"`
	RowStep    int         `json:"rowStep"`
	ColumnStep int         `json:"columnStep"`
	Rows       int         `json:"rows"`
	Columns    int         `json:"columns"`
	Across     string      `json:"across"` // what a column is
}

func drawn(p *picture.Picture, id string) *drawing {
	d := &drawing{Hidden: p.Hidden, Output: p.Output, Wrong: p.Wrong, Of: p.Elements, Worst: p.Worst, Place: place(p.Worst)}
	columns := p.HeadDim
	if p.Output == "lse" {
		columns = 1
	}
	maps := func(list []picture.Map, name string, columns int, across string) (out []mapped) {
		for i, m := range list {
			mid := fmt.Sprintf("%s-%s-%d", id, name, i)
			out = append(out, mapped{
				ID: mid, Caption: headsOf(m.Of), SVG: svgOf(m, mid, across),
				Data: mapData{m.Cells, m.RowStep, m.ColumnStep, p.QLen, columns, across},
			})
		}
		return out
	}
	d.Maps, d.Keys, d.Note = maps(p.Maps, "map", columns, "column"), maps(p.Keys, "keys", p.KVLen, "key"), p.Note
	var row []near
	for i, e := range p.Around {
		if i > 0 && e.At.Row != p.Around[i-1].At.Row {
			d.Around, row = append(d.Around, row), nil
		}
		if len(d.Around) == 0 {
			d.Heads = append(d.Heads, fmt.Sprint(e.At.Column))
		}
		row = append(row, near{
			Row: fmt.Sprint(e.At.Row), Got: number(float64(e.Got)), Want: number(float64(e.Want)), Bound: number(float64(e.Bound)),
			Class: classOf(e), Worst: e.At == p.Worst.At,
		})
	}
	if row != nil {
		d.Around = append(d.Around, row)
	}
	return d
}

func classOf(e picture.Element) int {
	switch e.Verdict {
	case "special":
		return picture.Class(picture.Special)
	case "inconclusive":
		return picture.Class(picture.Unjudged)
	case "contradicted by another run":
		return picture.Class(picture.Contradicted)
	}
	return picture.Class(float64(e.Ratio))
}

func place(e picture.Element) string {
	if e.At.Output == "lse" {
		return fmt.Sprintf("lse[%d,%d,%d]", e.At.Batch, e.At.Head, e.At.Row)
	}
	return fmt.Sprintf("out[%d,%d,%d,%d]", e.At.Batch, e.At.Head, e.At.Row, e.At.Column)
}

// headsOf names the heads that a map stands for.
func headsOf(of [][2]int) string {
	if len(of) == 1 {
		return fmt.Sprintf("batch %d, head %d", of[0][0], of[0][1])
	}
	var parts []string
	for i, bh := range of {
		if i == 6 {
			parts = append(parts, fmt.Sprintf("and %d more", len(of)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("[%d,%d]", bh[0], bh[1]))
	}
	return fmt.Sprintf("%d heads that are alike, the worst of them drawn: [batch, head] %s", len(of), strings.Join(parts, " "))
}

// The lines that a map has: a simdgroup's tile and a threadgroup's block, in elements.
const (
	tileEdge  = 8
	blockEdge = 32
)

// cellSize is the edge of a cell, in pixels: a map of few columns is wide enough to be seen, and one of many rows no taller
// than a screen.
func cellSize(rows, columns int) int {
	const usual, least, narrowest, tallest = 14, 8, 60, 448
	return max(least, min(max(usual, narrowest/columns), tallest/rows))
}

// svgOf draws a map: rows of runs of cells of one class, and the lines over them.
func svgOf(m picture.Map, id, across string) template.HTML {
	rows, columns := len(m.Cells), len(m.Cells[0])
	const unit = 10
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="map" id="%s" viewBox="-1 -1 %d %d" style="max-width:%dpx" tabindex="0" role="img" aria-label="error over bound, %d rows by %d %ss; arrow keys read its cells" preserveAspectRatio="xMinYMin meet">`,
		id, columns*unit+2, rows*unit+2, columns*cellSize(rows, columns), rows, columns, across)
	for r, row := range m.Cells {
		for c := 0; c < columns; {
			class, from := picture.Class(row[c]), c
			for c < columns && picture.Class(row[c]) == class {
				c++
			}
			fmt.Fprintf(&b, `<rect class="c%d" x="%d" y="%d" width="%d" height="%d"/>`, class, from*unit, r*unit, (c-from)*unit, unit)
		}
	}
	line := func(class string, x1, y1, x2, y2 int) {
		fmt.Fprintf(&b, `<line class="%s" x1="%d" y1="%d" x2="%d" y2="%d"/>`, class, x1, y1, x2, y2)
	}
	edge := func(at, step int) string {
		switch element := at * step; {
		case element%blockEdge == 0:
			return "block"
		case element%tileEdge == 0 && step < tileEdge:
			return "tile"
		}
		return ""
	}
	for r := 1; r < rows; r++ {
		if class := edge(r, m.RowStep); class != "" {
			line(class, 0, r*unit, columns*unit, r*unit)
		}
	}
	for c := 1; c < columns; c++ {
		if class := edge(c, m.ColumnStep); class != "" {
			line(class, c*unit, 0, c*unit, rows*unit)
		}
	}
	fmt.Fprintf(&b, `<rect class="frame" x="0" y="0" width="%d" height="%d"/><rect class="cursor" width="%d" height="%d" x="-20" y="-20"/></svg>`,
		columns*unit, rows*unit, unit, unit)
	return template.HTML(b.String()) // nothing in it comes from a file but numbers
}
