package gen

import "attest.example/attest/harness/internal/cases"

// farScenarios and farRegions have elements past 31 bits of elements and 32 bits of bytes. A kernel adds up an offset in steps,
// for a batch, a head, a row, and one of them alone may be too narrow, in one operand alone: each has its region.
var farScenarios, farRegions = func() (scenarios []scenario, regions []Region) {
	for _, by := range []struct {
		name, words string
		axes        []int
	}{{"heads", "heads or batches", []int{0, 1}}, {"rows", "rows", []int{2}}} {
		for _, operands := range [][]string{{"k", "v"}, {"q", "out"}} {
			k := scenario{name: operands[0] + " and " + operands[1] + " with " + by.words + " past 2^31 elements", weight: 1, sure: "strides-past-2^31",
				size: func(d dice, t *draft) {
					t.heads(2, 2)
					t.Batch, t.keepBatch = 2, true
					t.lengths(d.between(2, 6), d.between(2, 40))
				},
				rest: func(d dice, t *draft) {
					for _, operand := range operands {
						t.give(d, operand, func(d cases.Dice, shape [4]int) cases.Strides {
							return cases.FarAlong(d, shape, by.axes[d.Intn(len(by.axes))])
						})
					}
				}}
			for _, operand := range operands {
				name := "far-" + by.name + "-" + operand
				k.sure += " " + name
				regions = append(regions, Region{Name: name, Bugs: []int{35, 91}, Summary: by.words + " of " + operand + " past 2^31 elements from the first",
					Holds: func(c *cases.Case) bool {
						s, shape, furthest := c.Layout.Operand(operand).Strides, c.OperandShape(operand), 0
						for _, axis := range by.axes {
							furthest += s[axis] * max(0, shape[axis]-1)
						}
						return furthest >= 1<<31
					}})
			}
			scenarios = append(scenarios, k)
		}
	}
	return scenarios, regions
}()
