package relation

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
)

// fewerRows: in the problem with fewer query rows those rows have the same bits. Bit for bit, on paths that promise
// Independent and AnyRows: a kernel that is chosen by q_len and rounds otherwise would change the output of a row when another row
// joins it, as it does when a prompt is cut into chunks.
//
// Rows are left out where that moves no diagonal: at the end, but of a bottom-right mask at the beginning.
var fewerRows = Law{
	Name:      "fewer-rows",
	Statement: "fewer query rows give those that remain the same bits",
	Bits:      true,
	Runs:      1,
	applies: func(c *cases.Case, p paths.Promises) bool {
		return p.Independent && p.AnyRows && c.QLen > 1 && !c.Ragged()
	},
	check: func(a *application) error {
		keep := a.fewer()
		first := 0
		if a.Case.Mask.Align == cases.BottomRight {
			first = a.Case.QLen - keep
		}
		c, t := a.derive(func(c *cases.Case) {
			c.QLen, c.Mask.EmptyRows = keep, min(c.Mask.EmptyRows, keep)
		})
		if t == nil {
			return nil
		}
		rows := identity(keep)
		for i := range rows {
			rows[i] += first
		}
		a.rearranged(t, order{rows: rows})
		if err := a.run(c, t); err != nil {
			return err
		}
		return a.keepBits(underRows(t, first), func(p place) bool { return p.row >= first && p.row < first+keep },
			fmt.Sprintf("rows %d to %d alone, of %d", first, first+keep-1, a.Case.QLen))
	},
}

// fewer draws how many rows to keep: often 1 or 8, up to where kernels for few rows go.
func (a *application) fewer() int {
	most := a.Case.QLen - 1
	switch a.dice.below(4) {
	case 0:
		return 1
	case 1:
		return min(most, 8)
	}
	return 1 + a.dice.below(most)
}
