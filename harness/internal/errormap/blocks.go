package errormap

import (
	"fmt"
	"io"
	"strings"

	"attest.example/attest/harness/internal/picture"
)

// colours of picture.Class, of the 256 that terminals have.
var colours = [...]int{236, 24, 31, 39, 244, 214, 196, 171, 231}

var classWords = [...]string{"under 1 % of the bound", "10 %", "30 %", "within", "cannot be judged", "past the bound", "more than 10 times",
	"contradicted by another run", "NaN or Inf wrong"}

// Blocks draws a picture in colours, two rows of cells in each line of half blocks, at most most maps. Heads that are
// alike are one map, and of an output with more rows than the picture holds a cell is a bucket of eights of rows. Thin
// lines stand every 8 columns, a simdgroup's tile, and every 32, a block.
func Blocks(w io.Writer, p *picture.Picture, most int) error {
	var b strings.Builder
	digits := len(fmt.Sprint(p.QLen - 1))
	list := func(maps []picture.Map, across string) {
		for i, m := range maps {
			if i == most {
				fmt.Fprintf(&b, "%d more maps, none of them worse\n", len(maps)-i)
				break
			}
			title(&b, m, across)
			blocks(&b, m, digits)
			steps(&b, m)
		}
	}
	list(p.Maps, "")
	if p.Hidden > 0 {
		fmt.Fprintf(&b, "%d more heads, none of them worse\n", p.Hidden)
	}
	list(p.Keys, "the weights, keys across: ")
	note(&b, p)
	for class, words := range classWords {
		fmt.Fprintf(&b, "\x1b[38;5;%dm\u2588\x1b[0m %s  ", colours[class], words)
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func title(b *strings.Builder, m picture.Map, across string) {
	if len(m.Of) == 1 {
		fmt.Fprintf(b, "%sbatch %d, head %d\n", across, m.Of[0][0], m.Of[0][1])
	} else {
		fmt.Fprintf(b, "%s%d heads that are alike, such as batch %d, head %d\n", across, len(m.Of), m.Of[0][0], m.Of[0][1])
	}
}

func steps(b *strings.Builder, m picture.Map) {
	if m.RowStep > 1 || m.ColumnStep > 1 {
		fmt.Fprintf(b, "each cell is the worst of %d x %d elements\n", m.RowStep, m.ColumnStep)
	}
}

func note(b *strings.Builder, p *picture.Picture) {
	if p.Note != "" {
		fmt.Fprintf(b, "%s\n", p.Note)
	}
}

// Keys draws the maps of the weights of a picture without colours, in the signs of Legend.
func Keys(w io.Writer, p *picture.Picture, most int) error {
	var b strings.Builder
	for _, m := range p.Keys[:min(len(p.Keys), most)] {
		title(&b, m, "the weights, keys across: ")
		digits := len(fmt.Sprint(p.QLen - 1))
		for r, row := range m.Cells {
			rule(&b, r*m.RowStep, m.RowStep, digits, len(row), m.ColumnStep)
			fmt.Fprintf(&b, "%*d ", digits, r*m.RowStep)
			for c, cell := range row {
				gap(&b, c*m.ColumnStep, m.ColumnStep)
				b.WriteByte(classSigns[picture.Class(cell)])
			}
			b.WriteByte('\n')
		}
		steps(&b, m)
	}
	note(&b, p)
	_, err := io.WriteString(w, b.String())
	return err
}

// classSigns are the signs of Legend for picture.Class.
const classSigns = ".:-+?XXR!"

// The lines of a map, in elements: a simdgroup's tile and a block.
const (
	tile  = 8
	block = 32
)

// gap writes what stands before a column that begins a tile or a block.
func gap(b *strings.Builder, column, step int) {
	switch {
	case column == 0 || column%tile != 0:
	case column%block == 0:
		b.WriteByte('|')
	case step == 1:
		b.WriteByte(' ')
	}
}

// rule writes the line before a row that begins a block.
func rule(b *strings.Builder, row, step, digits, columns, columnStep int) {
	if row == 0 || row%block != 0 || step >= block {
		return
	}
	width := columns
	for c := range columns {
		var gaps strings.Builder
		gap(&gaps, c*columnStep, columnStep)
		width += gaps.Len()
	}
	fmt.Fprintf(b, "%*s %s\n", digits, "", strings.Repeat("=", width))
}

func blocks(b *strings.Builder, m picture.Map, digits int) {
	for r := 0; r < len(m.Cells); r += 2 {
		fmt.Fprintf(b, "%*d ", digits, r*m.RowStep)
		for c, upper := range m.Cells[r] {
			var line strings.Builder
			if gap(&line, c*m.ColumnStep, m.ColumnStep); line.Len() > 0 {
				fmt.Fprintf(b, "\x1b[0m%s", map[string]string{" ": "\u2506", "|": "\u2502"}[line.String()])
			}
			if r+1 < len(m.Cells) {
				fmt.Fprintf(b, "\x1b[38;5;%d;48;5;%dm\u2580", colours[picture.Class(upper)], colours[picture.Class(m.Cells[r+1][c])])
			} else {
				fmt.Fprintf(b, "\x1b[0;38;5;%dm\u2580", colours[picture.Class(upper)])
			}
		}
		b.WriteString("\x1b[0m\n")
	}
}
