// Package errormap draws in a terminal where an output lies against its bounds: one map for each batch and head,
// query rows down, head_dim columns across. It judges nothing that the reference has not judged.
package errormap

import (
	"fmt"
	"io"
	"strings"

	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// The largest map; a larger head is shown with several elements a cell, each cell its worst element.
const (
	MaxRows    = 32
	MaxColumns = 64
)

// Legend explains the signs.
const Legend = `'.' under 1 % of the bound  ':' 10 %  '-' 30 %  '+' 100 %  's' past the sharp line  'X' past the bound  ` +
	`'!' NaN or Inf wrong  '?' cannot be judged  'R' within its bound, but another run contradicts it`

// signs are how a cell shows, by its level, the worst last; from wrongFrom on an element is past a line.
const (
	signs     = ".:-+?sRX!"
	wrongFrom = 5

	contradicted = 6
)

// Write draws the maps of an output [batch, heads, q_len, head_dim], at most maxHeads of them, those with the worst
// element first, in the order of batch and head. Heads that conform wholly are counted and not drawn when others do
// not.
func Write(w io.Writer, truth *reference.Result, got []float64, broken []verdict.Place, maxHeads int) error {
	if len(got) != len(truth.Output) {
		return fmt.Errorf("error map: %d elements; want %d", len(got), len(truth.Output))
	}
	heads := truth.Batch * truth.Heads
	perHead := truth.QLen * truth.HeadDim
	levels := make([]int, len(got))
	for i := range got {
		levels[i] = level(truth.OutputAt(i, got[i]))
	}
	for _, p := range broken {
		i := ((p.Batch*truth.Heads+p.Head)*truth.QLen+p.Row)*truth.HeadDim + p.Column
		if i < 0 || i >= len(levels) {
			return fmt.Errorf("error map: element %+v; want one of the output", p)
		}
		levels[i] = max(levels[i], contradicted)
	}
	worst := make([]int, heads)
	overall := 0
	for h := range heads {
		for i := h * perHead; i < (h+1)*perHead; i++ {
			worst[h] = max(worst[h], levels[i])
		}
		overall = max(overall, worst[h])
	}
	var b strings.Builder
	shown, hidden := 0, 0
	for h := range heads {
		if shown == maxHeads || overall >= wrongFrom && worst[h] < wrongFrom {
			hidden++
			continue
		}
		shown++
		fmt.Fprintf(&b, "batch %d, head %d\n", h/truth.Heads, h%truth.Heads)
		draw(&b, truth, levels, h*perHead)
	}
	if hidden > 0 {
		fmt.Fprintf(&b, "%d more heads, none of them worse\n", hidden)
	}
	fmt.Fprintf(&b, "%s\n", Legend)
	_, err := io.WriteString(w, b.String())
	return err
}

func level(p reference.Place) int {
	switch p.Verdict {
	case reference.Special:
		return 8
	case reference.Numeric:
		return 7
	case reference.Suspicious:
		return 5
	case reference.Inconclusive:
		return 4
	}
	switch {
	case p.Ratio < 0.01:
		return 0
	case p.Ratio < 0.1:
		return 1
	case p.Ratio < 0.3:
		return 2
	}
	return 3
}

func draw(b *strings.Builder, truth *reference.Result, levels []int, base int) {
	rowStep := ceilDiv(truth.QLen, MaxRows)
	columnStep := ceilDiv(truth.HeadDim, MaxColumns)
	digits := len(fmt.Sprint(truth.QLen - 1))
	for row := 0; row < truth.QLen; row += rowStep {
		rule(b, row, rowStep, digits, ceilDiv(truth.HeadDim, columnStep), columnStep)
		fmt.Fprintf(b, "%*d ", digits, row)
		for column := 0; column < truth.HeadDim; column += columnStep {
			gap(b, column, columnStep)
			cell := 0
			for r := row; r < min(row+rowStep, truth.QLen); r++ {
				for c := column; c < min(column+columnStep, truth.HeadDim); c++ {
					cell = max(cell, levels[base+r*truth.HeadDim+c])
				}
			}
			b.WriteByte(signs[cell])
		}
		b.WriteByte('\n')
	}
	if rowStep > 1 || columnStep > 1 {
		fmt.Fprintf(b, "%*s each sign is the worst of %d x %d elements\n", digits, "", rowStep, columnStep)
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
