package campaign

import (
	"context"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/picture"
	"attest.example/attest/harness/internal/trial"
)

// The bounds of what a map of weights costs: runs of the case, and their work together.
const (
	mostWeightRuns = 64
	mostWeightWork = 2e7
)

// weigh adds the weight of every key in the path's output to a picture. The case runs once for every v_head_dim keys, with
// a v that is 1 in column d of key number d of them and 0 elsewhere: the output is the weights, and the reference judges
// them as any output. A case that needs others before it, or the same call again, is left out: what it shows depends on them. So is one whose v
// is of integers, or whose keys lie in one place.
func weigh(ctx context.Context, t *engine.Tester, c cases.Case, p *picture.Picture) error {
	columns := c.VDim()
	runs := (c.KVLen + columns - 1) / columns
	switch {
	case p.Output == "lse":
		return nil
	case len(c.After) > 0 || c.Call != (cases.Call{}):
		p.Note = "no map of the weights: the case depends on calls before it"
		return nil
	case c.Quant.V != "" || c.SharesMemory():
		p.Note = "no map of the weights: a v that shows one key at a time cannot be written in integers, or where keys share memory"
		return nil
	case runs > mostWeightRuns || c.Work()*float64(runs) > mostWeightWork:
		p.Note = "no map of the weights: the case is too large for one"
		return nil
	}
	path, err := t.NewPath(ctx)
	if err != nil {
		return err
	}
	if closer, ok := path.(interface{ Close() error }); ok {
		defer closer.Close()
	}
	cells := make([][][]float64, c.Batch*c.Heads)
	for h := range cells {
		cells[h] = make([][]float64, c.QLen)
		for r := range cells[h] {
			cells[h][r] = make([]float64, c.KVLen)
		}
	}
	for first := 0; first < c.KVLen; first += columns {
		outcome, err := trial.Given(ctx, path, c, func(t *cases.Tensors) { oneKeyAColumn(t, first) }, trial.Options{Deadline: t.Trial.Deadline})
		if err != nil {
			return err
		}
		if outcome.Truth == nil {
			p.Note = fmt.Sprintf("no map of the weights: with v one key at a time the path gives %s", outcome.Verdict.Kind)
			return nil
		}
		got := outcome.Output.Out.Dense()
		for i := range got {
			key := first + i%columns
			if row := i / columns; key < c.KVLen {
				cells[row/c.QLen][row%c.QLen][key] = picture.Cell(outcome.Truth.OutputAt(i, got[i]), false)
			}
		}
	}
	p.Weights(cells)
	return nil
}

// oneKeyAColumn makes v 1 in column d of key first+d, and 0 elsewhere.
func oneKeyAColumn(t *cases.Tensors, first int) {
	v := &t.V
	for b := range v.Shape[0] {
		for h := range v.Shape[1] {
			for key := range v.Shape[2] {
				for d := range v.Shape[3] {
					x := 0.0
					if key == first+d {
						x = 1
					}
					v.Set(b, h, key, d, x)
				}
			}
		}
	}
}
