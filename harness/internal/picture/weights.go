package picture

import (
	"fmt"
	"slices"
)

// Weights draws the weight that each row gave to each key: cells of [batch*heads][q_len][kv_len], as Cell makes them. The
// path was asked for them with v one key at a time, so that nothing of v is in them.
func (p *Picture) Weights(cells [][][]float64) {
	g := grid{batch: p.Batch, heads: p.Heads, rows: p.QLen, columns: p.KVLen,
		cell: func(head, row, key int) float64 { return cells[head][row][key] }}
	maps, _ := g.maps()
	wrong, rows, keys := 0, map[int]bool{}, map[int]bool{}
	for _, head := range cells {
		for r, row := range head {
			for k, cell := range row {
				if mistake(cell) >= 5 {
					wrong++
					rows[r], keys[k] = true, true
				}
			}
		}
	}
	if wrong == 0 {
		p.Note = "with v one key at a time every weight is right: what is wrong comes from v, from the output, or from what other calls left"
		return
	}
	for _, m := range maps { // heads whose weights are right tell nothing
		if slices.ContainsFunc(m.Cells, func(row []float64) bool {
			return slices.ContainsFunc(row, func(cell float64) bool { return mistake(cell) >= 5 })
		}) {
			p.Keys = append(p.Keys, m)
		}
	}
	p.Note = fmt.Sprintf("with v one key at a time, %d of %d weights are wrong, of %s and %s", wrong, len(cells)*p.QLen*p.KVLen, counted(len(rows), "row"), counted(len(keys), "key"))
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
