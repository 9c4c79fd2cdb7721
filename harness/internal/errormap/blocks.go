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
// alike are one map, and of an output with more rows than the picture holds a cell is a bucket of eights of rows.
func Blocks(w io.Writer, p *picture.Picture, most int) error {
	var b strings.Builder
	for i, m := range p.Maps {
		if i == most {
			fmt.Fprintf(&b, "%d more maps, none of them worse\n", len(p.Maps)-i)
			break
		}
		if len(m.Of) == 1 {
			fmt.Fprintf(&b, "batch %d, head %d\n", m.Of[0][0], m.Of[0][1])
		} else {
			fmt.Fprintf(&b, "%d heads that are alike, such as batch %d, head %d\n", len(m.Of), m.Of[0][0], m.Of[0][1])
		}
		blocks(&b, m, len(fmt.Sprint(p.QLen-1)))
		if m.RowStep > 1 || m.ColumnStep > 1 {
			fmt.Fprintf(&b, "each cell is the worst of %d x %d elements\n", m.RowStep, m.ColumnStep)
		}
	}
	if p.Hidden > 0 {
		fmt.Fprintf(&b, "%d more heads, none of them worse\n", p.Hidden)
	}
	for class, words := range classWords {
		fmt.Fprintf(&b, "\x1b[38;5;%dm\u2588\x1b[0m %s  ", colours[class], words)
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func blocks(b *strings.Builder, m picture.Map, digits int) {
	for r := 0; r < len(m.Cells); r += 2 {
		fmt.Fprintf(b, "%*d ", digits, r*m.RowStep)
		for c, upper := range m.Cells[r] {
			if r+1 < len(m.Cells) {
				fmt.Fprintf(b, "\x1b[38;5;%d;48;5;%dm\u2580", colours[picture.Class(upper)], colours[picture.Class(m.Cells[r+1][c])])
			} else {
				fmt.Fprintf(b, "\x1b[0;38;5;%dm\u2580", colours[picture.Class(upper)])
			}
		}
		b.WriteString("\x1b[0m\n")
	}
}
